//! The meter: it stands between the SDK and the door of the cloud, asks in every call to a table what it consumes, and
//! counts the answers. Who calls is known, because every function has a meter of its own.

use std::sync::Arc;

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use causeway_local::http::InProcessTransport;
use serde_json::Value;

use super::{capacity::units, counted::Counter};
use crate::in_process_client;

/// An event is billed for each piece of this size.
const CHUNK: usize = 64 * 1024;

/// What the time of an entry counts for.
const TIME_BYTES: usize = 14;

/// A client whose calls are counted as this caller's.
pub(super) fn client(transport: InProcessTransport, caller: &str, counter: &Counter) -> SharedHttpClient {
    SharedHttpClient::new(Meter {
        inner: in_process_client::client(transport),
        caller: caller.into(),
        counter: counter.clone(),
    })
}

#[derive(Clone, Debug)]
struct Meter {
    inner: SharedHttpClient,
    caller: Arc<str>,
    counter: Counter,
}

#[derive(Debug)]
struct Metered {
    inner: SharedHttpConnector,
    meter: Meter,
}

impl HttpClient for Meter {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(Metered { inner, meter: self.clone() })
    }
}

impl HttpConnector for Metered {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(pass(self.meter.clone(), self.inner.clone(), request))
    }
}

async fn pass(
    meter: Meter,
    inner: SharedHttpConnector,
    mut request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let (is_table, operation) = operation(&request);
    let mut asked: Value =
        request.body().bytes().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or(Value::Null);
    if let (true, Some(fields)) = (is_table, asked.as_object_mut()) {
        fields.insert("ReturnConsumedCapacity".to_owned(), "TOTAL".into());
        let body = asked.to_string();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
    }
    let response = inner.call(request).await?;
    let body = response.body().bytes().unwrap_or_default();
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    meter.count(&operation, is_table, &asked, &answer, response.status().is_success());
    Ok(response)
}

impl Meter {
    fn count(&self, operation: &str, is_table: bool, asked: &Value, answer: &Value, is_done: bool) {
        self.counter.note(|counted| {
            let calls = counted.calls.entry(self.caller.as_ref().to_owned()).or_default();
            *calls.entry(operation.to_owned()).or_default() += 1;
            if is_table {
                for (table, spent) in units(operation, asked, answer) {
                    let function = counted.functions.entry(self.caller.as_ref().to_owned()).or_default();
                    function.writes += spent.writes;
                    function.reads += spent.reads;
                    let known = counted.tables.entry(table).or_default();
                    known.writes += spent.writes;
                    known.reads += spent.reads;
                    known.refused += spent.refused;
                }
            }
            match operation {
                "PutEvents" => {
                    for bytes in taken(asked, answer) {
                        counted.event_chunks += bytes.div_ceil(CHUNK) as u64;
                        counted.event_bytes += bytes as u64;
                    }
                }
                "CreateSchedule" if is_done => counted.timers_left += 1,
                "DeleteSchedule" if is_done => counted.timers_left -= 1,
                _ => {}
            }
        });
    }
}

/// Which operation is called, and whether it is about items of tables.
fn operation(request: &HttpRequest) -> (bool, String) {
    if let Some(target) = request.headers().get("x-amz-target") {
        let (service, operation) = target.rsplit_once('.').unwrap_or(("", target));
        let is_table = service.starts_with("DynamoDB_") && !operation.ends_with("Table");
        return (is_table, operation.to_owned());
    }
    let path = request.uri().split_once("://").map_or(request.uri(), |(_, rest)| rest);
    let path = path.split_once('/').map_or("", |(_, path)| path);
    let operation = match (request.method(), path) {
        ("POST", path) if path.starts_with("schedules/") => "CreateSchedule",
        ("PUT", path) if path.starts_with("schedules/") => "UpdateSchedule",
        ("DELETE", path) if path.starts_with("schedules/") => "DeleteSchedule",
        ("GET", path) if path.starts_with("schedules") => "GetSchedule",
        ("POST", path) if path.starts_with("v2/email/") => "SendEmail",
        _ => "Other",
    };
    (false, operation.to_owned())
}

/// The sizes of the entries that the bus took, as it counts them.
fn taken(asked: &Value, answer: &Value) -> Vec<usize> {
    let results = answer["Entries"].as_array().into_iter().flatten();
    let entries = asked["Entries"].as_array().into_iter().flatten().zip(results);
    let taken = entries.filter(|(_, result)| result["EventId"].is_string());
    taken.map(|(entry, _)| size(entry)).collect()
}

fn size(entry: &Value) -> usize {
    let text = |field: &str| entry[field].as_str().map_or(0, str::len);
    let resources = entry["Resources"].as_array().into_iter().flatten();
    let resources: usize = resources.filter_map(Value::as_str).map(str::len).sum();
    let time = if entry["Time"].is_null() { 0 } else { TIME_BYTES };
    time + text("Source") + text("DetailType") + text("Detail") + resources
}
