//! The event source mappings of a stack, each with its source: the stream of a table, or a queue.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    error::StartError,
    event_sources::{QueueEventSource, TableStream},
    observer::Observer,
    resource_state::{Key, Kind, ResourceState},
    store::Opened,
    tasks::Tasks,
};
use crate::{
    arn::AccountRegion,
    http::AwsServices,
    idle::Idle,
    mapping::{Filter, QueueMapping, StreamMapping, StreamWatch},
    template::{Mapping, Source, Stack},
};

/// The key of this mapping in the resource state.
pub(super) fn key(mapping: &Mapping) -> Key {
    Key::new(Kind::Mapping, "", &mapping.id)
}

/// What it reads. A checkpoint in one stream means nothing in another.
pub(super) fn desired(mapping: &Mapping) -> Value {
    match &mapping.source {
        Source::Stream { table } => json!({ "table": table }),
        Source::Queue { queue } => json!({ "queue": queue }),
    }
}

/// Deletes the checkpoints of mappings whose source has changed.
pub(super) fn reset_checkpoints(stack: &Stack, store: &Opened, state: &ResourceState) -> Result<(), StartError> {
    for mapping in &stack.mappings {
        let wanted = desired(mapping);
        if state.earlier(&key(mapping)).any(|earlier| *earlier != wanted) {
            store.remove(&checkpoint_file(&mapping.id))?;
        }
    }
    Ok(())
}

/// The name of the file with the checkpoint of this mapping.
pub(super) fn checkpoint_file(id: &str) -> String {
    format!("mapping-{id}.journal")
}

/// The idle checks of all mappings, and those of the mappings that read streams.
pub(super) type Watches = (Vec<Arc<dyn Idle>>, Vec<StreamWatch>);

/// Starts all enabled mappings.
pub(super) fn start(
    stack: &Stack,
    services: &AwsServices,
    store: &Opened,
    account_region: &AccountRegion,
    observer: &Observer,
    tasks: &mut Tasks,
) -> Result<Watches, StartError> {
    let (mut watches, mut streams): (Vec<Arc<dyn Idle>>, _) = (Vec::new(), Vec::new());
    for mapping in stack.mappings.iter().filter(|mapping| mapping.enabled) {
        let refused = |source| StartError::Filter { line: mapping.line, name: mapping.id.clone(), source };
        let filter = Filter::parse(&mapping.filters).map_err(refused)?;
        match &mapping.source {
            Source::Stream { table } => {
                let missing = || no_source(mapping, format!("the stream of {table}"));
                let broken = |source| StartError::Table { line: mapping.line, name: table.clone(), source };
                // Tables in memory read the cloud's clock.
                let uses_cloud_clock = store.tables().is_none();
                let stream = TableStream::of(
                    &services.database,
                    &services.writes,
                    table,
                    account_region,
                    services.functions.clock(),
                    uses_cloud_clock,
                )
                .map_err(broken)?
                .ok_or_else(missing)?;
                let path = store.path(&checkpoint_file(&mapping.id));
                let mapping = StreamMapping::open(
                    path.as_deref(),
                    mapping.clone(),
                    filter,
                    Arc::new(stream),
                    services.functions.clone(),
                    Arc::new(services.sqs.clone()),
                    observer.mapping_listener(&mapping.id),
                )?;
                watches.push(Arc::new(mapping.watch()));
                streams.push(mapping.watch());
                tasks.spawn(mapping.run(), "a mapping has stopped");
            }
            Source::Queue { queue } => {
                let missing = || no_source(mapping, format!("the queue {queue}"));
                let found = stack.queues.iter().find(|declared| declared.name == *queue).ok_or_else(missing)?;
                let source = Arc::new(QueueEventSource::new(&services.sqs, found));
                let listener = observer.mapping_listener(&mapping.id);
                let mapping = QueueMapping::new(mapping.clone(), filter, source, services.functions.clone(), listener);
                watches.push(Arc::new(mapping.watch()));
                tasks.spawn(mapping.run(), "a mapping has stopped");
            }
        }
    }
    Ok((watches, streams))
}

fn no_source(mapping: &Mapping, wanted: String) -> StartError {
    StartError::NoSource { line: mapping.line, name: mapping.id.clone(), wanted }
}
