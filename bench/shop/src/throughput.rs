//! Measures how fast orders are confirmed: a queue receives every `OrderConfirmed`. At a fixed rate, an order's latency
//! begins when it was due to be put, so that a backlog counts.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use causeway_cli::up::Running;
use serde_json::{Value, json};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{sleep_until, timeout},
};

use crate::{
    Throughput,
    process::{megabytes, processor},
    queue::Queue,
};

/// The most seconds of a run at a rate.
const MAX_SECONDS: f64 = 20.0;

/// A run ends if no order is confirmed for this long.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The orders that are not confirmed yet, with the start of their latency.
#[derive(Clone, Default)]
struct Pending(Arc<Mutex<HashMap<String, Instant>>>);

impl Pending {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) async fn measure(running: &Running, args: &Throughput) -> anyhow::Result<()> {
    let client = Client::new(running.apps.sdk());
    for sku in 0..args.skus {
        let stock = json!({ "sku": format!("sku-{sku}"), "quantity": 1_000_000 });
        put(client.clone(), entry("ReceiveStock", stock)).await?;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let queue = Queue::of_confirmed_orders(running).await?;
    println!("| rate | orders per second | p50 | p90 | p99 | max | CPU per order | memory |");
    println!("|---|---|---|---|---|---|---|---|");
    for rate in &args.rates {
        run(&queue, &client, args, *rate, &format!("{}-{rate}", std::process::id())).await?;
    }
    Ok(())
}

async fn run(queue: &Queue, client: &Client, args: &Throughput, rate: f64, name: &str) -> anyhow::Result<()> {
    let orders = if rate > 0.0 { args.orders.min((rate * MAX_SECONDS) as usize) } else { args.orders };
    let permits = Arc::new(Semaphore::new(if rate > 0.0 { orders } else { args.concurrency }));
    let (pending, before, begun) = (Pending::default(), processor(), Instant::now());
    let putting = tokio::spawn({
        let (pending, permits, client, skus) = (pending.clone(), permits.clone(), client.clone(), args.skus);
        let name = name.to_owned();
        async move {
            let mut puts = JoinSet::new();
            for next in 0..orders {
                let due = begun + Duration::from_secs_f64(if rate > 0.0 { next as f64 / rate } else { 0.0 });
                sleep_until(due.into()).await;
                permits.acquire().await?.forget();
                let order = format!("{name}-{next}");
                let command = entry("PlaceOrder", place(&order, &format!("sku-{}", next % skus.max(1))));
                pending.lock().insert(order, if rate > 0.0 { due } else { Instant::now() });
                puts.spawn(put(client.clone(), command));
            }
            puts.join_all().await.into_iter().collect::<anyhow::Result<()>>()
        }
    });
    let mut latencies = Vec::new();
    while latencies.len() < orders {
        let Ok(confirmed) = timeout(TIMEOUT, queue.receive()).await else {
            println!("no order was confirmed for {} seconds: {} of {orders}", TIMEOUT.as_secs(), latencies.len());
            break;
        };
        for order in confirmed? {
            if let Some(at) = pending.lock().remove(&order) {
                latencies.push(at.elapsed().as_secs_f64() * 1e3);
                permits.add_permits(1);
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    putting.await??;
    latencies.sort_by(f64::total_cmp);
    let percentile = |part: f64| {
        let index = ((latencies.len() as f64 * part) as usize).min(latencies.len().saturating_sub(1));
        latencies.get(index).copied().unwrap_or_default()
    };
    let rate = if rate > 0.0 { format!("{rate} per second") } else { format!("{} concurrent", args.concurrency) };
    let (speed, each) =
        (latencies.len() as f64 / seconds, (processor() - before) * 1e3 / latencies.len().max(1) as f64);
    let (p50, p90, p99, max, memory) =
        (percentile(0.5), percentile(0.9), percentile(0.99), percentile(1.0), megabytes("self"));
    println!(
        "| {rate} | {speed:.1} | {p50:.1} ms | {p90:.1} ms | {p99:.1} ms | {max:.1} ms | {each:.1} ms \
         | {memory} MB |"
    );
    Ok(())
}

fn place(order: &str, sku: &str) -> Value {
    json!({
        "orderId": order,
        "userId": "u-1",
        "contactEmail": "ada@example.com",
        "lines": [{ "sku": sku, "quantity": 1, "unitPrice": { "amount": 1499, "currency": "EUR" } }],
        "shippingAddress": {
            "name": "Ada Example",
            "street": "1 Analytical Road",
            "postalCode": "10115",
            "city": "Berlin",
            "country": "DE",
        },
    })
}

fn entry(name: &str, data: Value) -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder()
        .source("bench")
        .detail_type(name)
        .detail(json!({ "data": data }).to_string())
        .event_bus_name("causeway")
        .build()
}

async fn put(client: Client, entry: PutEventsRequestEntry) -> anyhow::Result<()> {
    let answer = client.put_events().entries(entry).send().await?;
    anyhow::ensure!(answer.failed_entry_count() == 0, "not accepted: {answer:?}");
    Ok(())
}
