//! Runs the functions with the handlers of this program and counts every run. Each function has an app of its own, as
//! on AWS it has environments of its own: what one has seen, another has not.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use causeway_local::{
    clock::Clock,
    http::InProcessTransport,
    lambda::{Executor, FunctionError, Invocation},
    template::Function,
};
use serde_json::Value;
use tokio::sync::Mutex;

use super::{counted::Counter, meter};
use crate::{function_apps::FunctionApps, in_process_executor::InProcessExecutor};

/// A request is billed for the first piece of this size …
const FIRST: usize = 256 * 1024;

/// … and for each further piece of this size.
const FURTHER: usize = 64 * 1024;

/// Where the functions work.
#[derive(Clone)]
pub(super) struct Ground {
    /// The region.
    pub(super) region: String,
    /// Where the cloud answers.
    pub(super) endpoint: String,
    /// Its clock.
    pub(super) clock: Clock,
    /// The way in.
    pub(super) transport: InProcessTransport,
    /// Where is counted.
    pub(super) counter: Counter,
}

/// Runs and counts.
pub(super) struct Counting {
    ground: Ground,
    hands: BTreeMap<String, Hand>,
    /// Every run has a new environment.
    is_cold: bool,
    /// Whoever comes at the same time takes turns, so that nobody meets another and each count is the same again.
    turn: Mutex<()>,
}

struct Hand {
    function: Function,
    client: SharedHttpClient,
    warm: InProcessExecutor,
}

impl Counting {
    /// Connects each function.
    pub(super) fn connect(functions: &[Function], ground: Ground, is_cold: bool) -> anyhow::Result<Self> {
        let mut hands = BTreeMap::new();
        for function in functions {
            let client = meter::client(ground.transport.clone(), name(function), &ground.counter);
            let warm = ground.handlers(function, client.clone())?;
            hands.insert(function.arn.clone(), Hand { function: function.clone(), client, warm });
        }
        Ok(Self { ground, hands, is_cold, turn: Mutex::default() })
    }
}

impl Ground {
    fn handlers(&self, function: &Function, client: SharedHttpClient) -> anyhow::Result<InProcessExecutor> {
        let alone = std::slice::from_ref(function);
        let apps = FunctionApps::through(alone, &self.region, &self.endpoint, &self.clock, client)?;
        InProcessExecutor::connect(alone, &apps)
    }
}

#[async_trait]
impl Executor for Counting {
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        let Some(hand) = self.hands.get(&invocation.function.arn) else {
            return Err(FunctionError::new("Runtime.NoHandler", "nobody counts this function".to_owned()));
        };
        let (bytes, records) = (invocation.payload.len(), records(&invocation.payload));
        let _turn = self.turn.lock().await;
        let answer = if self.is_cold {
            let fresh = self.ground.handlers(&hand.function, hand.client.clone());
            let fresh = fresh.map_err(|error| FunctionError::new("Runtime.NotStarted", format!("{error:#}")))?;
            fresh.invoke(invocation).await
        } else {
            hand.warm.invoke(invocation).await
        };
        self.ground.counter.note(|counted| {
            let function = counted.functions.entry(name(&hand.function).to_owned()).or_default();
            function.runs += 1;
            function.records += records;
            // At little traffic a stream brings its records one by one.
            function.requests += records.max(1 + bytes.saturating_sub(FIRST).div_ceil(FURTHER) as u64);
            function.outcomes.insert(outcome(answer.as_deref()));
        });
        answer
    }
}

/// The function as its binary is called.
fn name(function: &Function) -> &str {
    function.binary.as_deref().unwrap_or(&function.name)
}

fn records(payload: &str) -> u64 {
    let payload: Value = serde_json::from_str(payload).unwrap_or(Value::Null);
    payload["Records"].as_array().map_or(0, |records| records.len() as u64)
}

fn outcome(answer: Result<&str, &FunctionError>) -> String {
    let Ok(answer) = answer else { return "failed".to_owned() };
    let answer: Value = serde_json::from_str(answer).unwrap_or(Value::Null);
    answer["handled"].as_str().unwrap_or("relayed").to_owned()
}
