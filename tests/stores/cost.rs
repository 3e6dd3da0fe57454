//! What a command costs, counted from the requests on the wire.

use causeway::{App, memory::Memory};
use tests::wire::{Call, Dynoxide, Meter};

use super::sample_aggregate::{Take, Tally, TallyView, id, notes, received, take};

struct Bill {
    operations: Vec<String>,
    reads: f64,
    writes: f64,
}

fn bill(meter: &Meter) -> Bill {
    let calls = meter.take();
    Bill {
        reads: calls.iter().map(|call| call.reads).sum(),
        writes: calls.iter().map(|call| call.writes).sum(),
        operations: calls.into_iter().map(|Call { operation, .. }| operation).collect(),
    }
}

/// One command, and what it says brought into the view.
async fn command_and_view(app: &App, command: String, take_notes: &Take) {
    let executed = take(app, "t-1", command, take_notes).await.unwrap();
    let first = executed.version + 1 - executed.events.len() as u64;
    for (version, event) in (first..).zip(executed.events) {
        app.project::<TallyView>(&received(app, "t-1", version, event)).await.unwrap();
    }
}

#[tokio::test]
async fn a_command_costs_the_same_at_any_length_of_the_stream() {
    let dynoxide = Dynoxide::start();
    let memory = Memory::new(1);
    let filling = dynoxide.stores().app(&memory, 10);
    let mut filled = 0;
    for length in [1, 20, 100, 500] {
        while filled < length {
            filled += 1;
            command_and_view(&filling, format!("fill-{filled}"), &notes(&["as long as a short note is"])).await;
        }
        let meter = Meter::default();
        let stores = dynoxide.metered(&meter);
        let app = stores.app(&memory, 10);

        command_and_view(&app, format!("cold-{length}"), &notes(&["cold"])).await;
        let cold = bill(&meter);
        assert_eq!(cold.operations, ["Query", "PutItem", "UpdateItem"], "cold at {length}");
        assert_eq!((cold.writes, cold.reads), (2.0, 1.0), "cold at {length}");

        command_and_view(&app, format!("warm-{length}"), &notes(&["warm"])).await;
        let warm = bill(&meter);
        assert_eq!(warm.operations, ["PutItem", "UpdateItem"], "warm at {length}");
        assert_eq!((warm.writes, warm.reads), (2.0, 0.0), "warm at {length}");

        let spent = stores.units.take();
        assert_eq!((spent.requests, spent.write_units, spent.read_units), (5, 4.0, 1.0), "the stores count the same");
        // The filling app was overtaken; it begins anew.
        filled += 2;
        take(&filling, "t-1", format!("notice-{length}"), &notes(&["one more"])).await.unwrap();
        filled += 1;
        let last = received(&filling, "t-1", filled, super::sample_aggregate::Noted { text: "one more".into() }.into());
        filling.project::<TallyView>(&last).await.unwrap();
    }
}

#[tokio::test]
async fn three_events_in_one_command_are_one_write() {
    let dynoxide = Dynoxide::start();
    let meter = Meter::default();
    let app = dynoxide.metered(&meter).app(&Memory::new(1), 10);
    take(&app, "t-1", "c-1", &notes(&["one", "two", "three"])).await.unwrap();
    let cold = bill(&meter);
    assert_eq!((cold.operations, cold.writes), (vec!["Query".to_owned(), "PutItem".to_owned()], 1.0));
    take(&app, "t-1", "c-2", &notes(&["four", "five", "six"])).await.unwrap();
    let warm = bill(&meter);
    assert_eq!((warm.operations, warm.writes), (vec!["PutItem".to_owned()], 1.0));
    assert_eq!(app.state::<Tally>(&id("t-1")).await.unwrap().notes, 6);
}

#[tokio::test]
async fn a_lost_race_costs_no_read() {
    let dynoxide = Dynoxide::start();
    let memory = Memory::new(1);
    let meter = Meter::default();
    let slow = dynoxide.metered(&meter).app(&memory, 10);
    let fast = dynoxide.stores().app(&memory, 10);
    take(&slow, "t-1", "c-1", &notes(&["one"])).await.unwrap();
    take(&fast, "t-1", "c-2", &notes(&["two"])).await.unwrap();
    meter.take();
    let executed = take(&slow, "t-1", "c-3", &notes(&["three"])).await.unwrap();
    assert_eq!((executed.version, executed.repeated), (3, false));
    let lost = bill(&meter);
    assert_eq!(lost.operations, ["PutItem", "PutItem"], "the winner comes with the refusal");
    assert_eq!((lost.writes, lost.reads), (2.0, 0.0));
    assert_eq!(slow.state::<Tally>(&id("t-1")).await.unwrap(), Tally { notes: 3, letters: "onetwothree".len() });
}

#[tokio::test]
async fn a_once_command_is_one_call_with_its_marker() {
    let dynoxide = Dynoxide::start();
    let meter = Meter::default();
    let stores = dynoxide.metered(&meter);
    let memory = Memory::new(1);
    let deposit = Take { once: true, ..notes(&["ten euros"]) };
    take(&stores.app(&memory, 10), "t-1", "deposit", &deposit).await.unwrap();
    let first = bill(&meter);
    assert_eq!(first.operations, ["Query", "TransactWriteItems"]);
    assert_eq!(first.writes, 4.0, "two items, each at double price");
    // So much later that the stream's recent commands know nothing of it any more.
    for note in 0..10 {
        take(&stores.app(&memory, 10), "t-1", format!("c-{note}"), &notes(&["other"])).await.unwrap();
    }
    bill(&meter);
    let repeated = take(&stores.app(&memory, 10), "t-1", "deposit", &deposit).await.unwrap();
    assert!(repeated.repeated);
    let repeat = bill(&meter);
    assert_eq!(repeat.operations, ["Query", "TransactWriteItems", "GetItem"]);
    assert_eq!(repeat.reads, 2.0, "the answer of before is one item, however much came after it");
    assert_eq!(repeated.events, [super::sample_aggregate::Noted { text: "ten euros".into() }.into()]);
    assert_eq!(stores.app(&memory, 0).state::<Tally>(&id("t-1")).await.unwrap().notes, 11);
}
