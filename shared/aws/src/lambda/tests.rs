//! Invocations as Lambda makes them, against the twins in memory.

mod bus;
mod queue;
mod relay_faults;
mod stream;

use std::sync::{Arc, Mutex};

use causeway::{App, Failure, Handled, Outcome, Received, memory::Memory};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Function, Invocation, attempts::Attempts};

causeway::events! {
    /// What is asked here.
    enum Asked: commands to "order" {
        PlaceOrder = 1,
        ReportStock = 1,
    }
}

/// Place an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PlaceOrder {
    order_id: String,
}

/// Report the stock, whenever a schedule says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct ReportStock {}

/// What a handler heard, and how it answers to what.
#[derive(Clone, Default)]
struct HandledOrders {
    orders: Arc<Mutex<Vec<String>>>,
    ids: Arc<Mutex<Vec<String>>>,
}

impl HandledOrders {
    /// A handler that fails for orders called `fail-…`.
    fn handler(&self) -> impl Fn(App, Received<PlaceOrder>) -> BoxFuture<'static, Outcome> + Clone + use<> {
        let heard = self.clone();
        move |_, message| {
            let order = message.data.order_id;
            heard.orders.lock().unwrap().push(order.clone());
            heard.ids.lock().unwrap().push(message.id.to_string());
            Box::pin(async move {
                match order.starts_with("fail") {
                    true => Err(Failure::transient("the world is not ready")),
                    false => Ok(Handled::Done),
                }
            })
        }
    }

    fn orders(&self) -> Vec<String> {
        self.orders.lock().unwrap().clone()
    }

    fn ids(&self) -> Vec<String> {
        self.ids.lock().unwrap().clone()
    }
}

fn event(order: &str) -> Value {
    json!({
        "version": "0", "id": "11111111-aaaa-bbbb-cccc-000000000001", "detail-type": "PlaceOrder",
        "source": "shop.web", "account": "1", "time": "2026-11-21T10:30:00Z", "region": "eu-central-1",
        "resources": [], "detail": { "data": { "orderId": order } },
    })
}

async fn answer(function: &impl Function, payload: &str) -> Result<Value, lambda_runtime::Diagnostic> {
    function.invoke(Invocation { payload, request_id: "r-1", attempt: 1 }).await
}

fn reasons(memory: &Memory) -> Vec<String> {
    memory.dead_letters.letters().into_iter().map(|letter| letter.reason).collect()
}

#[test]
fn a_request_met_again_is_a_further_attempt() {
    let attempts = Attempts::default();
    assert_eq!([attempts.of("a"), attempts.of("b"), attempts.of("a"), attempts.of("a")], [1, 1, 2, 3]);
    for other in 0..1_000 {
        assert_eq!(attempts.of(&format!("r-{other}")), 1);
    }
}
