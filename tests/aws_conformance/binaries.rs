//! A function as a process of its own: what it finds in its environment, as on Lambda.

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use causeway_local::{
    clock::Clock,
    faults::Faults,
    lambda::process::{LogLine, Processes, Settings},
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::Value;
use tokio::sync::mpsc::unbounded_channel;

use super::test_cloud::{BEGAN, REGION, cloud};

const RESOURCES: &str = "
  Reserve:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: tell } }
    Properties:
      FunctionName: reserve
      Handler: bootstrap
      Runtime: provided.al2023
      Timeout: 30
      MemorySize: 256
      LoggingConfig: { LogFormat: JSON, ApplicationLogLevel: WARN, SystemLogLevel: WARN }
      Environment: { Variables: { BUS_NAME: shop } }
";

/// A function that writes its environment and ends.
const TELL: &str = "#!/bin/sh\n/usr/bin/env\necho the end\n";

#[tokio::test]
async fn a_function_sees_lambdas_environment_and_nothing_of_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("tell");
    std::fs::write(&binary, TELL).unwrap();
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (lines, mut read) = unbounded_channel::<LogLine>();
    let endpoint_url = "http://127.0.0.1:4566".to_owned();
    let (binaries, region, clock) =
        (folder.path().to_owned(), REGION.to_owned(), Clock::paused(BEGAN.parse().unwrap()));
    let settings = Settings { binaries, region, endpoint_url, most: 1, clock: clock.clone() };
    let processes = Processes::new(settings, Arc::new(move |line| lines.send(line).unwrap_or_default()));
    let cloud = cloud(RESOURCES, clock, Arc::new(processes), Faults::none()).await;

    let uri = format!("{}/2015-03-31/functions/reserve/invocations", cloud.endpoint());
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let request = Request::builder().method("POST").uri(uri).body(Body::from("{}")).unwrap();
    let response = client.request(request).await.unwrap().map(Body::new);
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-amz-function-error"]),
        (200, &"Unhandled".parse().unwrap())
    );
    let answer: Value = serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap();
    assert_eq!(answer["errorType"], "Runtime.ExitError", "a process that ends has failed");

    let mut environment = BTreeMap::new();
    loop {
        let line = read.recv().await.unwrap().line;
        match line.split_once('=') {
            Some((name, value)) => environment.insert(name.to_owned(), value.to_owned()),
            None if line == "the end" => break,
            None => None,
        };
    }
    let expected = [
        ("_HANDLER", "bootstrap"),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        ("AWS_LAMBDA_FUNCTION_NAME", "reserve"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_LOG_LEVEL", "WARN"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("BUS_NAME", "shop"),
    ];
    for (name, value) in expected {
        assert_eq!(environment.get(name).map(String::as_str), Some(value), "{name}");
    }
    let set = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    ];
    for name in set {
        assert!(environment.get(name).is_some_and(|value| !value.is_empty()), "{name}: {environment:?}");
    }
    assert!(environment.keys().all(|name| !name.starts_with("CARGO")), "{environment:?}");
    cloud.stop().await;
}
