//! The `main` of every function: initialize logging, read the configuration, build the app, and run the Lambda loop.
//! A function with an incomplete configuration does not start; the log names everything that is missing.

use std::{
    collections::VecDeque,
    panic::AssertUnwindSafe,
    process::ExitCode,
    sync::{Arc, Mutex},
};

use causeway::{
    App, Decider, Message, Route,
    delivery::{HandlerInput, report_start},
    failure::{BoxError, causes},
    http::HttpFunction,
    routing::{Addressed, Handler, ViewSet, handle_command, handle_event},
    saga::{Waits, declare::handle_signal},
};
use futures::FutureExt;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, value::RawValue};
use tokio::runtime::Builder;
use tracing::error;

use crate::{
    client::{Account, http_client, sdk_config},
    clock::clock_from_env,
    config::{Config, Needs, check_lambda},
    connect::{self, Connected, OptionalClients, connect, scheduler_timers, ses_mailer},
    lambda::{
        Function, Invocation,
        api::{ApiFunction, OPEN},
        functions::{BusFunction, QueueFunction},
        message_handler::MessageHandler,
        stream::{RELAY, RelayFunction},
    },
    telemetry::{Metrics, init_logging, traces::Traces},
};

/// How many request ids are kept for counting attempts.
const MAX_REQUESTS: usize = 64;

/// Serves a handler for messages that an EventBridge rule delivers. It is the whole `main` of a binary; the crate's
/// documentation has an example.
pub fn serve<A: HandlerInput>(function: &str, handler: impl Handler<A>) -> ExitCode {
    start(function, optional_clients::<A>(), |app| {
        Arc::new(BusFunction { handler: MessageHandler::new(function, app, handler) })
    })
}

/// Serves a handler that calls this outside system over HTTP. It is the whole `main` of a generated binary.
pub fn serve_http<A: HandlerInput>(party: &'static str, function: &str, handler: impl Handler<A>) -> ExitCode {
    let clients = OptionalClients { http: Some(connect::http_client), ..optional_clients::<A>() };
    start_with(function, clients, Some(party), |app| {
        Arc::new(BusFunction { handler: MessageHandler::new(function, app, handler) })
    })
}

/// Serves one command of a decider. It is the whole `main` of a generated binary.
pub fn serve_command<D, M>(function: &str) -> ExitCode
where
    D: Decider,
    M: Addressed + Into<D::Command>,
{
    serve(function, handle_command::<D, M>)
}

/// Serves one event that updates views. It is the whole `main` of a generated binary.
pub fn serve_views<M, V>(function: &str) -> ExitCode
where
    M: Message + Into<V::Event>,
    V: ViewSet,
{
    serve(function, handle_event::<M, V>)
}

/// Serves one message that a saga waits for. It is the whole `main` of a generated binary.
pub fn serve_saga<S, M>(function: &str) -> ExitCode
where
    M: Message,
    S: Waits<M>,
{
    serve(function, handle_signal::<S, M>)
}

/// Serves a route, whatever it binds: for a program that holds several functions.
pub fn serve_route(route: Route) -> ExitCode {
    let clients = OptionalClients {
        mail: if route.claimed { Some(ses_mailer) } else { None },
        http: if route.calls().is_some() { Some(connect::http_client) } else { None },
        ..OptionalClients::default()
    };
    let (function, party) = (route.function(), route.calls());
    start_with(&function, clients, party, |app| Arc::new(BusFunction { handler: MessageHandler::of_route(route, app) }))
}

/// Serves a family of HTTP routes. It is the whole `main` of a generated binary.
pub fn serve_api(function: HttpFunction) -> ExitCode {
    let is_open = std::env::var(OPEN).is_ok_and(|open| open == "true");
    let name = function.function();
    start(&name, OptionalClients::default(), |app| Arc::new(ApiFunction { function, app, is_open }))
}

/// Serves a handler for messages that a queue delivers.
pub fn serve_queue<A: HandlerInput>(function: &str, handler: impl Handler<A>) -> ExitCode {
    start(function, optional_clients::<A>(), |app| {
        Arc::new(QueueFunction { handler: MessageHandler::new(function, app, handler) })
    })
}

