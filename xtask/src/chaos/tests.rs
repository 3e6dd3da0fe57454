//! What the storm looks for it finds: a story without a fault breaks nothing, and each breach is seen.

use std::{collections::BTreeMap, process::Command};

use causeway::{
    StreamId,
    memory::Memory,
    testing::sim::{Faults, Plan, Simulation},
};
use jiff::SignedDuration;
use serde_json::{Value, json, value::to_raw_value};

use super::{
    Choice, checks,
    final_state::FinalState,
    kill_plan::KillPlan,
    orders::{self, Orders},
    processes::Process,
};

const ORDERS: usize = 50;

/// A day of the shop, played in memory.
fn end() -> FinalState {
    let memory = Memory::new(7);
    let world = Simulation::new(Plan::new(7, Faults::NONE, functions::routes(), &memory));
    let wanted = Orders::by(7, ORDERS);
    let say = |after, name, id: &str, data: &Value| {
        let detail = to_raw_value(&json!({ "eventId": id, "data": data })).unwrap();
        world.publish(SignedDuration::from_secs(after), "storm", name, detail);
    };
    for (sku, quantity) in &wanted.stock {
        say(0, "ReceiveStock", &format!("receive-{sku}"), &orders::receive(sku, *quantity));
    }
    for (order, lines) in &wanted.lines {
        say(60, "PlaceOrder", &format!("place-{order}"), &orders::place(order, lines));
    }
    world.run().unwrap();
    let mut streams: BTreeMap<StreamId, Vec<_>> = BTreeMap::new();
    for commit in memory.store.changes(0) {
        streams.entry(commit.stream.clone()).or_default().push(commit);
    }
    let mut mails: BTreeMap<String, Vec<Value>> = wanted.lines.keys().map(|order| (order.clone(), vec![])).collect();
    for mail in memory.mailer.sent() {
        let order = mail.to.split('@').next().unwrap().to_owned();
        mails
            .get_mut(&order)
            .unwrap()
            .push(json!({ "Content": { "Simple": { "Subject": { "Data": mail.subject } } } }));
    }
    FinalState { wanted, streams, rows: memory.views.rows(), mails }
}

fn broken(end: &FinalState) -> Vec<String> {
    checks::all(end).iter().filter(|verdict| !verdict.holds()).map(ToString::to_string).collect()
}

fn stream(context: &str, end: &FinalState) -> StreamId {
    end.streams.keys().rfind(|stream| stream.context() == context).unwrap().clone()
}

type Breach = fn(&mut FinalState);

#[test]
fn a_day_without_a_fault_breaks_nothing() {
    let end = end();
    assert_eq!(broken(&end), Vec::<String>::new());
    let (confirmed, cancelled) = end.ended();
    assert_eq!((confirmed + cancelled, cancelled), (ORDERS, 1), "one of two gets what is rare");
}

#[test]
fn every_breach_is_seen() {
    let breaches: [(&str, Breach); 10] = [
        ("contiguous", |end| drop(end.streams.get_mut(&stream("fulfilment", end)).unwrap().remove(0))),
        ("handled_at a command twice", |end| {
            let commits = end.streams.get_mut(&stream("order", end)).unwrap();
            commits.push(commits[0].clone());
        }),
        ("placed once", |end| drop(end.streams.remove(&stream("order", end)))),
        ("and no other", |end| drop(end.wanted.lines.pop_first())),
        ("confirmed or cancelled once", |end| drop(end.streams.get_mut(&stream("order", end)).unwrap().pop())),
        ("holds each line once", |end| drop(end.streams.get_mut(&stream("inventory", end)).unwrap().pop())),
        ("in the log as in the view", |end| {
            let row = end.rows.iter_mut().find(|(key, _)| key.view == "stock").unwrap().1;
            row.columns.insert("reserved".to_owned(), json!(1_000));
        }),
        ("same mail twice", |end| {
            let mails = end.mails.values_mut().next().unwrap();
            mails.push(mails[0].clone());
        }),
        ("recorded once", |end| drop(end.streams.remove(&stream("notification", end)))),
        ("fold of its stream", |end| drop(end.rows.pop_first())),
    ];
    for (seen, breach) in breaches {
        let mut end = end();
        breach(&mut end);
        let broken = broken(&end);
        assert!(broken.iter().any(|broken| broken.contains(seen)), "{seen}: {broken:?}");
    }
}

#[test]
fn the_same_seed_strikes_at_the_same_orders() {
    let plan = |seed| KillPlan::by(&Choice { seed, ..Choice::small() }).plan();
    assert_eq!(plan(1), plan(1));
    assert_ne!(plan(1), plan(2));
    let Choice { orders, kills, cloud_kills, .. } = Choice::small();
    assert_eq!(plan(1).len(), kills + cloud_kills);
    assert!(plan(1).iter().all(|after| *after < orders));
}

#[test]
fn a_process_is_killed_only_as_the_child_of_who_is_named() {
    let mut child = Command::new("sleep").arg("600").spawn().unwrap();
    let own = std::process::id();
    let found = Process::children_of(own).unwrap().into_iter().find(|process| process.id == child.id()).unwrap();
    assert!(!found.kill(1).unwrap());
    assert!(found.is_alive());
    assert!(found.kill(own).unwrap());
    assert!(!child.wait().unwrap().success());
    assert!(!found.is_alive());
}
