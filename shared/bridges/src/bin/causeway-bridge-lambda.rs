//! The Lambda function that publishes messages of Amazon MSK, self-managed Kafka or Amazon MQ on the bus.

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use causeway::failure::causes;
use causeway_aws::{
    client::{Account, http_client, sdk_config},
    eventbridge::EventBridgeBus,
    telemetry::init_logging,
};
use causeway_bridges::{lambda::invocation::invoke, options::failed, queue::ParkedQueue};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json, value::RawValue};

/// What is left of the time of an invocation, for the last call and the answer.
const RESERVE: Duration = Duration::from_secs(12);

fn main() -> ExitCode {
    let _traces = init_logging(env!("CARGO_BIN_NAME"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(serve())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn serve() -> anyhow::Result<()> {
    let variable = |name: &str| std::env::var(name).with_context(|| format!("the environment has no {name}"));
    let sdk = sdk_config(&Account::from_env()?, http_client());
    let bus = EventBridgeBus::new(aws_sdk_eventbridge::Client::new(&sdk), variable("BUS_NAME")?);
    let origin = variable("BUS_ARN")?;
    let parked = ParkedQueue { sqs: aws_sdk_sqs::Client::new(&sdk), url: variable("PARKED_QUEUE_URL")? };
    let answer = async |event: LambdaEvent<Box<RawValue>>| -> Result<Value, Diagnostic> {
        let time = event.context.deadline().duration_since(std::time::SystemTime::now()).unwrap_or_default();
        let time = time.saturating_sub(RESERVE);
        let counted = invoke(event.payload.get(), &bus, &origin, &mut parked.clone(), time).await;
        counted
            .map(|counted| json!(counted))
            .map_err(|error| Diagnostic { error_type: "Retry.Bridge".to_owned(), error_message: causes(&error) })
    };
    lambda_runtime::run(service_fn(answer)).await.map_err(|error| anyhow::anyhow!(error))
}
