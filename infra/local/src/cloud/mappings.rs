//! The mappings of a stack, each with its source: a table's stream or a queue.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    CloudError, Parts, desired,
    observer::Observer,
    queue_feed::QueueFeed,
    resource_state::{Key, Kind, Made},
    said,
    store::Opened,
    table_stream::TableStream,
};
use crate::{
    idle::Idle,
    mapping::{Filter, QueueMapping, StreamMapping, StreamWatch},
    template::{Mapping, Source, Stack},
};

/// By this it is found again.
pub(super) fn key(mapping: &Mapping) -> Key {
    desired::key(Kind::Mapping, "", &mapping.id)
}

/// What it reads: the place in one stream says nothing in another.
pub(super) fn declared(mapping: &Mapping) -> Value {
    match &mapping.source {
        Source::Stream { table } => json!({ "table": table }),
        Source::Queue { queue } => json!({ "queue": queue }),
    }
}

/// Forgets the places of those that read something else than before.
pub(super) fn begin_anew(stack: &Stack, store: &Opened, made: &Made) -> Result<(), CloudError> {
    for mapping in &stack.mappings {
        let wanted = declared(mapping);
        if made.earlier(&key(mapping)).any(|earlier| *earlier != wanted) {
            store.remove(&place(&mapping.id))?;
        }
    }
    Ok(())
}

/// The write-ahead log with the place of the mapping of this logical id.
pub(super) fn place(id: &str) -> String {
    format!("mapping-{id}.journal")
}

/// Who watches the mappings, and who of these reads streams.
pub(super) type Watches = (Vec<Arc<dyn Idle>>, Vec<StreamWatch>);

/// Starts all that are switched on, and answers who watches them, and who the streams.
pub(super) fn start(
    stack: &Stack,
    parts: &Parts,
    store: &Opened,
    region: &str,
    observer: &Observer,
    tasks: &mut JoinSet<String>,
) -> Result<Watches, CloudError> {
    let (mut watches, mut streams): (Vec<Arc<dyn Idle>>, _) = (Vec::new(), Vec::new());
    for mapping in stack.mappings.iter().filter(|mapping| mapping.enabled) {
        let refused = |source| CloudError::Filter { line: mapping.line, name: mapping.id.clone(), source };
        let filter = Filter::parse(&mapping.filters).map_err(refused)?;
        match &mapping.source {
            Source::Stream { table } => {
                let missing = || no_source(mapping, format!("the stream of {table}"));
                let broken = |source| CloudError::Table { line: mapping.line, name: table.clone(), source };
                // In memory the tables read the cloud's clock.
                let is_on_the_clock = store.tables().is_none();
                let stream = TableStream::of(
                    &parts.database,
                    &parts.writes,
                    table,
                    region,
                    parts.functions.clock(),
                    is_on_the_clock,
                )
                .map_err(broken)?
                .ok_or_else(missing)?;
                let path = store.path(&place(&mapping.id));
                let functions = parts.functions.clone();
                let queues = Arc::new(parts.sqs.clone());
                let listener = observer.of_mapping(&mapping.id);
                let source = Arc::new(stream);
                let (path, mapping) = (path.as_deref(), mapping.clone());
                let mapping = StreamMapping::open(path, mapping, filter, source, functions, queues, listener)?;
                watches.push(Arc::new(mapping.watch()));
                streams.push(mapping.watch());
                tasks.spawn(said(mapping.run(), "a mapping has stopped"));
            }
            Source::Queue { queue } => {
                let missing = || no_source(mapping, format!("the queue {queue}"));
                let found = stack.queues.iter().find(|declared| declared.name == *queue).ok_or_else(missing)?;
                let source = Arc::new(QueueFeed::new(&parts.sqs, found));
                let listener = observer.of_mapping(&mapping.id);
                let mapping = QueueMapping::new(mapping.clone(), filter, source, parts.functions.clone(), listener);
                watches.push(Arc::new(mapping.watch()));
                tasks.spawn(said(mapping.run(), "a mapping has stopped"));
            }
        }
    }
    Ok((watches, streams))
}

fn no_source(mapping: &Mapping, wanted: String) -> CloudError {
    CloudError::NoSource { line: mapping.line, name: mapping.id.clone(), wanted }
}
