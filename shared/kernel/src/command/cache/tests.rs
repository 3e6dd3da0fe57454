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
    let cache = Cache::new(8);
    for id in 1..=8 {
        cache.put(&stream(id), loaded(1));
    }
    for id in 1..=4 {
        let again = cache.take::<Lamp>(&stream(id)).unwrap();
        cache.put(&stream(id), again);
    }
    for id in 9..=12 {
        cache.put(&stream(id), loaded(1));
    }
    let kept: Vec<usize> = (1..=12).filter(|id| version(&cache, *id).is_some()).collect();
    assert_eq!(kept, [1, 2, 3, 4, 9, 10, 11, 12]);
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
