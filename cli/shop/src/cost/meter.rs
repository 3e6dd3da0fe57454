//! Counts all requests of the functions. A meter stands between each function's SDK clients and the local cloud: it asks
//! for the consumed capacity in every request to a table, and counts requests and responses as of its function.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use causeway_cli::function_apps::in_process_client;
use causeway_local::http::InProcessTransport;
use serde::Serialize;
use serde_json::Value;

/// All counts since the counter was reset.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counted {
    pub(super) event_chunks: u64,
    pub(super) event_bytes: u64,
    /// The capacity used, by table.
    pub(super) tables: BTreeMap<String, Units>,
    /// The invocations, by function.
    pub(super) functions: BTreeMap<String, Runs>,
    /// The number of requests, by caller and operation.
    pub(super) calls: BTreeMap<String, BTreeMap<String, u64>>,
    /// Schedules that were created and not deleted: each will fire.
    pub(super) timers_left: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Units {
    pub(super) writes: f64,
    pub(super) reads: f64,
    /// Writes whose condition did not hold. Their units are included.
    refused: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Runs {
    pub(super) runs: u64,
    /// The billed requests: an event of more than 256 KB counts as several.
    pub(super) requests: u64,
    /// The stream records in its batches.
    pub(super) records: u64,
    /// The write units that it used.
    pub(super) writes: f64,
    /// The read units that it used.
    pub(super) reads: f64,
    /// The outcomes of the runs, as the functions return them.
    pub(super) outcomes: BTreeSet<String>,
}

/// A shared counter. Clones count together.
#[derive(Clone, Debug, Default)]
pub(super) struct Counter {
    counted: Arc<Mutex<Counted>>,
}

impl Counter {
    /// Returns the counts and resets them.
    pub(super) fn take(&self) -> Counted {
        std::mem::take(&mut *self.counted())
    }

    pub(super) fn update(&self, update: impl FnOnce(&mut Counted)) {
        update(&mut self.counted());
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    /// The number of requests of this operation, by all callers.
    pub(super) fn calls_of(&self, operation: &str) -> u64 {
        self.calls.values().filter_map(|calls| calls.get(operation)).sum()
    }

    pub(super) fn queue_calls(&self) -> u64 {
        let calls = self.calls.values().flatten();
        calls.filter(|(operation, _)| operation.contains("Message")).map(|(_, number)| number).sum()
    }

    /// The number of billed requests to functions.
    pub(super) fn function_requests(&self) -> u64 {
        self.functions.values().map(|function| function.requests).sum()
    }

    /// The number of runs with a billed duration.
    pub(super) fn function_runs(&self) -> u64 {
        self.functions.values().map(Runs::billed).sum()
    }
}

impl Runs {
    /// The billed runs: at little traffic, each stream record comes in a batch of its own.
    pub(super) fn billed(&self) -> u64 {
        self.runs.max(self.records)
    }
}

/// An event is billed per chunk of this size.
const CHUNK: usize = 64 * 1024;

/// The size of the `Time` of an entry.
const TIME_BYTES: usize = 14;

/// An HTTP client that counts all requests as requests of `caller`.
pub(super) fn client(transport: InProcessTransport, caller: &str, counter: &Counter) -> SharedHttpClient {
    SharedHttpClient::new(Meter {
        inner: in_process_client(transport),
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
        HttpConnectorFuture::new(send(self.meter.clone(), self.inner.clone(), request))
    }
}

async fn send(
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
        self.counter.update(|counted| {
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
                    for bytes in accepted_sizes(asked, answer) {
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

/// Whether the request is for items of a table, and its operation.
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

/// The sizes of the accepted entries, as EventBridge counts them.
fn accepted_sizes(asked: &Value, answer: &Value) -> Vec<usize> {
    let results = answer["Entries"].as_array().into_iter().flatten();
    let entries = asked["Entries"].as_array().into_iter().flatten().zip(results);
    let accepted = entries.filter(|(_, result)| result["EventId"].is_string());
    accepted.map(|(entry, _)| entry_size(entry)).collect()
}

fn entry_size(entry: &Value) -> usize {
    let text = |field: &str| entry[field].as_str().map_or(0, str::len);
    let resources = entry["Resources"].as_array().into_iter().flatten();
    let resources: usize = resources.filter_map(Value::as_str).map(str::len).sum();
    let time = if entry["Time"].is_null() { 0 } else { TIME_BYTES };
    time + text("Source") + text("DetailType") + text("Detail") + resources
}

const WRITE_BYTES: usize = 1024;

/// The capacity that a request used, by table, as the response reports it. A write whose condition did not hold uses
/// capacity without a report, which is computed by DynamoDB's rule.
fn units(operation: &str, asked: &Value, answer: &Value) -> Vec<(String, Units)> {
    if let Some(units) = failed_condition(asked, answer) {
        return units;
    }
    let consumed = match &answer["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().collect(),
        Value::Null => Vec::new(),
        table => vec![table],
    };
    let reads = matches!(operation, "BatchGetItem" | "GetItem" | "Query" | "Scan" | "TransactGetItems");
    let of_table = |table: &Value| {
        let units = table["CapacityUnits"].as_f64().unwrap_or_default();
        let (reads, writes) = if reads { (units, 0.0) } else { (0.0, units) };
        (table["TableName"].as_str().unwrap_or_default().to_owned(), Units { writes, reads, refused: 0 })
    };
    consumed.into_iter().map(of_table).collect()
}

fn failed_condition(asked: &Value, answer: &Value) -> Option<Vec<(String, Units)>> {
    let code = answer["__type"].as_str()?;
    let table = |asked: &Value| asked["TableName"].as_str().unwrap_or_default().to_owned();
    if code.ends_with("ConditionalCheckFailedException") {
        let bytes = item_size(&asked["Item"]).max(item_size(&answer["Item"]));
        return Some(vec![(table(asked), Units { writes: write_units(bytes), reads: 0.0, refused: 1 })]);
    }
    if !code.ends_with("TransactionCanceledException") {
        return None;
    }
    let actions = asked["TransactItems"].as_array().into_iter().flatten();
    let actions = actions.filter_map(Value::as_object).flat_map(|action| action.values());
    let twice = |action: &Value| {
        let writes = 2.0 * write_units(item_size(&action["Item"]));
        (table(action), Units { writes, reads: 0.0, refused: 1 })
    };
    Some(actions.map(twice).collect())
}

fn write_units(bytes: usize) -> f64 {
    bytes.div_ceil(WRITE_BYTES).max(1) as f64
}

/// The size of an item in bytes: names and values.
fn item_size(item: &Value) -> usize {
    item.as_object().into_iter().flatten().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    let Some((kind, held)) = value.as_object().and_then(|value| value.iter().next()) else { return 0 };
    let text = || held.as_str().map_or(0, str::len);
    match kind.as_str() {
        "S" => text(),
        // Two digits per byte, and one byte more.
        "N" => text().div_ceil(2) + 1,
        // Four characters of Base64 are three bytes.
        "B" => text() / 4 * 3,
        "M" => {
            3 + held
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, one)| 1 + name.len() + value_size(one))
                .sum::<usize>()
        }
        "L" => 3 + held.as_array().into_iter().flatten().map(|one| 1 + value_size(one)).sum::<usize>(),
        "SS" | "NS" | "BS" => held.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::len).sum(),
        _ => 1,
    }
}
