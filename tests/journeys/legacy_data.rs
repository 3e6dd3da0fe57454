//! Data of an older version of the shop: an order in its first shape, and a stock stream whose embedded snapshot has
//! another meaning.

use causeway::{
    Encoded, MessageId, StreamId,
    log::{
        commit::{Commit, EmbeddedSnapshot},
        event_store::{Append, EventStore as _, SnapshotPolicy},
    },
    message::{envelope::Cause, id::CommitId},
    time::clock::Ids as _,
};
use futures::FutureExt as _;
use jiff::Timestamp;
use serde_json::{Value, json, value::to_raw_value};

use super::{final_state::FinalState, scenarios::completed_unless_late, shop_commands::Shop};

/// The number of orders for the one piece.
const BUYERS: u32 = 3;

pub(super) fn begin(shop: &Shop) {
    shop.stock("jug", 3);
    let placed = json!({
        "orderId": "o-old",
        "userId": "u-old",
        "lines": [{ "sku": "jug", "quantity": 2, "unitPrice": 700 }],
        "total": 1400,
    });
    write(shop, "order/o-old", ("OrderPlaced", 1, placed), None);
    // One piece came in; the older code counted in boxes and embedded a state of another shape.
    let state = json!({ "available": 12, "open": {}, "shipped": 0, "closed": [] });
    let snapshot =
        EmbeddedSnapshot { shape: "older-shape".to_owned(), state: to_raw_value(&state).unwrap(), recent: Vec::new() };
    let received = json!({ "sku": "clock", "quantity": 1 });
    write(shop, "inventory/clock", ("StockReceived", 1, received), Some(snapshot));
    for buyer in 0..BUYERS {
        shop.place(&format!("o-clock-{buyer}"), &[("clock", 1)]);
    }
}

pub(super) fn check(end: &FinalState) -> Vec<String> {
    let mut breaches = completed_unless_late(end, "o-old");
    let confirmed = (0..BUYERS).filter(|buyer| end.was_confirmed(&format!("o-clock-{buyer}"))).count();
    if confirmed > 1 {
        breaches.push(format!("{confirmed} buyers have the one clock: {:?}", end.stock("clock")));
    }
    breaches
}

fn write(shop: &Shop, stream: &str, (name, version, data): (&str, u32, Value), snapshot: Option<EmbeddedSnapshot>) {
    let at: Timestamp = "2025-12-31T23:59:59Z".parse().unwrap();
    let command = MessageId::new(stream.replace('/', "-")).unwrap();
    let commit = Commit {
        stream: StreamId::parse(stream).unwrap(),
        version: 1,
        id: CommitId::new(shop.memory.ids.uuid(at)),
        events: vec![Encoded { name: name.to_owned(), version, data: to_raw_value(&data).unwrap() }],
        sends: Vec::new(),
        timers: Vec::new(),
        snapshot,
        snapshot_before: 0,
        metadata: Cause::new(command.clone(), name).metadata,
        command,
        at,
    };
    let append = Append { commit: &commit, snapshot: SnapshotPolicy::Must, once: false };
    shop.memory.store.append(append).now_or_never().unwrap().unwrap();
}