/// Serves the relay, which publishes the commits that the stream of the events table delivers.
pub fn serve_relay() -> ExitCode {
    let clients = OptionalClients { timers: Some(scheduler_timers), ..OptionalClients::default() };
    start(RELAY, clients, |app| Arc::new(RelayFunction { app }))
}

/// Only a handler that claims its messages in the inbox can send mail.
fn optional_clients<A: HandlerInput>() -> OptionalClients {
    OptionalClients { mail: if A::CLAIMED { Some(ses_mailer) } else { None }, ..OptionalClients::default() }
}

fn start(function: &str, clients: OptionalClients, make: impl FnOnce(App) -> Arc<dyn Function>) -> ExitCode {
    start_with(function, clients, None, make)
}

fn start_with(
    function: &str,
    clients: OptionalClients,
    http: Option<&'static str>,
    make: impl FnOnce(App) -> Arc<dyn Function>,
) -> ExitCode {
    let traces = init_logging(function);
    let needs = Needs { timers: clients.timers.is_some(), mail: clients.mail.is_some(), http };
    match run(function, clients, needs, &traces, make) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(function, reason = causes(error.as_ref()), "cannot start");
            ExitCode::FAILURE
        }
    }
}

fn run(
    function: &str,
    clients: OptionalClients,
    needs: Needs,
    traces: &Traces,
    make: impl FnOnce(App) -> Arc<dyn Function>,
) -> Result<(), BoxError> {
    check_lambda(|variable| std::env::var(variable).ok())?;
    let config = Config::from_env(needs)?;
    let account = Account::from_env()?;
    let clock = clock_from_env(|variable| std::env::var(variable).ok())?;
    let metrics = Metrics::begin(&config.metrics_namespace, function)?;
    // An environment runs one invocation at a time: a second thread would only cost start-up time and memory.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let connected = connect(&config, &sdk_config(&account, http_client()), clock, clients);
        report_cold_start(connected.app.clone(), function.to_owned());
        let function = make(connected.app.clone());
        let attempts = Attempts::default();
        let reporting = Reporting { metrics, traces };
        let invoke = |event| invoke(function.as_ref(), &connected, &attempts, reporting, event);
        lambda_runtime::run(service_fn(invoke)).await
    })
}

/// Publishes `ServiceStarted` beside the first invocation, which does not wait for it.
fn report_cold_start(app: App, function: String) {
    tokio::spawn(async move { report_start(app.ports(), &function).await });
}

/// Where an invocation reports metrics and traces.
#[derive(Clone, Copy)]
struct Reporting<'a> {
    metrics: Metrics,
    traces: &'a Traces,
}

async fn invoke(
    function: &dyn Function,
    connected: &Connected,
    attempts: &Attempts,
    reporting: Reporting<'_>,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Value, Diagnostic> {
    let request_id = &event.context.request_id;
    let invocation = Invocation { payload: event.payload.get(), request_id, attempt: attempts.count(request_id) };
    let response = catch_panic(function, invocation).await;
    reporting.metrics.report(connected.capacity.take());
    // Lambda may freeze the environment after the response.
    reporting.traces.flush().await;
    response
}

/// Counts attempts by request id. Lambda passes no attempt to a function, but a retry keeps the request id, so an
/// execution environment that receives an id again can count it. The count is for logs only.
#[derive(Debug, Default)]
struct Attempts {
    requests: Mutex<VecDeque<(String, u32)>>,
}

impl Attempts {
    /// Counts an attempt of this request and returns its number, from 1.
    fn count(&self, request_id: &str) -> u32 {
        let Ok(mut requests) = self.requests.lock() else { return 1 };
        if let Some((_, count)) = requests.iter_mut().find(|(known, _)| known == request_id) {
            *count += 1;
            return *count;
        }
        if requests.len() >= MAX_REQUESTS {
            requests.pop_front();
        }
        requests.push_back((request_id.to_owned(), 1));
        1
    }
}

/// A panic becomes an error response, and the environment stays usable.
async fn catch_panic(function: &dyn Function, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
    AssertUnwindSafe(function.invoke(invocation)).catch_unwind().await.unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<&str>().copied();
        let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let error_message = message.unwrap_or("a panic without a message").to_owned();
        error!(reason = error_message, "panicked");
        Err(Diagnostic { error_type: "Panic".to_owned(), error_message })
    })
}

#[cfg(test)]
mod tests;
