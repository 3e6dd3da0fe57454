//! Real processes of a small function, with the Runtime API.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::{
    sync::mpsc::{self, UnboundedReceiver, unbounded_channel},
    task::yield_now,
};

use super::{LogLine, Processes, Settings};
use crate::{
    clock::Clock,
    lambda::{Executor, FunctionError, Functions, Invocation, TimeoutClock, fixture},
    template::Function,
};

/// The directory of the examples, which are built with the tests.
fn examples() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap().join("examples");
    assert!(
        folder.join("tiny_function").exists(),
        "build it first: cargo build -p causeway-local --example tiny_function"
    );
    folder
}

fn function(name: &str) -> Function {
    let environment = BTreeMap::from([
        ("BUS_NAME".to_owned(), "causeway".to_owned()),
        ("AWS_REGION".to_owned(), "nowhere".to_owned()),
    ]);
    let arn = format!("arn:aws:lambda:eu-central-1:000000000000:function:{name}");
    let binary = Some("tiny_function".to_owned());
    Function { name: name.to_owned(), arn, binary, environment, ..fixture::function() }
}

fn processes(most: usize) -> (Processes, UnboundedReceiver<LogLine>) {
    on_clock(most, Clock::of_the_machine())
}

fn on_clock(most: usize, clock: Clock) -> (Processes, UnboundedReceiver<LogLine>) {
    let (lines, read) = unbounded_channel();
    let settings = Settings {
        binaries: examples(),
        region: "eu-central-1".to_owned(),
        endpoint_url: "http://127.0.0.1:4566".to_owned(),
        most,
        clock,
    };
    let listener = Arc::new(move |line| lines.send(line).unwrap_or_default());
    (Processes::new(settings, listener), read)
}

fn invocation(function: Function, payload: &str) -> Invocation {
    Invocation {
        function: Arc::new(function),
        payload: payload.to_owned(),
        request_id: uuid::Uuid::new_v4().to_string(),
        deadline: Timestamp::now() + SignedDuration::from_secs(3),
        trace: "Root=1-0-0;Sampled=0".to_owned(),
    }
}

async fn invoke(processes: &Processes, name: &str, payload: &str) -> Result<Value, FunctionError> {
    invoke_function(processes, function(name), payload).await
}

async fn invoke_function(processes: &Processes, function: Function, payload: &str) -> Result<Value, FunctionError> {
    let response = processes.invoke(invocation(function, payload)).await?;
    Ok(serde_json::from_str(&response).unwrap())
}

async fn wait_until_reaped(process_id: u64) {
    while Path::new(&format!("/proc/{process_id}")).exists() {
        yield_now().await;
    }
}

#[tokio::test]
async fn a_process_gets_the_environment_and_headers_of_lambda_and_nothing_of_this_machine() {
    let (processes, _lines) = processes(4);
    let invocation = invocation(function("reserve"), "{}");
    let (id, before) = (invocation.request_id.clone(), Timestamp::now().as_millisecond());
    let response: Value = serde_json::from_str(&processes.invoke(invocation).await.unwrap()).unwrap();
    let (headers, environment) = (&response["headers"], &response["environment"]);
    assert_eq!(headers["lambda-runtime-aws-request-id"], id);
    assert_eq!(headers["lambda-runtime-trace-id"], "Root=1-0-0;Sampled=0");
    assert_eq!(
        headers["lambda-runtime-invoked-function-arn"],
        "arn:aws:lambda:eu-central-1:000000000000:function:reserve"
    );
    let deadline: i64 = headers["lambda-runtime-deadline-ms"].as_str().unwrap().parse().unwrap();
    assert!(deadline >= before + 3_000);
    let expected = [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_NAME", "reserve"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_REGION", "eu-central-1"),
        ("BUS_NAME", "causeway"),
        ("TZ", ":UTC"),
        ("_HANDLER", "bootstrap"),
    ];
    for (name, value) in expected {
        assert_eq!(environment[name], value, "{name}");
    }
    assert_eq!(environment.get("CARGO_MANIFEST_DIR"), None);
}

