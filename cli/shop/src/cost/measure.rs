//! Measures what orders cause, on a local cloud in memory with a paused clock: a month without orders, stock that comes in,
//! and orders, one after the other. Each part is counted on its own.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use async_trait::async_trait;
use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use causeway_cli::{
    executors::InProcessExecutor,
    function_apps::{FunctionApps, LocalCloud},
    up::STACK,
};
use causeway_local::{
    clock::Clock,
    cloud::{Cloud, Observer, Plan, Store},
    faults::Faults,
    http::InProcessTransport,
    lambda::{Executor, FunctionError, Invocation},
    template::{self, Function, Settings, Stack},
};
use jiff::SignedDuration;
use serde_json::Value;
use tokio::{net::TcpListener, sync::Mutex};
use uuid::Uuid;

use super::{
    meter::{self, Counted, Counter},
    options::Cost,
};
use crate::{
    SHOP,
    messages::{Goods, confirm_delivery, place_order, receive_stock},
};

/// The duration of the measurement without orders. No schedule is rarer than daily.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How long all deliveries and invocations may take to settle, in real time.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(60);

/// The overhead in bytes that DynamoDB bills per stored item.
const ITEM_OVERHEAD: u64 = 100;

pub(super) struct Measured {
    pub(super) stack: Stack,
    /// A day without orders.
    pub(super) idle: Counted,
    pub(super) orders: Counted,
    /// What the orders added to each table, in billed bytes.
    pub(super) left: BTreeMap<String, u64>,
}

/// Measures on a local cloud of its own.
pub(super) async fn measure(args: &Cost, region: &str) -> anyhow::Result<Measured> {
    let (lines, products) = (args.lines, args.products);
    ensure!(lines <= products, "--lines {lines} is more than --products {products}: an order has each product once");
    let (stage, client) = Stage::open(args, region).await?;
    let measured = stage.measure(args, &client).await;
    stage.cloud.stop().await;
    measured
}

struct Stage {
    cloud: Cloud,
    clock: Clock,
    counter: Counter,
    stack: Stack,
}

impl Stage {
    async fn open(args: &Cost, region: &str) -> anyhow::Result<(Self, Client)> {
        let path = args.template.display();
        let text =
            std::fs::read_to_string(&args.template).with_context(|| format!("cannot read the template {path}"))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let mut settings = Settings::new(STACK, &endpoint);
        region.clone_into(&mut settings.region);
        settings.parameters = args.parameters.iter().cloned().collect();
        settings.file = Some(args.template.clone());
        let stack = template::read(&text, &settings).with_context(|| format!("the template {path} is refused"))?;
        if let Some(finding) = stack.findings.first() {
            anyhow::bail!(
                "{path} has a resource that the local cloud does not support, so it cannot be counted: {finding}"
            );
        }
        let (clock, transport, counter) = (Clock::of_the_machine(), InProcessTransport::default(), Counter::default());
        clock.pause();
        let local = LocalCloud { application: SHOP, region: region.to_owned(), endpoint, clock: clock.clone() };
        let buyer = FunctionApps::connect(&local, &[], meter::client(transport.clone(), "buyer", &counter))?;
        let metered = Metering { local, transport: transport.clone(), counter: counter.clone() };
        let executor = Arc::new(MeteringExecutor::connect(&stack.functions, metered, args.cold)?);
        let plan = Plan {
            stack: stack.clone(),
            settings,
            listener,
            store: Store::Memory,
            executor,
            clock: clock.clone(),
            observer: Observer::default(),
            faults: Faults::read(std::iter::empty(), 0)?,
            transport,
            pages: None,
        };
        let cloud = Cloud::start(plan).await?;
        Ok((Self { cloud, clock, counter, stack }, Client::new(buyer.sdk())))
    }

    async fn measure(&self, args: &Cost, client: &Client) -> anyhow::Result<Measured> {
        self.walk(DAY).await?;
        let idle = self.counter.take();
        for entry in stock(args)? {
            self.put(client, entry).await?;
        }
        // One order per product first, so that a warm environment has loaded the product's stream.
        for (id, entry) in first_orders(args)? {
            self.put(client, entry).await?;
            self.put(client, confirm_delivery(None, &id)?).await?;
        }
        drop(self.counter.take());
        let before = self.stored()?;
        for (id, entry) in orders(args)? {
            self.put(client, entry).await?;
            // The carrier; of a cancelled order the shipment rejects it.
            self.put(client, confirm_delivery(None, &id)?).await?;
        }
        let counted = self.counter.take();
        let (asked, told) = (u64::from(args.orders), counted.calls_of("SendEmail"));
        ensure!(told >= asked, "{told} mails for {asked} orders, so the counts are not valid");
        let failed: Vec<&String> =
            counted.functions.iter().filter(|(_, one)| one.outcomes.contains("failed")).map(|(name, _)| name).collect();
        ensure!(failed.is_empty(), "functions failed, so the counts are not valid: {failed:?}");
        let mut left = self.stored()?;
        for (table, bytes) in &mut left {
            *bytes = bytes.saturating_sub(before.get(table).copied().unwrap_or_default());
        }
        Ok(Measured { stack: self.stack.clone(), idle, orders: counted, left })
    }

    async fn put(&self, client: &Client, entry: PutEventsRequestEntry) -> anyhow::Result<()> {
        let answer = client.put_events().entries(entry).send().await?;
        ensure!(answer.failed_entry_count() == 0, "the bus rejected a message: {:?}", answer.entries());
        self.walk(SignedDuration::ZERO).await
    }

