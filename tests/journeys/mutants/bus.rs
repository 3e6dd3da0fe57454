//! Ways to the bus with one thing wrong.

use std::sync::Arc;

use async_trait::async_trait;
use causeway::{
    delivery::bus::{Bus, Entry, PublishOutcome},
    memory::Memory,
    testing::sim::Plan,
};

/// What was not accepted is not published again.
pub(super) fn failed_entries_ignored(plan: &mut Plan, _: &Memory) {
    plan.wrap_bus = |bus| Arc::new(Careless { bus });
}

/// One answer is taken for all.
pub(super) fn whole_batch_acknowledged(plan: &mut Plan, _: &Memory) {
    plan.acknowledge = |answers| answers.len();
}

struct Careless {
    bus: Arc<dyn Bus>,
}

#[async_trait]
impl Bus for Careless {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        self.bus.publish(entries).await;
        entries.iter().map(|_| PublishOutcome::Accepted).collect()
    }
}
