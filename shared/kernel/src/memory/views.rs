//! [`MemoryViews`]: view rows in memory.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;

use crate::{
    Patch,
    memory::lock::lock,
    view::{Listed, Page, PatchError, Row, RowKey, ViewError, ViewStore},
};

/// View rows in memory.
#[derive(Debug, Default)]
pub struct MemoryViews {
    rows: Mutex<BTreeMap<RowKey, Row>>,
}

impl MemoryViews {
    /// All rows of all views.
    pub fn rows(&self) -> BTreeMap<RowKey, Row> {
        lock(&self.rows).clone()
    }

    /// Writes the row if it has version `from`, else returns the stored row.
    fn write(&self, key: &RowKey, from: u64, row: impl FnOnce(Row) -> Row) -> Result<(), Option<Row>> {
        let mut rows = lock(&self.rows);
        let found = rows.get(key).cloned();
        if found.as_ref().map_or(0, |row| row.version) != from {
            return Err(found);
        }
        rows.insert(key.clone(), row(found.unwrap_or_default()));
        Ok(())
    }
}

#[async_trait]
impl ViewStore for MemoryViews {
    async fn patch(&self, key: &RowKey, from: u64, to: u64, patch: &Patch) -> Result<(), PatchError> {
        let written = self.write(key, from, |mut row| {
            row.apply(to, patch.clone());
            row
        });
        written.map_err(|found| PatchError::Moved { key: key.clone(), found })
    }

    async fn replace(&self, key: &RowKey, from: u64, row: &Row) -> Result<(), PatchError> {
        let written = self.write(key, from, |_| row.clone());
        written.map_err(|found| PatchError::Moved { key: key.clone(), found })
    }

    async fn patch_all(
        &self,
        guard: &RowKey,
        from: u64,
        to: u64,
        patches: &BTreeMap<RowKey, Patch>,
    ) -> Result<(), PatchError> {
        let mut rows = lock(&self.rows);
        let found = rows.get(guard).cloned();
        if found.as_ref().map_or(0, |row| row.version) != from {
            return Err(PatchError::Moved { key: guard.clone(), found });
        }
        rows.entry(guard.clone()).or_default().version = to;
        for (key, patch) in patches {
            let row = rows.entry(key.clone()).or_default();
            row.apply(row.version + 1, patch.clone());
        }
        Ok(())
    }

    async fn get(&self, key: &RowKey) -> Result<Option<Row>, ViewError> {
        Ok(lock(&self.rows).get(key).cloned())
    }

    async fn list(&self, view: &str, list: &str, page: &Page) -> Result<Listed, ViewError> {
        let after = page.after.as_deref().map(parse_token).transpose()?;
        let rows = lock(&self.rows);
        let mut listed: Vec<((String, String), &Row)> = rows
            .iter()
            .filter(|(key, _)| key.view == view)
            .filter_map(|(key, row)| {
                let place = row.position.as_ref().filter(|place| place.list == list)?;
                Some(((place.sort_key.clone(), key.id.clone()), row))
            })
            .collect();
        listed.sort_by(|(one, _), (other, _)| one.cmp(other));
        if page.newest_first {
            listed.reverse();
        }
        if let Some(after) = after {
            listed.retain(|(place, _)| if page.newest_first { *place < after } else { *place > after });
        }
        let limit = page.limit.max(1) as usize;
        let next = listed.get(limit).and_then(|_| listed.get(limit - 1)).map(|(place, _)| page_token(place));
        let rows = listed.into_iter().take(limit).map(|((_, id), row)| (id, row.clone())).collect();
        Ok(Listed { rows, next })
    }
}

fn page_token(place: &(String, String)) -> String {
    serde_json::json!([place.0, place.1]).to_string()
}

fn parse_token(token: &str) -> Result<(String, String), ViewError> {
    let corrupt =
        |error: serde_json::Error| ViewError::Corrupt { what: "page token".into(), reason: error.to_string() };
    serde_json::from_str(token).map_err(corrupt)
}
