//! Payments under the faults of the provider, its network and the platform: the provider's books and the log agree to the
//! cent, and each planted bug is found.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use causeway::{
    Handled, StreamId,
    gateway::{BreakerPolicy, HttpClient, HttpError, HttpRequest, HttpResponse},
    memory::Memory,
    testing::sim::{Faults, Plan, Rng, Simulation},
};
use causeway_local::payments::{Charge, ChargeStatus, PaymentProvider};
use domain::payment::{PaymentEvent, PaymentState};
use futures::FutureExt as _;
use jiff::SignedDuration;
use serde_json::json;
use tests::payments::{NetworkFaults, UnreliableProvider};

use super::{seeds::first_broken, shop_commands::Shop};

/// The number of seeds; each has several orders.
const SEEDS: u64 = 500;

/// The number of orders of a seed.
const ORDERS: u64 = 4;

/// The number of seeds within which a planted bug is found.
const BUG_SEEDS: u64 = 1_000;

/// The tokens of orders; the last two never lead to a charge, so that only a refund ends them.
const TOKENS: [&str; 11] = [
    "tok_visa",
    "tok_visa",
    "tok_declined",
    "tok_pending",
    "tok_lost",
    "tok_hangs_once",
    "tok_unavailable_once",
    "tok_malformed",
    "tok_twice",
    "tok_hangs",
    "tok_unavailable",
];

/// A planted bug: another client in the place of the right one, or another breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bug {
    None,
    NoIdempotencyKey,
    NoLookUp,
    RefundBeforeKnown,
    BreakerNeverOpens,
}

/// A client with a planted bug.
struct Buggy {
    client: Arc<UnreliableProvider>,
    bug: Bug,
}

#[async_trait]
impl HttpClient for Buggy {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let ends = |end: &str| request.path.ends_with(end);
        let key = request.path.split('/').nth(2).unwrap_or_default();
        match self.bug {
            Bug::NoIdempotencyKey => self.client.send(&HttpRequest { idempotency_key: None, ..request.clone() }).await,
            Bug::NoLookUp if ends("/charges") => match self.client.send(request).await {
                Err(HttpError::NoAnswer(_)) => {
                    let order = request.idempotency_key.clone();
                    let body = json!({ "status": "declined", "key": order, "reason": "no answer" }).to_string();
                    Ok(HttpResponse { status: 402, body })
                }
                result => result,
            },
            Bug::RefundBeforeKnown if ends("/close") => {
                Ok(HttpResponse { status: 200, body: json!({ "status": "closed", "key": key }).to_string() })
            }
            _ => self.client.send(request).await,
        }
    }
}

/// Simulates the payments of a seed; returns the breaches at the end.
fn simulate(seed: u64, bug: Bug) -> Vec<String> {
    let memory = Memory::new(seed);
    let provider = Arc::new(PaymentProvider::open(None).unwrap());
    let rng = Rng::seeded(seed ^ 0x9A1D);
    let network = match seed % 3 {
        0 => NetworkFaults { lost: 0.0, late: 0.0, doubled: 0.0, failed: 0.0 },
        1 => NetworkFaults { lost: 0.2, late: 0.15, doubled: 0.1, failed: 0.1 },
        _ => NetworkFaults { lost: 0.05, late: 0.3, doubled: 0.2, failed: 0.05 },
    };
    let faults = if seed.is_multiple_of(2) { Faults::NONE } else { Faults::CHAOS };
    // A provider that is down while nothing else fails shows what the breaker saves.
    let down = (seed % 5 == 4).then(|| (SignedDuration::from_secs(2), SignedDuration::from_mins(8)));
    let unreliable: Arc<Mutex<Option<Arc<UnreliableProvider>>>> = Arc::default();
    let (made, books) = (Arc::clone(&unreliable), Arc::clone(&provider));
    let mut plan = Plan::new(seed, faults, functions::routes(), &memory);
    plan.http = Box::new(move |clock| {
        let client = Arc::new(UnreliableProvider::new(books, network, seed, clock, down));
        *made.lock().unwrap() = Some(Arc::clone(&client));
        Arc::new(Buggy { client, bug })
    });
    if bug == Bug::BreakerNeverOpens {
        plan.breaker = BreakerPolicy { failures: u32::MAX, ..BreakerPolicy::USUAL };
    }
    let simulation = Simulation::new(plan);
    let shop = Shop { simulation: &simulation, memory: &memory };
    let orders = if down.is_some() { ORDERS * 4 } else { ORDERS };
    for number in 0..orders {
        begin(&shop, &rng, number);
    }
    let idle = simulation.run().is_ok();
    let unreliable = unreliable.lock().unwrap().take().unwrap();
    unreliable.deliver_late();
    let mut breaches = breaches(&simulation, &memory, &provider.charges());
    if !idle {
        breaches.push("the simulation does not become idle".to_owned());
    }
    // Three environments, and a trial call every 20 seconds for eight minutes.
    let while_down = unreliable.counted().while_down;
    if while_down > 60 {
        breaches.push(format!("the provider got {while_down} requests while it was down"));
    }
    breaches
}

