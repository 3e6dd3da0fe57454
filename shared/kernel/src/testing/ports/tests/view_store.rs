//! View stores with bugs.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;

use super::{assert_fails, pass};
use crate::{
    Patch,
    memory::MemoryViews,
    testing::ports::view_store,
    view::{Change, Listed, Page, PatchError, Row, RowKey, ViewError, ViewStore},
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    SkipsEmptyPatches,
    RemovesNothing,
    ReplacesLists,
    ReservesStatus,
    ReplacesAnyVersion,
    KeepsOldColumns,
    ChecksBeforeItWrites,
    ListsNewestFirst,
    HasOnePage,
    IgnoresTheLimit,
    SkipsEqualSortKeys,
    KeepsOldPositions,
    MixesViews,
    PatchesWithoutTheGuard,
    PatchesOnlyOne,
    AcceptsAnyToken,
}

struct Buggy {
    bug: Bug,
    inner: MemoryViews,
    placed: Mutex<Vec<(RowKey, String)>>,
}

#[async_trait]
impl ViewStore for Buggy {
    async fn patch(&self, key: &RowKey, from: u64, to: u64, patch: &Patch) -> Result<(), PatchError> {
        if let Some(position) = &patch.position {
            self.placed.lock().unwrap().push((key.clone(), position.list.clone()));
        }
        let mut patch = patch.clone();
        let stored = self.inner.get(key).await?.map_or(0, |row| row.version);
        pass().await;
        let mut from = from;
        match self.bug {
            Bug::SkipsEmptyPatches if patch == Patch::none() => return Ok(()),
            Bug::RemovesNothing => patch.changes.retain(|(_, change)| *change != Change::Remove),
            Bug::ReplacesLists => {
                for (_, change) in &mut patch.changes {
                    if let Change::Append(value) = change {
                        *change = Change::Set(vec![value.clone()].into());
                    }
                }
            }
            Bug::ReservesStatus => patch.changes.retain(|(column, _)| *column != "status"),
            Bug::ChecksBeforeItWrites if stored == from => {
                from = self.inner.get(key).await?.map_or(0, |row| row.version)
            }
            _ => {}
        }
        self.inner.patch(key, from, to, &patch).await
    }

    async fn replace(&self, key: &RowKey, from: u64, row: &Row) -> Result<(), PatchError> {
        let stored = self.inner.get(key).await?.unwrap_or_default();
        let (mut from, mut row) = (from, row.clone());
        match self.bug {
            Bug::ReplacesAnyVersion => from = stored.version,
            Bug::KeepsOldColumns => row.columns.extend(stored.columns),
            _ => {}
        }
        self.inner.replace(key, from, &row).await
    }

    async fn patch_all(
        &self,
        guard: &RowKey,
        from: u64,
        to: u64,
        patches: &BTreeMap<RowKey, Patch>,
    ) -> Result<(), PatchError> {
        let mut patches = patches.clone();
        let stored = self.inner.get(guard).await?.map_or(0, |row| row.version);
        match self.bug {
            Bug::PatchesWithoutTheGuard if stored != from => {
                for (key, patch) in &patches {
                    let version = self.inner.get(key).await?.map_or(0, |row| row.version);
                    self.inner.patch(key, version, version + 1, patch).await?;
                }
            }
            Bug::PatchesOnlyOne => patches = patches.into_iter().take(1).collect(),
            _ => {}
        }
        self.inner.patch_all(guard, from, to, &patches).await
    }

    async fn get(&self, key: &RowKey) -> Result<Option<Row>, ViewError> {
        self.inner.get(key).await
    }

    async fn list(&self, view: &str, list: &str, page: &Page) -> Result<Listed, ViewError> {
        let mut page = page.clone();
        match (self.bug, &page.after) {
            (Bug::ListsNewestFirst, _) => page.newest_first = true,
            (Bug::IgnoresTheLimit, _) => page.limit = u32::MAX,
            (Bug::SkipsEqualSortKeys, Some(token)) => {
                if let Ok((sort_key, _)) = serde_json::from_str::<(String, String)>(token) {
                    let beyond = if page.newest_first { "" } else { "\u{10ffff}" };
                    page.after = Some(serde_json::json!([sort_key, beyond]).to_string());
                }
            }
            _ => {}
        }
        let mut listed = match self.inner.list(view, list, &page).await {
            Err(ViewError::Corrupt { .. }) if self.bug == Bug::AcceptsAnyToken => Listed::default(),
            listed => listed?,
        };
        match self.bug {
            Bug::HasOnePage => listed.next = None,
            Bug::MixesViews => listed.rows.extend(self.inner.list(&format!("{view}-too"), list, &page).await?.rows),
            Bug::KeepsOldPositions => {
                let placed = self.placed.lock().unwrap().clone();
                for (key, _) in placed.into_iter().filter(|(key, placed)| key.view == view && placed == list) {
                    let row = self.inner.get(&key).await?.unwrap_or_default();
                    if row.position.as_ref().is_some_and(|position| position.list != list) {
                        listed.rows.push((key.id, row));
                    }
                }
            }
            _ => {}
        }
        Ok(listed)
    }
}

#[test]
fn each_bug_of_a_view_store_is_found() {
    for (bug, check) in [
        (Bug::SkipsEmptyPatches, "the patched row"),
        (Bug::RemovesNothing, "the patched row"),
        (Bug::ReplacesLists, "the patched row"),
        (Bug::ReservesStatus, "the patched row"),
        (Bug::ReplacesAnyVersion, "and so does a replacement"),
        (Bug::KeepsOldColumns, "no old column is left"),
        (Bug::ChecksBeforeItWrites, "of eight patches: winners, and losers that got the row"),
        (Bug::ListsNewestFirst, "from the lowest sort key"),
        (Bug::HasOnePage, "all pages of 1"),
        (Bug::IgnoresTheLimit, "a page keeps its limit"),
        (Bug::SkipsEqualSortKeys, "rows of one sort key, each once"),
        (Bug::KeepsOldPositions, "the old list"),
        (Bug::MixesViews, "one row each"),
        (Bug::PatchesWithoutTheGuard, "patched once"),
        (Bug::PatchesOnlyOne, "the sum of the other row"),
        (Bug::AcceptsAnyToken, "the page token \"\" must be refused"),
    ] {
        let buggy = Buggy { bug, inner: MemoryViews::default(), placed: Mutex::default() };
        assert_fails(&format!("{bug:?}"), view_store(&buggy, "run-1"), check);
    }
}
