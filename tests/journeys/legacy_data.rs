//! What an older house left in the log: an order of the first shape, and a shelf whose carried state means something
//! else than ours.

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

use super::{
    final_state::FinalState,
    processes::{Stands, order},
    shop_commands::Shop,
    stock_invariants::shelf,
    stories::confirmed_unless_late,
};

/// Who wants the one piece of the old shelf.
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
    // One came in; the older code counted in boxes and carries a state of its own shape.
    let state = json!({ "available": 12, "open": {}, "shipped": 0, "closed": [] });
    let carried = EmbeddedSnapshot {
        shape: "of-the-old-house".to_owned(),
        state: to_raw_value(&state).unwrap(),
        recent: Vec::new(),
    };
    let received = json!({ "sku": "clock", "quantity": 1 });
    write(shop, "inventory/clock", ("StockReceived", 1, received), Some(carried));
    for buyer in 0..BUYERS {
        shop.place(&format!("o-clock-{buyer}"), &[("clock", 1)]);
    }
}

pub(super) fn end(end: &FinalState) -> Vec<String> {
    let mut broken = confirmed_unless_late(end, "o-old");
    let happy = (0..BUYERS).filter(|buyer| order(end, &format!("o-clock-{buyer}")) == Stands::Confirmed).count();
    if happy > 1 {
        broken.push(format!("{happy} buyers have the one clock: {:?}", shelf(end, "clock")));
    }
    broken
}

fn write(shop: &Shop, stream: &str, (name, version, data): (&str, u32, Value), carried: Option<EmbeddedSnapshot>) {
    let at: Timestamp = "2025-12-31T23:59:59Z".parse().unwrap();
    let command = MessageId::new(stream.replace('/', "-")).unwrap();
    let commit = Commit {
        stream: StreamId::parse(stream).unwrap(),
        version: 1,
        id: CommitId::new(shop.memory.ids.uuid(at)),
        events: vec![Encoded { name: name.to_owned(), version, data: to_raw_value(&data).unwrap() }],
        sends: Vec::new(),
        timers: Vec::new(),
        snapshot: carried,
        snapshot_before: 0,
        metadata: Cause::new(command.clone(), name).metadata,
        command,
        at,
    };
    let append = Append { commit: &commit, snapshot: SnapshotPolicy::Must, once: false };
    shop.memory.store.append(append).now_or_never().unwrap().unwrap();
}
