//! Makes of what the folder holds what the template wants, as a deployment would: first a note of what will change,
//! then the changes, then a note that they stand, and last what the template has no more is taken down. Every step can
//! be made twice, so a kill between any two of them is ended by the next start.

use std::collections::BTreeSet;

use super::{
    CloudError, Parts, archives, desired, mappings, queues,
    resource_state::{Key, Kind, Made, Resource},
    rules, schedules,
    store::Opened,
    tables, teardown,
};
use crate::template::Stack;

/// The write-ahead log of what the stack made.
const JOURNAL: &str = "stack.journal";

/// A deployment that has its tables, and nothing else yet.
pub(super) struct Deployment {
    made: Made,
    tables: Vec<Resource>,
}

impl Deployment {
    /// Makes the tables, which are there before anything can ask for them.
    pub(super) fn begin(stack: &Stack, store: &Opened) -> Result<Self, CloudError> {
        tables::check(&store.database, &stack.tables)?;
        let mut made = Made::open(store.path(JOURNAL))?;
        let tables = desired::tables(stack);
        let unknown = tables.iter().map(|table| &table.key).filter(|key| !made.knows(key));
        let there = unknown.filter(|key| tables::is_there(&store.database, &key.name)).cloned().collect();
        made.begin(&tables, &there)?;
        tables::make(&store.database, &stack.tables, &made)?;
        Ok(Self { made, tables })
    }

    /// Makes all the rest, and takes down what is not wanted any more.
    pub(super) async fn finish(self, stack: &Stack, parts: &Parts, store: &Opened) -> Result<(), CloudError> {
        let Self { mut made, tables } = self;
        let mut wanted = desired::others(stack);
        let mut there = BTreeSet::new();
        for resource in &wanted {
            if !made.knows(&resource.key) && is_there(parts, &resource.key).await {
                there.insert(resource.key.clone());
            }
        }
        made.begin(&wanted, &there)?;
        queues::make(&parts.sqs, &stack.queues, &made).await?;
        rules::make(&parts.events, stack, &made).await?;
        archives::make(&parts.events, &stack.archives, &made).await?;
        schedules::make(&parts.scheduler, stack, &mut made).await?;
        mappings::begin_anew(stack, store, &made)?;
        wanted.extend(tables);
        made.settle(&wanted)?;
        teardown::take_down(parts, store, &mut made, &wanted).await
    }
}

async fn is_there(parts: &Parts, Key { kind, within, name }: &Key) -> bool {
    match kind {
        Kind::Rule => rules::is_there(&parts.events, within, name).await,
        Kind::Archive => archives::is_there(&parts.events, name).await,
        Kind::Bus => rules::is_bus_there(&parts.events, name).await,
        Kind::Schedule => schedules::is_there(&parts.scheduler, within, name).await,
        Kind::ScheduleGroup => schedules::is_group_there(&parts.scheduler, name).await,
        Kind::Queue => queues::is_there(&parts.sqs, name).await,
        // Tables are looked for before there are parts; the others are only what the template says.
        Kind::Table | Kind::Mapping | Kind::Function => false,
    }
}
