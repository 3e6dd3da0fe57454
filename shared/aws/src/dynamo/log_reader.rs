//! Reads the log for people who inspect it: a stream page by page, or all commits that an id relates to.
//! It holds one page at a time and reports what each page consumed.

use aws_sdk_dynamodb::{
    Client,
    operation::scan::builders::ScanFluentBuilder,
    types::{ConsumedCapacity, ReturnConsumedCapacity},
};
use causeway::{
    MessageId, StreamId,
    log::{commit::Commit, event_store::ReadError},
    message::id::CommitId,
};
use uuid::Uuid;

use super::{
    attributes::{Item, text},
    commit_item::{COMMAND, ID, METADATA, commit_of},
    event_store::{Range, stream_query},
};

/// Reads the log and never writes to it.
#[derive(Clone, Debug)]
pub struct LogReader {
    client: Client,
    events_table: String,
}

/// The pages of one read, in their order.
#[derive(Debug)]
pub struct LogPages {
    reader: LogReader,
    read: Read,
    after: Option<Item>,
    ended: bool,
}

/// One page.
#[derive(Debug, Default)]
pub struct LogPage {
    /// The commits found. A page may hold none and still not be the last.
    pub commits: Vec<Commit>,
    /// The number of items that DynamoDB scanned for the page.
    pub looked_at: u64,
    /// The read capacity units that the page consumed.
    pub units: f64,
}

#[derive(Debug)]
enum Read {
    Stream { stream: StreamId, from: u64, page_size: i32 },
    Related { id: MessageId },
    All,
}

impl LogReader {
    /// Reads the log in this table.
    pub fn new(client: Client, events_table: impl Into<String>) -> Self {
        Self { client, events_table: events_table.into() }
    }

    /// The commits of a stream that begin at `from` or later, by consistent reads of `page_size` commits.
    pub fn stream(&self, stream: &StreamId, from: u64, page_size: i32) -> LogPages {
        self.pages(Read::Stream { stream: stream.clone(), from, page_size: page_size.max(1) })
    }

    /// The commits with this correlation id, causation id or command id, or with the event of this id. No index holds
    /// them, so this scans the whole table, with eventually consistent reads at half the price.
    pub fn about(&self, id: &MessageId) -> LogPages {
        self.pages(Read::Related { id: id.clone() })
    }

    /// All commits of the log in no order, by a scan of the whole table with eventually consistent reads.
    pub fn all(&self) -> LogPages {
        self.pages(Read::All)
    }

    /// The newest commit of the stream that begins at this version or before; `u64::MAX` reads the newest of all.
    pub async fn newest_until(&self, stream: &StreamId, version: u64) -> Result<Option<Commit>, ReadError> {
        let query = stream_query(&self.client, &self.events_table, stream, Range::Until(version));
        let query = query.scan_index_forward(false).limit(1);
        let page = query.send().await.map_err(|error| ReadError::Unavailable(error.into()))?;
        page.items().first().map(commit_of).transpose()
    }

    fn pages(&self, read: Read) -> LogPages {
        LogPages { reader: self.clone(), read, after: None, ended: false }
    }
}

impl LogPages {
    /// The next page; none after the last.
    pub async fn next(&mut self) -> Result<Option<LogPage>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        let after = self.after.take();
        let LogReader { client, events_table } = &self.reader;
        let (items, scanned, consumed, last) = match &self.read {
            Read::Stream { stream, from, page_size } => {
                let query = stream_query(client, events_table, stream, Range::From(*from));
                let query = query.limit(*page_size).set_exclusive_start_key(after);
                let page = query.send().await.map_err(|error| ReadError::Unavailable(error.into()))?;
                (page.items, page.scanned_count, page.consumed_capacity, page.last_evaluated_key)
            }
            Read::Related { .. } | Read::All => {
                let scan = match &self.read {
                    Read::Related { id } => related_scan(client, events_table, id),
                    Read::Stream { .. } | Read::All => scan(client, events_table),
                };
                let scan = scan.set_exclusive_start_key(after);
                let page = scan.send().await.map_err(|error| ReadError::Unavailable(error.into()))?;
                (page.items, page.scanned_count, page.consumed_capacity, page.last_evaluated_key)
            }
        };
        self.ended = last.is_none();
        self.after = last;
        let commits = items.unwrap_or_default().iter().map(commit_of).collect::<Result<_, _>>()?;
        let units = consumed.as_ref().and_then(ConsumedCapacity::capacity_units).unwrap_or_default();
        Ok(Some(LogPage { commits, looked_at: u64::try_from(scanned).unwrap_or_default(), units }))
    }
}

fn related_scan(client: &Client, events_table: &str, id: &MessageId) -> ScanFluentBuilder {
    // An id has no character that JSON escapes, so this text is in the metadata if and only if the field has the id.
    let field = |name: &str| text(format!("\"{name}\":\"{id}\""));
    // The commit that would hold the event of this id.
    let commit_id = |event_id| CommitId::new(event_id).uuid().to_string();
    let commit = Uuid::parse_str(id.as_str()).map_or_else(|_| id.to_string(), commit_id);
    scan(client, events_table)
        .filter_expression(
            "contains(#metadata, :correlation) OR contains(#metadata, :cause) OR #command = :id OR #commit = :commit",
        )
        .expression_attribute_names("#metadata", METADATA)
        .expression_attribute_names("#command", COMMAND)
        .expression_attribute_names("#commit", ID)
        .expression_attribute_values(":correlation", field("correlationId"))
        .expression_attribute_values(":cause", field("causationId"))
        .expression_attribute_values(":id", text(id.as_str()))
        .expression_attribute_values(":commit", text(commit))
}

fn scan(client: &Client, events_table: &str) -> ScanFluentBuilder {
    client.scan().table_name(events_table).return_consumed_capacity(ReturnConsumedCapacity::Total)
}
