//! How fast orders are carried: a queue of its own hears every `OrderConfirmed`, as a user's would. At a rate, an order's time begins when it was due to be put, so that a cloud that is
//! behind cannot hide it.

use std::{collections::HashMap, sync::{Arc, Mutex, MutexGuard, PoisonError}, time::{Duration, Instant}};

use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use causeway::up::Running;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet, time::{sleep_until, timeout}};

use crate::{Carry, process::{megabytes, processor}, queue::Queue};

/// A run at a rate takes so many seconds at most.
const LONGEST: f64 = 20.0;

/// Longer than this nothing stands still.
const PATIENCE: Duration = Duration::from_secs(10);

/// The orders that are under way, and since when.
#[derive(Clone, Default)]
struct UnderWay(Arc<Mutex<HashMap<String, Instant>>>);

impl UnderWay {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) async fn measure(running: &Running, wanted: &Carry) -> anyhow::Result<()> {
    let client = Client::new(running.connected.sdk());
    for good in 0..wanted.goods {
        let stock = json!({ "sku": format!("good-{good}"), "quantity": 1_000_000 });
        put(client.clone(), entry("ReceiveStock", stock)).await?;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let heard = Queue::of_confirmed_orders(running).await?;
    println!("| asked | orders a second | p50 | p90 | p99 | longest | processor each | memory |");
    println!("|---|---|---|---|---|---|---|---|");
    for rate in &wanted.rates {
        one(&heard, &client, wanted, *rate, &format!("{}-{rate}", std::process::id())).await?;
    }
    Ok(())
}

async fn one(heard: &Queue, client: &Client, wanted: &Carry, rate: f64, name: &str) -> anyhow::Result<()> {
    let orders = if rate > 0.0 { wanted.orders.min((rate * LONGEST) as usize) } else { wanted.orders };
    let places = Arc::new(Semaphore::new(if rate > 0.0 { orders } else { wanted.at_once }));
    let (under_way, before, begun) = (UnderWay::default(), processor(), Instant::now());
    let putting = tokio::spawn({
        let (under_way, places, client, goods) = (under_way.clone(), places.clone(), client.clone(), wanted.goods);
        let name = name.to_owned();
        async move {
            let mut puts = JoinSet::new();
            for next in 0..orders {
                let due = begun + Duration::from_secs_f64(if rate > 0.0 { next as f64 / rate } else { 0.0 });
                sleep_until(due.into()).await;
                places.acquire().await?.forget();
                let order = format!("{name}-{next}");
                let wish = entry("PlaceOrder", place(&order, &format!("good-{}", next % goods.max(1))));
                under_way.all().insert(order, if rate > 0.0 { due } else { Instant::now() });
                puts.spawn(put(client.clone(), wish));
            }
            puts.join_all().await.into_iter().collect::<anyhow::Result<()>>()
        }
    });
    let mut took = Vec::new();
    while took.len() < orders {
        let Ok(confirmed) = timeout(PATIENCE, heard.receive()).await else {
            println!("nothing happened for {} seconds: {} of {orders}", PATIENCE.as_secs(), took.len());
            break;
        };
        for order in confirmed? {
            if let Some(at) = under_way.all().remove(&order) {
                took.push(at.elapsed().as_secs_f64() * 1e3);
                places.add_permits(1);
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    putting.await??;
    took.sort_by(f64::total_cmp);
    let at = |part: f64| {
        let place = ((took.len() as f64 * part) as usize).min(took.len().saturating_sub(1));
        took.get(place).copied().unwrap_or_default()
    };
    let asked = if rate > 0.0 { format!("{rate} a second") } else { format!("{} under way", wanted.at_once) };
    let (speed, each) = (took.len() as f64 / seconds, (processor() - before) * 1e3 / took.len().max(1) as f64);
    let (p50, p90, p99, longest, memory) = (at(0.5), at(0.9), at(0.99), at(1.0), megabytes("self"));
    println!(
        "| {asked} | {speed:.1} | {p50:.1} ms | {p90:.1} ms | {p99:.1} ms | {longest:.1} ms | {each:.1} ms \
         | {memory} MB |"
    );
    Ok(())
}

fn place(order: &str, good: &str) -> Value {
    json!({
        "orderId": order,
        "userId": "u-1",
        "contactEmail": "ada@example.com",
        "lines": [{ "sku": good, "quantity": 1, "unitPrice": { "amount": 1499, "currency": "EUR" } }],
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
    anyhow::ensure!(answer.failed_entry_count() == 0, "not taken: {answer:?}");
    Ok(())
}