#[tokio::test]
async fn a_process_is_started_on_demand_and_kept_warm() {
    let (processes, _lines) = processes(4);
    assert_eq!(processes.warm(), 0);
    let first = invoke(&processes, "reserve", "{}").await.unwrap();
    assert_eq!(first["process"], invoke(&processes, "reserve", "{}").await.unwrap()["process"]);
    assert_eq!(processes.warm(), 1);
}

#[tokio::test]
async fn concurrent_invocations_run_in_two_processes() {
    let (processes, _lines) = processes(4);
    let (first, second) = tokio::join!(invoke(&processes, "reserve", "{}"), invoke(&processes, "reserve", "{}"));
    assert_ne!(first.unwrap()["process"], second.unwrap()["process"]);
}

#[tokio::test]
async fn the_number_of_processes_is_limited() {
    let (processes, _lines) = processes(1);
    let first = invoke(&processes, "reserve", "{}").await.unwrap();
    assert_ne!(first["process"], invoke(&processes, "ship", "{}").await.unwrap()["process"]);
    assert_eq!(processes.warm(), 1);
    wait_until_reaped(first["process"].as_u64().unwrap()).await;
}

#[tokio::test]
async fn an_error_is_returned_as_the_function_reported_it() {
    let (processes, _lines) = processes(4);
    let failure = invoke(&processes, "reserve", r#"{"do":"fail"}"#).await.unwrap_err();
    assert_eq!((failure.kind.as_str(), failure.message.as_str()), ("Oversold", "no stock"));
    assert_eq!(failure.trace, ["here"]);
    assert_eq!(processes.warm(), 1);
}

#[tokio::test]
async fn a_crashed_process_is_a_failure_and_the_next_invocation_starts_another() {
    let (processes, _lines) = processes(4);
    let failure = invoke(&processes, "reserve", r#"{"do":"exit"}"#).await.unwrap_err();
    assert_eq!(failure.kind, "Runtime.ExitError");
    assert!(failure.message.ends_with("Error: Runtime exited with error: exit status 7"), "{failure}");
    assert_eq!(processes.warm(), 0);
    invoke(&processes, "reserve", "{}").await.unwrap();
}

#[tokio::test]
async fn a_process_that_died_while_it_was_idle_fails_no_invocation() {
    let (processes, _lines) = processes(4);
    for _ in 0..5 {
        invoke(&processes, "reserve", r#"{"do":"answer and die"}"#).await.unwrap();
    }
    invoke(&processes, "reserve", "{}").await.unwrap();
}

#[tokio::test]
async fn an_initialization_error_is_returned() {
    let (processes, _lines) = processes(4);
    let mut failing = function("reserve");
    failing.environment.insert("REFUSE".to_owned(), "yes".to_owned());
    let failure = invoke_function(&processes, failing, "{}").await.unwrap_err();
    assert_eq!((failure.kind.as_str(), failure.message.as_str()), ("Config.Missing", "REFUSE is set"));
}

#[tokio::test]
async fn a_missing_binary_is_named() {
    let (processes, _lines) = processes(4);
    let mut missing = function("reserve");
    missing.binary = Some("no-such-binary".to_owned());
    let failure = invoke_function(&processes, missing, "{}").await.unwrap_err();
    assert_eq!(failure.kind, "Runtime.InvalidEntrypoint");
    assert!(failure.message.contains("no-such-binary"), "{failure}");
}

#[tokio::test]
async fn a_changed_function_starts_a_new_process() {
    let (processes, _lines) = processes(4);
    let first = invoke(&processes, "reserve", "{}").await.unwrap();
    let mut changed = function("reserve");
    changed.environment.insert("BUS_NAME".to_owned(), "other".to_owned());
    let response = invoke_function(&processes, changed, "{}").await.unwrap();
    assert_eq!(response["environment"]["BUS_NAME"], "other");
    assert_ne!(response["process"], first["process"]);
}

#[tokio::test]
async fn the_output_of_a_process_is_received_line_by_line() {
    let (processes, mut lines) = processes(4);
    invoke(&processes, "reserve", r#"{"do":"write"}"#).await.unwrap();
    let mut received = Vec::new();
    for _ in 0..3 {
        let line = lines.recv().await.unwrap();
        assert_eq!(line.function, "reserve");
        received.push(line.line);
    }
    // The order is kept within each of the two outputs.
    received.retain(|line| line != "three");
    assert_eq!(received, ["one", "two"]);
}

#[tokio::test]
async fn a_process_gets_the_clock_and_is_replaced_when_the_clock_is_moved() {
    let clock = Clock::paused("2026-11-21T05:00:00Z".parse().unwrap());
    let (processes, _lines) = on_clock(4, clock.clone());
    let first = invoke(&processes, "reserve", "{}").await.unwrap();
    let variable = first["environment"]["CAUSEWAY_CLOCK"].as_str().unwrap();
    assert!(variable.starts_with("2026-11-21T05:00:00Z@") && variable.ends_with("Z*0"), "{variable}");
    assert_eq!(invoke(&processes, "reserve", "{}").await.unwrap()["process"], first["process"]);
    clock.tick(SignedDuration::from_mins(1));
    let moved = invoke(&processes, "reserve", "{}").await.unwrap();
    assert_ne!(moved["process"], first["process"]);
    let variable = moved["environment"]["CAUSEWAY_CLOCK"].as_str().unwrap();
    assert!(variable.starts_with("2026-11-21T05:01:00Z@"), "{variable}");
    wait_until_reaped(first["process"].as_u64().unwrap()).await;
}

#[tokio::test]
async fn a_process_on_the_machines_clock_gets_no_clock_and_no_missing_certificate_file() {
    let (processes, _lines) = processes(4);
    let there = examples().join("tiny_function").display().to_string();
    for (file, expected) in [("no/such/bundle.crt", Value::Null), (&there, Value::from(there.as_str()))] {
        let mut function = function("reserve");
        function.environment.insert("SSL_CERT_FILE".to_owned(), file.to_owned());
        let response = invoke_function(&processes, function, "{}").await.unwrap();
        assert_eq!(response["environment"]["SSL_CERT_FILE"], expected);
        assert_eq!(response["environment"]["CAUSEWAY_CLOCK"], Value::Null);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_runtime_api_of_each_process_has_its_own_address() {
    let mut addresses = Vec::new();
    for name in ["reserve", "release"] {
        let (processes, _lines) = processes(1);
        let response = invoke(&processes, name, "{}").await.unwrap();
        let api = response["environment"]["AWS_LAMBDA_RUNTIME_API"].as_str().unwrap();
        addresses.push(api.parse::<std::net::SocketAddr>().unwrap().ip());
    }
    assert!(addresses.iter().all(std::net::IpAddr::is_loopback), "{addresses:?}");
    assert_ne!(addresses[0], addresses[1]);
}

#[tokio::test]
async fn a_process_that_times_out_is_killed_and_reaped() {
    let (lines, mut read) = mpsc::unbounded_channel::<LogLine>();
    let settings = processes(1).0.settings;
    let listener = Arc::new(move |line| lines.send(line).unwrap_or_default());
    let processes = Arc::new(Processes::new(settings, listener));
    let clock = Clock::paused("2026-11-21T05:00:00Z".parse().unwrap());
    let functions = Functions::new(processes.clone(), clock.clone(), TimeoutClock::Simulated, 1);
    functions.put(function("reserve"));
    let hanging = Mutex::new(0);
    let permit = functions.try_acquire("reserve").unwrap();
    let run = functions.invoke(permit, "some-id", r#"{"do":"hang"}"#);
    let tick = async {
        let line = read.recv().await.unwrap();
        assert_eq!(line.line, "hanging");
        *hanging.lock().unwrap() = line.process_id;
        clock.tick(SignedDuration::from_secs(3));
    };
    let (response, ()) = tokio::join!(run, tick);
    assert_eq!(response.unwrap_err().message, "RequestId: some-id Error: Task timed out after 3.00 seconds");
    assert_eq!(processes.warm(), 0);
    let hanging = *hanging.lock().unwrap();
    wait_until_reaped(hanging.into()).await;
}
