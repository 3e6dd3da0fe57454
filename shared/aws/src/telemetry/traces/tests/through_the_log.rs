//! A trace goes through the log: the commit keeps the step, the relay says it, and the fact is proven all the same.

use std::sync::{Arc, Mutex};

use causeway::{
    App, Decider, Delivery, Handled, Id, Outcome, Received, Verified, delivery::relay::relay, memory::Memory,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;

use super::{collector::FakeCollector, fixture::traces_to};
use crate::lambda::{Function, Invocation, bus::BusFunction, message_handler::MessageHandler};

const FIRST: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Light the lamp.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct LightLamp {}

/// The lamp is lit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct LampLit {}

causeway::events! {
    /// What is asked of a lamp.
    enum LampAsked: commands to "lamp" { LightLamp = 1 }
}

causeway::events! {
    /// What a lamp does.
    enum LampEvent: events of "lamp" { LampLit = 1 }
}

#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

impl causeway::Rejection for Never {
    fn rule(&self) -> &'static str {
        "Never"
    }
}

struct Lamp;

impl Decider for Lamp {
    const CONTEXT: &'static str = "lamp";
    type State = bool;
    type Command = ();
    type Event = LampEvent;
    type Rejection = Never;

    fn decide(lit: &bool, (): &()) -> Result<Vec<LampEvent>, Never> {
        Ok(if *lit { Vec::new() } else { vec![LampLit {}.into()] })
    }

    fn evolve(_: bool, event: &LampEvent) -> bool {
        matches!(event, LampEvent::LampLit(_))
    }
}

async fn on_light_lamp(app: App, message: Received<LightLamp>) -> Outcome {
    app.execute::<Lamp>(&Id::<Lamp>::new("l-1").unwrap(), &(), &message.cause()).await
}

async fn told(function: &str, address: &str, bus: impl Function, delivery: &Delivery) -> Value {
    let (traces, layer) = traces_to(function, address);
    let subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(vec![layer]));
    let payload = serde_json::to_string(delivery).unwrap();
    let answer = bus.invoke(Invocation { payload: &payload, request_id: "r-1", attempt: 1 }).await.unwrap();
    drop(subscriber);
    traces.flush().await;
    answer["handled"].clone()
}

#[tokio::test]
async fn a_fact_that_goes_on_in_a_trace_is_still_the_fact_that_the_log_holds() {
    let collector = FakeCollector::of(2);
    let (memory, heard) = (Memory::new(1), Arc::new(Mutex::new(Vec::new())));
    let app = memory.app();
    let wish = json!({
        "id": "11111111-aaaa-bbbb-cccc-000000000001", "source": "shop.web", "detail-type": "LightLamp",
        "time": "2026-11-21T10:30:00Z", "detail": { "data": {}, "metadata": { "traceparent": FIRST } },
    });
    let wish: Delivery = serde_json::from_value(wish).unwrap();
    let lights = BusFunction::new(MessageHandler::new("lamp-on-light-lamp", app.clone(), on_light_lamp));
    assert_eq!(told("lamp-on-light-lamp", &collector.address, lights, &wish).await, "done");
    assert!(relay(&app, memory.store.changes(0)).await.iter().all(Result::is_ok));
    let fact = memory.bus.drain().remove(0);
    let hears = Arc::clone(&heard);
    let handler = move |_: App, fact: Verified<LampLit>| {
        hears.lock().unwrap().push(fact.metadata.correlation_id.clone());
        async { Ok(Handled::Done) }
    };
    let ward = BusFunction::new(MessageHandler::new("ward-on-lamp-lit", app, handler));
    assert_eq!(told("ward-on-lamp-lit", &collector.address, ward, &fact).await, "done");
    assert_eq!(heard.lock().unwrap().len(), 1);
    assert!(memory.dead_letters.letters().is_empty(), "the fact was not believed");
    let spans = collector.spans();
    let of = |name: &str| spans.iter().find(|span| span.name == name).unwrap().clone();
    let (first, second) = (of("lamp-on-light-lamp"), of("ward-on-lamp-lit"));
    assert_eq!((second.trace, second.parent), (first.trace, first.id));
    assert_eq!(
        (second.attributes["causeway.version"].as_str(), &*second.attributes["causeway.stream"]),
        ("1", "lamp/l-1")
    );
}