/// One order: a payment, maybe several times, and maybe a refund, before it, with it, or long after it.
fn begin(shop: &Shop, rng: &Rng, number: u64) {
    let order = format!("o-{number}");
    let token = TOKENS[rng.below(TOKENS.len() as u64) as usize];
    let amount = 1 + rng.below(50_000);
    let pay = json!({
        "orderId": order,
        "userId": "u-1",
        "amount": { "amount": amount, "currency": "EUR" },
        "paymentToken": token,
    });
    shop.send_copies("ProcessPayment", &format!("pay-{number}"), 1 + rng.below(2) as u32, &pay);
    let never_charged = matches!(token, "tok_hangs" | "tok_unavailable");
    if never_charged || rng.happens(0.6) {
        let within = [0, 3, 30, 300][rng.below(4) as usize];
        let after = rng.up_to(SignedDuration::from_secs(within));
        for _ in 0..1 + rng.below(2) {
            shop.send(after, "RefundPayment", json!({ "orderId": order, "reason": "too late" }));
        }
    }
}

fn breaches(simulation: &Simulation, memory: &Memory, charges: &[Charge]) -> Vec<String> {
    let mut breaches = simulation.run_log().stuck.clone();
    let app = memory.app();
    let mut logs: BTreeMap<StreamId, Vec<PaymentEvent>> = BTreeMap::new();
    // A fulfilment records what it learns of a payment that is not its own.
    for commit in memory.store.changes(0).into_iter().filter(|commit| commit.stream.context() == "payment") {
        logs.entry(commit.stream.clone()).or_default().extend(commit.decode::<PaymentEvent>().unwrap());
    }
    for (stream, log) in &logs {
        let id = causeway::Id::<str>::new(stream.id()).unwrap();
        let state = app.state::<domain::payment::Payment>(&id).now_or_never().unwrap().unwrap();
        let of_order: Vec<&Charge> = charges.iter().filter(|charge| charge.key == id.to_string()).collect();
        let made = of_order.iter().filter(|charge| charge.status == ChargeStatus::Succeeded).count();
        let paid: i64 = of_order.iter().map(|charge| charge.paid()).sum();
        let mut in_log = 0;
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for event in log {
            let name = match event {
                PaymentEvent::PaymentRequested(_) => "requested",
                PaymentEvent::PaymentProcessed(event) => {
                    in_log += event.amount.amount;
                    "processed"
                }
                PaymentEvent::PaymentFailed(_) => "failed",
                PaymentEvent::PaymentRefundRequested(_) => "refund requested",
                PaymentEvent::PaymentRefunded(event) => {
                    in_log -= event.amount.amount;
                    "refunded"
                }
                PaymentEvent::PaymentVoided(_) => "voided",
            };
            *counts.entry(name).or_default() += 1;
        }
        let mut breach = |what: String| breaches.push(format!("{stream}: {what}; {log:?}; {of_order:?}"));
        if made > 1 {
            breach(format!("{made} charges"));
        }
        if paid != in_log {
            breach(format!("{paid} is paid at the provider, and {in_log} in the log"));
        }
        if counts.values().any(|count| *count > 1) {
            breach(format!("an answer is given twice: {counts:?}"));
        }
        if !matches!(
            state,
            PaymentState::Processed(_) | PaymentState::Refunded(_) | PaymentState::Failed(_) | PaymentState::Voided(_)
        ) {
            breach(format!("it has not ended: {state:?}"));
        }
    }
    let log = simulation.run_log();
    let dead: BTreeSet<_> =
        log.ends.iter().filter(|end| end.handled == Handled::DeadLettered).map(|end| end.function.clone()).collect();
    if !dead.is_empty() {
        breaches.push(format!("dead letters of {dead:?}: {:?}", memory.dead_letters.all()));
    }
    breaches
}

#[test]
fn the_providers_books_and_the_log_agree_for_two_thousand_orders() {
    if let Some((seed, breaches)) = first_broken(SEEDS, |seed| simulate(seed, Bug::None)) {
        panic!("seed {seed}:\n  {}", breaches.join("\n  "));
    }
}

#[test]
fn each_planted_bug_is_found() {
    for bug in [Bug::NoIdempotencyKey, Bug::NoLookUp, Bug::RefundBeforeKnown, Bug::BreakerNeverOpens] {
        let found = first_broken(BUG_SEEDS, |seed| simulate(seed, bug));
        let (seed, breaches) = found.unwrap_or_else(|| panic!("no seed finds {bug:?}"));
        println!("{bug:?} is found at seed {seed}:\n  {}", breaches.join("\n  "));
        assert_eq!(simulate(seed, Bug::None), Vec::<String>::new(), "seed {seed} without {bug:?}");
    }
}
