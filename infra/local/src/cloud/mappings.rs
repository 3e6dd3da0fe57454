//! The mappings of a stack, each with its source: a table's stream or a queue.

use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::CloudError;
use super::Parts;
use super::news::Teller;
use super::queue_feed::QueueFeed;
use super::said;
use super::table_stream::TableStream;
use crate::mapping::Filter;
use crate::mapping::QueueMapping;
use crate::mapping::StreamMapping;
use crate::template::Mapping;
use crate::template::Source;
use crate::template::Stack;

/// Starts all that are switched on.
pub(super) fn start(
    stack: &Stack,
    parts: &Parts,
    folder: &Path,
    region: &str,
    teller: &Teller,
    tasks: &mut JoinSet<String>,
) -> Result<(), CloudError> {
    for mapping in stack.mappings.iter().filter(|mapping| mapping.enabled) {
        let refused = |source| CloudError::Filter { line: mapping.line, name: mapping.id.clone(), source };
        let filter = Filter::parse(&mapping.filters).map_err(refused)?;
        match &mapping.source {
            Source::Stream { table } => {
                let missing = || no_source(mapping, format!("the stream of {table}"));
                let broken = |source| CloudError::Table { line: mapping.line, name: table.clone(), source };
                let stream = TableStream::of(&parts.database, table, region).map_err(broken)?.ok_or_else(missing)?;
                let path = folder.join(format!("mapping-{}.journal", mapping.id));
                let functions = parts.functions.clone();
                let queues = Arc::new(parts.sqs.clone());
                let listener = teller.of_mapping(&mapping.id);
                let source = Arc::new(stream);
                let mapping = StreamMapping::open(&path, mapping.clone(), filter, source, functions, queues, listener)?;
                tasks.spawn(said(mapping.run(), "a mapping has stopped"));
            }
            Source::Queue { queue } => {
                let missing = || no_source(mapping, format!("the queue {queue}"));
                let found = stack.queues.iter().find(|declared| declared.name == *queue).ok_or_else(missing)?;
                let source = Arc::new(QueueFeed::new(&parts.sqs, found));
                let listener = teller.of_mapping(&mapping.id);
                let mapping = QueueMapping::new(mapping.clone(), filter, source, parts.functions.clone(), listener);
                tasks.spawn(said(mapping.run(), "a mapping has stopped"));
            }
        }
    }
    Ok(())
}

fn no_source(mapping: &Mapping, wanted: String) -> CloudError {
    CloudError::NoSource { line: mapping.line, name: mapping.id.clone(), wanted }
}
