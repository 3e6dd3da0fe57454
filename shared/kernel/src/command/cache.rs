//! The warm path: what this process saw last, so that a command costs no read.
//! Never trusted by itself: the append's condition checks it, and a "no" decided on it is decided again.

#[cfg(test)]
mod tests;

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex},
};

use crate::{
    command::{decider::Decider, snapshot::LoadedStream},
    message::id::StreamId,
};

type Key = (TypeId, StreamId);

/// The last states of a process, bounded.
pub struct Cache {
    capacity: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    known: HashMap<Key, (u64, Arc<dyn Any + Send + Sync>)>,
    uses: u64,
}

impl Cache {
    /// A cache of at most this many streams; 0 keeps none.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, entries: Mutex::default() }
    }

    /// What is known of the stream. It is taken out: whoever decides on it puts back what came of it.
    pub fn take<D: Decider>(&self, stream: &StreamId) -> Option<LoadedStream<D>> {
        let mut entries = self.entries.lock().ok()?;
        let (_, known) = entries.known.remove(&(TypeId::of::<D>(), stream.clone()))?;
        let known = known.downcast::<LoadedStream<D>>().ok()?;
        Some(Arc::unwrap_or_clone(known))
    }

    /// Keeps what is known; the least recently used makes room.
    pub fn put<D: Decider>(&self, stream: &StreamId, known: LoadedStream<D>) {
        let Ok(mut entries) = self.entries.lock() else { return };
        if self.capacity == 0 {
            return;
        }
        let key = (TypeId::of::<D>(), stream.clone());
        if entries.known.len() >= self.capacity && !entries.known.contains_key(&key) {
            let oldest = entries.known.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                entries.known.remove(&oldest);
            }
        }
        entries.uses += 1;
        let used = entries.uses;
        entries.known.insert(key, (used, Arc::new(known)));
    }
}