    async fn walk(&self, duration: SignedDuration) -> anyhow::Result<()> {
        let target = self.clock.now().checked_add(duration)?;
        let walked = self.cloud.time_driver().advance(target, SETTLE_TIMEOUT).await;
        ensure!(walked.settled, "deliveries and invocations did not settle in {} seconds", SETTLE_TIMEOUT.as_secs());
        Ok(())
    }

    fn stored(&self) -> anyhow::Result<BTreeMap<String, u64>> {
        let tables = self.cloud.services().database.table_stats().context("the tables report no sizes")?;
        let billed = |items: i64, bytes: u64| bytes + ITEM_OVERHEAD * u64::try_from(items).unwrap_or_default();
        Ok(tables.into_iter().map(|table| (table.table_name, billed(table.item_count, table.size_bytes))).collect())
    }
}

/// A request to a function is billed as one up to this size, …
const FIRST_CHUNK: usize = 256 * 1024;

/// … and as one more for each further chunk of this size.
const FURTHER_CHUNK: usize = 64 * 1024;

/// The local cloud and the counter of its requests.
struct Metering {
    local: LocalCloud,
    transport: InProcessTransport,
    counter: Counter,
}

/// Runs the functions in this process and counts every run. Each function has an app of its own, as on AWS it has
/// execution environments of its own: a stream that one has loaded, another has not.
struct MeteringExecutor {
    metering: Metering,
    /// By the ARNs of the functions.
    functions: BTreeMap<String, MeteredFunction>,
    /// Every run has a new execution environment.
    is_cold: bool,
    /// Runs are serialised, so that there are no conflicts and all counts are reproducible.
    turn: Mutex<()>,
}

struct MeteredFunction {
    function: Function,
    client: SharedHttpClient,
    warm: InProcessExecutor,
}

impl MeteringExecutor {
    fn connect(declared: &[Function], metering: Metering, is_cold: bool) -> anyhow::Result<Self> {
        let mut functions = BTreeMap::new();
        for function in declared {
            let client = meter::client(metering.transport.clone(), name(function), &metering.counter);
            let warm = metering.executor(function, client.clone())?;
            functions.insert(function.arn.clone(), MeteredFunction { function: function.clone(), client, warm });
        }
        Ok(Self { metering, functions, is_cold, turn: Mutex::default() })
    }
}

impl Metering {
    fn executor(&self, function: &Function, client: SharedHttpClient) -> anyhow::Result<InProcessExecutor> {
        let alone = std::slice::from_ref(function);
        let apps = FunctionApps::connect(&self.local, alone, client)?;
        InProcessExecutor::connect(&self.local, alone, &apps)
    }
}

#[async_trait]
impl Executor for MeteringExecutor {
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        let Some(metered) = self.functions.get(&invocation.function.arn) else {
            return Err(FunctionError::new("Runtime.NoHandler", "this function is not metered".to_owned()));
        };
        let (bytes, records) = (invocation.payload.len(), records(&invocation.payload));
        let _turn = self.turn.lock().await;
        let answer = if self.is_cold {
            let fresh = self.metering.executor(&metered.function, metered.client.clone());
            let fresh = fresh.map_err(|error| FunctionError::new("Runtime.NotStarted", format!("{error:#}")))?;
            fresh.invoke(invocation).await
        } else {
            metered.warm.invoke(invocation).await
        };
        self.metering.counter.update(|counted| {
            let function = counted.functions.entry(name(&metered.function).to_owned()).or_default();
            function.runs += 1;
            function.records += records;
            // At little traffic, each stream record comes in a batch of its own.
            function.requests += records.max(1 + bytes.saturating_sub(FIRST_CHUNK).div_ceil(FURTHER_CHUNK) as u64);
            function.outcomes.insert(outcome(answer.as_deref()));
        });
        answer
    }
}

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

/// The units that come in per product: more than are ever ordered.
const RECEIVED: u32 = 1_000_000;

/// The number of the first counted order; smaller numbers are of warm-up orders.
const FIRST_ORDER: u32 = 1_000_000;

fn stock(args: &Cost) -> anyhow::Result<Vec<PutEventsRequestEntry>> {
    let goods = (0..args.products).map(|product| Goods { sku: sku(product), quantity: RECEIVED });
    goods.map(|goods| receive_stock(None, &goods)).collect()
}

fn first_orders(args: &Cost) -> anyhow::Result<Vec<(String, PutEventsRequestEntry)>> {
    (0..args.products).map(|number| order(number, &[sku(number)])).collect()
}

/// The counted orders, with products in turn.
fn orders(args: &Cost) -> anyhow::Result<Vec<(String, PutEventsRequestEntry)>> {
    (0..args.orders)
        .map(|number| {
            let first = number * args.lines;
            let mut skus: Vec<String> = (first..first + args.lines).map(|line| sku(line % args.products)).collect();
            let is_refused = (number + 1) * args.refused / 100 > number * args.refused / 100;
            if let (true, Some(last)) = (is_refused, skus.last_mut()) {
                *last = format!("sold-out-{:04}", number % args.products);
            }
            order(FIRST_ORDER + number, &skus)
        })
        .collect()
}

fn order(number: u32, skus: &[String]) -> anyhow::Result<(String, PutEventsRequestEntry)> {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes()).to_string();
    let lines: Vec<Goods> = skus.iter().map(|sku| Goods { sku: sku.clone(), quantity: 1 }).collect();
    let entry = place_order(None, &id, &lines, |_| {})?;
    Ok((id, entry))
}

fn sku(product: u32) -> String {
    format!("product-{product:04}")
}
