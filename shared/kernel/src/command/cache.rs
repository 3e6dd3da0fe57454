//! [`Cache`]: the streams that this process loaded last, so that a command on a warm process needs no read.
//! An entry may be stale: the append's expected version checks it, and a rejection decided on it is decided again.

#[cfg(test)]
mod tests;

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex},
};

use crate::{
    command::{decider::Decider, snapshot::LoadedStream},
    message::StreamId,
};

type Key = (TypeId, StreamId);

/// A bounded cache of loaded streams; the least recently used is evicted.
pub struct Cache {
    capacity: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    streams: HashMap<Key, (u64, Arc<dyn Any + Send + Sync>)>,
    uses: u64,
}

impl Cache {
    /// A cache of at most this many streams; 0 caches none.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, entries: Mutex::default() }
    }

    /// Takes the stream out of the cache. The caller puts it back after its append.
    pub fn take<D: Decider>(&self, stream: &StreamId) -> Option<LoadedStream<D>> {
        let mut entries = self.entries.lock().ok()?;
        let (_, loaded) = entries.streams.remove(&(TypeId::of::<D>(), stream.clone()))?;
        let loaded = loaded.downcast::<LoadedStream<D>>().ok()?;
        Some(Arc::unwrap_or_clone(loaded))
    }

    /// Puts a loaded stream into the cache.
    pub fn put<D: Decider>(&self, stream: &StreamId, loaded: LoadedStream<D>) {
        let Ok(mut entries) = self.entries.lock() else { return };
        if self.capacity == 0 {
            return;
        }
        let key = (TypeId::of::<D>(), stream.clone());
        if entries.streams.len() >= self.capacity && !entries.streams.contains_key(&key) {
            let oldest = entries.streams.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                entries.streams.remove(&oldest);
            }
        }
        entries.uses += 1;
        let used = entries.uses;
        entries.streams.insert(key, (used, Arc::new(loaded)));
    }
}
