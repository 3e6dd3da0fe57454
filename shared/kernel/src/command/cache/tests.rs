//! The cache is bounded, evicts the least recently used, and is separate for each decider.

use super::*;
use crate::testing::tests::{Lamp, no_op_decider};

no_op_decider!(Other, u32, "lamp", 1);

fn stream(id: usize) -> StreamId {
    StreamId::parse(&format!("lamp/l-{id}")).unwrap()
}

fn loaded(version: u64) -> LoadedStream<Lamp> {
    LoadedStream { version, ..LoadedStream::default() }
}

fn version(cache: &Cache, id: usize) -> Option<u64> {
    cache.take::<Lamp>(&stream(id)).map(|loaded| loaded.version)
}

#[test]
fn an_entry_is_taken_once() {
    let cache = Cache::new(10);
    assert_eq!(version(&cache, 1), None);
    cache.put(&stream(1), loaded(1));
    cache.put(&stream(1), loaded(2));
    assert_eq!(version(&cache, 1), Some(2));
    assert_eq!(version(&cache, 1), None, "the entry was taken out");
}

#[test]
fn the_least_recently_used_is_evicted() {
    let cache = Cache::new(3);
    for id in 1..=3 {
        cache.put(&stream(id), loaded(1));
    }
    let first = cache.take::<Lamp>(&stream(1)).unwrap();
    cache.put(&stream(1), first);
    cache.put(&stream(4), loaded(1));
    assert_eq!([1, 2, 3, 4].map(|id| version(&cache, id)), [Some(1), None, Some(1), Some(1)]);
}

#[test]
fn replacing_an_entry_evicts_no_other() {
    let cache = Cache::new(2);
    cache.put(&stream(1), loaded(1));
    cache.put(&stream(2), loaded(1));
    cache.put(&stream(2), loaded(2));
    assert_eq!([version(&cache, 1), version(&cache, 2)], [Some(1), Some(2)]);
}

#[test]
fn a_cache_of_capacity_zero_is_empty() {
    let cache = Cache::new(0);
    cache.put(&stream(1), loaded(1));
    assert_eq!(version(&cache, 1), None);
}

#[test]
fn deciders_do_not_share_entries() {
    let cache = Cache::new(10);
    cache.put(&stream(1), loaded(1));
    assert!(cache.take::<Other>(&stream(1)).is_none());
    cache.put(&stream(1), LoadedStream::<Other> { version: 9, ..LoadedStream::default() });
    assert_eq!(version(&cache, 1), Some(1));
}
