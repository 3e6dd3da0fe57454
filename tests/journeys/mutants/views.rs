//! Views with one thing wrong.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use causeway::{
    Patch,
    memory::Memory,
    testing::sim::Plan,
    view::view_store::{Listed, Page, PatchError, Row, RowKey, ViewError, ViewStore},
};

/// What is newer than the row is applied, whatever lies between.
pub(super) fn gap_skipped(plan: &mut Plan, _: &Memory) {
    plan.views = Arc::new(Hasty { views: Arc::clone(&plan.views) });
}

struct Hasty {
    views: Arc<dyn ViewStore>,
}

#[async_trait]
impl ViewStore for Hasty {
    async fn patch(&self, key: &RowKey, from: u64, to: u64, patch: &Patch) -> Result<(), PatchError> {
        let stands = self.views.get(key).await?.map_or(0, |row| row.version);
        let from = if stands < to { stands } else { from };
        self.views.patch(key, from, to, patch).await
    }

    async fn replace(&self, key: &RowKey, from: u64, row: &Row) -> Result<(), PatchError> {
        self.views.replace(key, from, row).await
    }

    async fn patch_all(
        &self,
        guard: &RowKey,
        from: u64,
        to: u64,
        patches: &BTreeMap<RowKey, Patch>,
    ) -> Result<(), PatchError> {
        self.views.patch_all(guard, from, to, patches).await
    }

    async fn get(&self, key: &RowKey) -> Result<Option<Row>, ViewError> {
        self.views.get(key).await
    }

    async fn list(&self, view: &str, list: &str, page: &Page) -> Result<Listed, ViewError> {
        self.views.list(view, list, page).await
    }
}
