//! The cache is bounded, keeps what was used last, and gives each decider its own.

use crate::{
    command::{cache::Cache, decider::Decider, snapshot::LoadedStream},
    message::id::StreamId,
    testing::tests::lamp::{Lamp, LampCommand, LampEvent, LampRejection},
};

/// Another decider over the same streams.
struct Other;

impl Decider for Other {
    const CONTEXT: &'static str = "lamp";
    type State = u32;
    type Command = LampCommand;
    type Event = LampEvent;
    type Rejection = LampRejection;

    fn decide(_: &u32, _: &LampCommand) -> Result<Vec<LampEvent>, LampRejection> {
        Ok(Vec::new())
    }

    fn evolve(state: u32, _: &LampEvent) -> u32 {
        state
    }
}

fn stream(id: usize) -> StreamId {
    StreamId::parse(&format!("lamp/l-{id}")).unwrap()
}

fn known(version: u64) -> LoadedStream<Lamp> {
    LoadedStream { version, ..LoadedStream::default() }
}

fn version(cache: &Cache, id: usize) -> Option<u64> {
    cache.take::<Lamp>(&stream(id)).map(|known| known.version)
}

#[test]
fn what_is_put_can_be_taken_once() {
    let cache = Cache::new(10);
    assert_eq!(version(&cache, 1), None);
    cache.put(&stream(1), known(1));
    cache.put(&stream(1), known(2));
    assert_eq!(version(&cache, 1), Some(2));
    assert_eq!(version(&cache, 1), None, "it is taken out");
}

#[test]
fn the_least_recently_used_makes_room() {
    let cache = Cache::new(3);
    for id in 1..=3 {
        cache.put(&stream(id), known(1));
    }
    let first = cache.take::<Lamp>(&stream(1)).unwrap();
    cache.put(&stream(1), first);
    cache.put(&stream(4), known(1));
    assert_eq!([1, 2, 3, 4].map(|id| version(&cache, id)), [Some(1), None, Some(1), Some(1)]);
}

#[test]
fn a_stream_that_is_there_pushes_no_other_out() {
    let cache = Cache::new(2);
    cache.put(&stream(1), known(1));
    cache.put(&stream(2), known(1));
    cache.put(&stream(2), known(2));
    assert_eq!([version(&cache, 1), version(&cache, 2)], [Some(1), Some(2)]);
}

#[test]
fn a_cache_for_none_keeps_none() {
    let cache = Cache::new(0);
    cache.put(&stream(1), known(1));
    assert_eq!(version(&cache, 1), None);
}

#[test]
fn each_decider_has_its_own() {
    let cache = Cache::new(10);
    cache.put(&stream(1), known(1));
    assert!(cache.take::<Other>(&stream(1)).is_none());
    cache.put(&stream(1), LoadedStream::<Other> { version: 9, ..LoadedStream::default() });
    assert_eq!(version(&cache, 1), Some(1));
}
