//! [`RecentIds`]: the ids of the facts that are not older than the watermark, to recognise a fact that comes twice.
//! An older fact is late, so its id need not be remembered. At most a stated number of ids is held.

use serde::{Deserialize, Serialize};

use super::stored_id::StoredId;

/// Ids are forgotten in groups, so that a forgotten id costs a constant time on average.
const FIRST_PURGE: usize = 2;

/// Ids with their times, sorted by id. It may hold ids that are older than the watermark: they count as forgotten.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct RecentIds {
    ids: Vec<(StoredId, i64)>,
    #[serde(skip)]
    purge_at: usize,
}

impl RecentIds {
    /// Whether the id was inserted with a time that the watermark has not passed.
    pub(crate) fn contains(&self, id: &StoredId, watermark: i64) -> bool {
        match self.search(id) {
            Ok(index) => self.ids[index].1 >= watermark,
            Err(_) => false,
        }
    }

    /// Whether `max` ids are not older than the watermark.
    pub(crate) fn is_full(&self, watermark: i64, max: usize) -> bool {
        self.ids.len() >= max && self.ids.iter().filter(|(_, at)| *at >= watermark).count() >= max
    }

    /// Remembers an id. It must not be full.
    pub(crate) fn insert(&mut self, id: StoredId, at: i64, watermark: i64, max: usize) {
        if self.ids.len() >= self.purge_at.max(FIRST_PURGE).min(max) {
            self.purge(watermark);
        }
        match self.search(&id) {
            Ok(index) => self.ids[index].1 = at,
            Err(index) => self.ids.insert(index, (id, at)),
        }
    }

    /// Forgets the ids that are older than the watermark.
    pub(crate) fn purge(&mut self, watermark: i64) {
        self.ids.retain(|(_, at)| *at >= watermark);
        self.purge_at = 2 * self.ids.len();
    }

    /// The number of ids that it holds.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    fn search(&self, id: &StoredId) -> Result<usize, usize> {
        // Ids of one producer mostly grow.
        match self.ids.last() {
            Some((last, _)) if last < id => Err(self.ids.len()),
            _ => self.ids.binary_search_by(|(other, _)| other.cmp(id)),
        }
    }

    #[cfg(test)]
    pub(crate) fn forget(&mut self, id: &crate::message::MessageId) {
        let id = StoredId::from(id);
        self.ids.retain(|(other, _)| *other != id);
    }
}
