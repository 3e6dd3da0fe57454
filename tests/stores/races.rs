//! Many at once on one stream.

use std::collections::BTreeSet;

use causeway::{StreamId, command::execute::ExecuteError, log::event_store::EventStore as _, memory::Memory};
use futures::future::join_all;
use tests::wire::{Dynoxide, Meter, RequestFault};

use super::sample_aggregate::{Tally, id, notes, take};

#[tokio::test]
async fn of_thirty_two_writers_on_one_stream_no_update_is_lost() {
    let dynoxide = Dynoxide::start();
    let memory = Memory::new(1);
    let writers = (0..32).map(|writer| {
        let app = dynoxide.stores().app(&memory, 10);
        async move {
            let command = format!("writer-{writer}");
            // Whoever gives up is called again, as the platform does; each round has a winner, so this ends.
            loop {
                match take(&app, "t-1", &command, &notes(&["x"])).await {
                    Ok(executed) => return executed.version,
                    Err(ExecuteError::Conflict { .. }) => continue,
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
    });
    let versions: BTreeSet<u64> = join_all(writers).await.into_iter().collect();
    assert_eq!(versions, (1..=32).collect());
    let stores = dynoxide.stores();
    let commits = stores.events.since(&StreamId::new("tally", &id("t-1")), 1).await.unwrap();
    let commands: BTreeSet<_> = commits.iter().map(|commit| commit.command.to_string()).collect();
    assert_eq!((commits.len(), commands.len()), (32, 32));
    assert_eq!(stores.app(&memory, 0).state::<Tally>(&id("t-1")).await.unwrap().notes, 32);
}

#[tokio::test]
async fn a_write_that_arrives_after_a_later_one_finds_its_place_taken() {
    let dynoxide = Dynoxide::start();
    let memory = Memory::new(1);
    // The first write waits on the wire until the other's read and write are out.
    let meter = Meter::choosing(|asked| match asked.operation.as_str() {
        "PutItem" if asked.body.to_string().contains("slow") && asked.earlier < 2 => RequestFault::Behind(2),
        _ => RequestFault::Arrives,
    });
    let stores = dynoxide.metered(&meter);
    let (slow, fast) = (stores.app(&memory, 10), stores.app(&memory, 10));
    let slow_notes = notes(&["slow"]);
    let slow_take = take(&slow, "t-1", "c-slow", &slow_notes);
    let fast_take = async {
        while meter.asked() < 2 {
            tokio::task::yield_now().await;
        }
        take(&fast, "t-1", "c-fast", &notes(&["fast"])).await
    };
    let (slow_done, fast_done) = futures::future::join(slow_take, fast_take).await;
    let mut versions = [slow_done.unwrap().version, fast_done.unwrap().version];
    versions.sort_unstable();
    assert_eq!(versions, [1, 2]);
    assert_eq!(stores.app(&memory, 0).state::<Tally>(&id("t-1")).await.unwrap().notes, 2);
}
