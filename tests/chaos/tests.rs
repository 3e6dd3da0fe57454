//! The checks of the chaos run find each breach, and nothing in a run without faults.

use std::{collections::BTreeMap, process::Command};

use causeway::{
    App, Outcome, Received, StreamId,
    memory::Memory,
    route,
    testing::sim::{Faults, Plan, Simulation},
};
use clap::Parser;
use domain::shipment::{ConfirmDelivery, Shipment, ShipmentDispatched};
use jiff::SignedDuration;
use serde_json::{Value, json, value::to_raw_value};
use tests::{
    chaos::{KillPlan, Options, Orders, Process, orders, result::ChaosResult},
    invariants::{SentMail, Snapshot},
    payments,
};

const ORDERS: usize = 50;

/// The result of the orders without faults, in memory.
fn result() -> ChaosResult {
    let memory = Memory::new(7);
    payments::serve(&memory.http);
    let routes = functions::routes().into_iter().chain([route("carrier", deliver_parcel)]).collect();
    let simulation = Simulation::new(Plan::new(7, Faults::NONE, routes, &memory));
    let expected = Orders::of_seed(7, ORDERS);
    let send = |after, name, id: &str, data: &Value| {
        let detail = to_raw_value(&json!({ "eventId": id, "data": data })).unwrap();
        simulation.publish(SignedDuration::from_secs(after), "chaos", name, detail);
    };
    for (sku, quantity) in &expected.stock {
        send(0, "ReceiveStock", &format!("receive-{sku}"), &orders::receive(sku, *quantity));
    }
    for (order, lines) in &expected.lines {
        send(60, "PlaceOrder", &format!("place-{order}"), &orders::place(order, lines));
    }
    simulation.run().unwrap();
    let mut streams: BTreeMap<StreamId, Vec<_>> = BTreeMap::new();
    for commit in memory.store.changes(0) {
        streams.entry(commit.stream.clone()).or_default().push(commit);
    }
    let mails = memory.mailer.sent().into_iter().map(|mail| SentMail { to: mail.to, subject: mail.subject }).collect();
    ChaosResult { expected, snapshot: Snapshot { streams, rows: memory.views.rows(), mails } }
}

/// The carrier brings each parcel.
async fn deliver_parcel(app: App, parcel: Received<ShipmentDispatched>) -> Outcome {
    let order_id = parcel.data.order_id.clone();
    let confirm = ConfirmDelivery { order_id: order_id.clone() };
    app.execute::<Shipment>(&order_id, &confirm.into(), &parcel.cause()).await
}

fn broken(result: &ChaosResult) -> Vec<String> {
    result.check().iter().filter(|verdict| !verdict.holds()).map(ToString::to_string).collect()
}

fn last_stream(context: &str, result: &ChaosResult) -> StreamId {
    result.snapshot.streams.keys().rfind(|stream| stream.context() == context).unwrap().clone()
}

fn drop_last_commit(context: &str, result: &mut ChaosResult) {
    let stream = last_stream(context, result);
    result.snapshot.streams.get_mut(&stream).unwrap().pop();
}

fn stream_id(stream: &StreamId) -> causeway::Id<str> {
    stream.id().parse().unwrap()
}

type Breach = fn(&mut ChaosResult);

#[test]
fn a_run_without_faults_has_no_breach() {
    let result = result();
    assert_eq!(broken(&result), Vec::<String>::new());
    let (completed, cancelled) = result.ended();
    assert_eq!((completed + cancelled, cancelled), (ORDERS, 1), "one of two orders gets the rare piece");
}

#[test]
fn every_breach_is_found() {
    let breaches: [(&str, Breach); 15] = [
        ("contiguous", |it| {
            let stream = last_stream("fulfilment", it);
            it.snapshot.streams.get_mut(&stream).unwrap().remove(0);
        }),
        ("handled a command twice", |it| {
            let stream = last_stream("order", it);
            let commits = it.snapshot.streams.get_mut(&stream).unwrap();
            commits.push(commits[0].clone());
        }),
        ("placed once", |it| drop(it.snapshot.streams.remove(&last_stream("order", it)))),
        ("and no other", |it| drop(it.expected.lines.pop_first())),
        ("placed once as it was put", |it| {
            it.expected.lines.values_mut().next().unwrap().insert("rare".to_owned(), 7);
        }),
        ("all stock that was put came in", |it| {
            it.expected.stock.insert("rare".to_owned(), 1_000);
        }),
        ("completed or cancelled once", |it| drop_last_commit("order", it)),
        ("shipped each line once", |it| drop_last_commit("inventory", it)),
        ("charged less refunded", |it| drop_last_commit("payment", it)),
        ("shipped at most once, after its payment", |it| {
            let stream = last_stream("shipment", it);
            drop(it.snapshot.streams.remove(&StreamId::new("payment", &stream_id(&stream))));
        }),
        ("in the log as in the view", |it| {
            let row = it.snapshot.rows.iter_mut().find(|(key, _)| key.view == "stock").unwrap().1;
            row.columns.insert("reserved".to_owned(), json!(1_000));
        }),
        ("same e-mail twice", |it| it.snapshot.mails.push(it.snapshot.mails[0].clone())),
        ("same e-mail twice", |it| it.snapshot.mails[0].to = "eve@example.com".to_owned()),
        ("recorded once", |it| drop(it.snapshot.streams.remove(&last_stream("notification", it)))),
        ("fold of its stream", |it| drop(it.snapshot.rows.pop_first())),
    ];
    for (invariant, breach) in breaches {
        let mut result = result();
        breach(&mut result);
        let broken = broken(&result);
        assert!(broken.iter().any(|broken| broken.contains(invariant)), "{invariant}: {broken:?}");
    }
}

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

#[test]
fn the_same_seed_kills_at_the_same_orders() {
    let plan = |seed: &str| {
        let arguments = ["chaos", "--orders", "60", "--kills", "12", "--cloud-kills", "1", "--seed", seed];
        KillPlan::new(&Arguments::parse_from(arguments).options).plan()
    };
    assert_eq!(plan("1"), plan("1"));
    assert_ne!(plan("1"), plan("2"));
    assert_eq!(plan("1").len(), 13);
    assert!(plan("1").iter().all(|after| *after < 60));
}

#[test]
fn a_process_is_killed_only_as_a_child_of_the_given_parent() {
    let mut child = Command::new("sleep").arg("600").spawn().unwrap();
    let own = std::process::id();
    let found = Process::children_of(own).unwrap().into_iter().find(|process| process.id == child.id()).unwrap();
    assert!(!found.kill(1).unwrap());
    assert!(found.is_alive());
    assert!(found.kill(own).unwrap());
    assert!(!child.wait().unwrap().success());
    assert!(!found.is_alive());
}
