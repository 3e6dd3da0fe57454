//! What all binaries share: begin the log, read the configuration, connect, and answer Lambda until it ends.
//! What is missing stops the start and is named.

use std::{any::Any, panic::AssertUnwindSafe, process::ExitCode, sync::Arc};

use causeway::{
    App, Decider, Message,
    delivery::{
        declare::{Addressed, ViewSet, handle_command, handle_event},
        handle::Handler,
        input::HandlerInput,
    },
    failure::{BoxError, causes},
};
use futures::FutureExt;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, value::RawValue};
use tokio::runtime::Builder;
use tracing::error;

use crate::{
    client::{Account, http_client, sdk_config},
    clock::of_environment,
    config::{Config, Needs, check_lambda},
    connect::{Connected, WaysOut, connect, mail, schedules},
    lambda::{
        Function, Invocation,
        attempts::Attempts,
        bus::BusFunction,
        queue::QueueFunction,
        stream::{RELAY, RelayFunction},
    },
    telemetry::{Metrics, begin_log, traces::Traces},
};

/// Serves a handler of messages that a rule of the bus hands over. A binary's whole `main`:
///
/// ```no_run
/// # use causeway::{App, Handled, Outcome, Received, message::system::CommandRejected};
/// # async fn on_command_rejected(_: App, _: Received<CommandRejected>) -> Outcome { Ok(Handled::Done) }
/// # #[allow(clippy::needless_doctest_main)]
/// fn main() -> std::process::ExitCode {
///     causeway_aws::serve("system-on-command-rejected", on_command_rejected)
/// }
/// ```
pub fn serve<A: HandlerInput>(function: &str, handler: impl Handler<A>) -> ExitCode {
    start(function, ways_out::<A>(), |app| Arc::new(BusFunction::new(function, app, handler)))
}

/// Serves one command of a decider. The whole `main` of a generated binary.
pub fn serve_command<D, M>(function: &str) -> ExitCode
where
    D: Decider,
    M: Addressed + Into<D::Command>,
{
    serve(function, handle_command::<D, M>)
}

/// Serves one event into views. The whole `main` of a generated binary.
pub fn serve_views<M, V>(function: &str) -> ExitCode
where
    M: Message + Into<V::Event>,
    V: ViewSet,
{
    serve(function, handle_event::<M, V>)
}

/// Serves a handler of messages that come through a queue.
pub fn serve_queue<A: HandlerInput>(function: &str, handler: impl Handler<A>) -> ExitCode {
    start(function, ways_out::<A>(), |app| Arc::new(QueueFunction::new(function, app, handler)))
}

/// Serves the relay: what the log's stream brings is said on the bus.
pub fn serve_relay() -> ExitCode {
    start(RELAY, WaysOut { timers: Some(schedules), mail: None }, |app| Arc::new(RelayFunction::new(app)))
}

/// Only a handler that claims its messages has effects outside the house, and mail is the only way out.
fn ways_out<A: HandlerInput>() -> WaysOut {
    WaysOut { timers: None, mail: if A::CLAIMED { Some(mail) } else { None } }
}

fn start(function: &str, ways: WaysOut, make: impl FnOnce(App) -> Arc<dyn Function>) -> ExitCode {
    let traces = begin_log(function);
    match run(function, ways, &traces, make) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(function, reason = causes(error.as_ref()), "not started");
            ExitCode::FAILURE
        }
    }
}

fn run(
    function: &str,
    ways: WaysOut,
    traces: &Traces,
    make: impl FnOnce(App) -> Arc<dyn Function>,
) -> Result<(), BoxError> {
    check_lambda(|variable| std::env::var(variable).ok())?;
    let needs = Needs { timers: ways.timers.is_some(), mail: ways.mail.is_some() };
    let config = Config::from_env(needs)?;
    let account = Account::from_env()?;
    let clock = of_environment(|variable| std::env::var(variable).ok())?;
    let metrics = Metrics::begin(&config.metrics_namespace, function)?;
    // One invocation at a time: a second thread would only cost start and memory.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let connected = connect(&config, &sdk_config(&account, http_client()), clock, ways);
        let function = make(connected.app.clone());
        let attempts = Attempts::default();
        let told = Told { metrics, traces };
        let answer = |event| answer(function.as_ref(), &connected, &attempts, told, event);
        lambda_runtime::run(service_fn(answer)).await
    })
}

/// What an invocation tells of itself when it ends.
#[derive(Clone, Copy)]
struct Told<'a> {
    metrics: Metrics,
    traces: &'a Traces,
}

async fn answer(
    function: &dyn Function,
    connected: &Connected,
    attempts: &Attempts,
    told: Told<'_>,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Value, Diagnostic> {
    let request_id = &event.context.request_id;
    let invocation = Invocation { payload: event.payload.get(), request_id, attempt: attempts.of(request_id) };
    let answer = guarded(function, invocation).await;
    told.metrics.report(connected.units.take());
    // Behind the answer the environment may freeze.
    told.traces.flush().await;
    answer
}

/// A panic is a fault of ours; it is said like any other failure, and the environment goes on.
async fn guarded(function: &dyn Function, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
    let answer = AssertUnwindSafe(function.answer(invocation)).catch_unwind().await;
    answer.unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
}

fn panicked(panic: &(dyn Any + Send)) -> Diagnostic {
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let error_message = words.unwrap_or("without a word").to_owned();
    error!(reason = error_message, "panicked");
    Diagnostic { error_type: "Panic".to_owned(), error_message }
}

#[cfg(test)]
mod tests;
