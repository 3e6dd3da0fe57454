//! The log for people who look into it: a stream page by page, or whatever belongs to an id, wherever it lies.
//! Nothing is held but the page in hand, and each page says what it cost.

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, ConsumedCapacity, ReturnConsumedCapacity},
};
use causeway::{
    MessageId, StreamId,
    log::{commit::Commit, event_store::ReadError},
    message::id::CommitId,
};
use uuid::Uuid;

use super::{
    attributes::{Item, text},
    item::{COMMAND, ID, METADATA, commit_of},
    stream_query::{Part, stream_query},
};

/// Reads the log without ever writing to it.
#[derive(Clone, Debug)]
pub struct LogReader {
    client: Client,
    events_table: String,
}

/// The pages of one question, in their order.
#[derive(Debug)]
pub struct LogPages {
    reader: LogReader,
    question: Question,
    after: Option<Item>,
    ended: bool,
}

/// One page.
#[derive(Debug, Default)]
pub struct LogPage {
    /// The commits that were asked for; a page may have none and still not be the last.
    pub commits: Vec<Commit>,
    /// How many items were looked at.
    pub looked_at: u64,
    /// The read units it cost.
    pub units: f64,
}

#[derive(Debug)]
enum Question {
    Stream { stream: StreamId, from: u64, at_once: i32 },
    About { id: MessageId },
}

impl LogReader {
    /// Reads the log in this table.
    pub fn new(client: Client, events_table: impl Into<String>) -> Self {
        Self { client, events_table: events_table.into() }
    }

    /// The commits of a stream that begin at `from` or later, so many on a page, read consistently.
    pub fn stream(&self, stream: &StreamId, from: u64, at_once: i32) -> LogPages {
        let stream = stream.clone();
        self.pages(Question::Stream { stream, from, at_once: at_once.max(1) })
    }

    /// The commits with this correlation, this cause, this command, or with the event of this id. No index knows any
    /// of them, so the whole table is looked at, at half the price of consistent reads: what is just being written may miss.
    pub fn about(&self, id: &MessageId) -> LogPages {
        self.pages(Question::About { id: id.clone() })
    }

    /// The newest commit of the stream that begins at this version or before; `u64::MAX` asks for the very newest.
    pub async fn newest_until(&self, stream: &StreamId, version: u64) -> Result<Option<Commit>, ReadError> {
        let query = stream_query(&self.client, &self.events_table, stream, Part::Until(version));
        let query = query.scan_index_forward(false).limit(1);
        let page = query.send().await.map_err(|error| ReadError::Unavailable(Box::new(error)))?;
        page.items().first().map(commit_of).transpose()
    }

    fn pages(&self, question: Question) -> LogPages {
        LogPages { reader: self.clone(), question, after: None, ended: false }
    }
}

impl LogPages {
    /// The next page; none after the last.
    pub async fn next(&mut self) -> Result<Option<LogPage>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        let after = self.after.take();
        let (items, looked_at, consumed, last) = match &self.question {
            Question::Stream { stream, from, at_once } => self.query(stream, *from, *at_once, after).await?,
            Question::About { id } => self.scan(id, after).await?,
        };
        self.ended = last.is_none();
        self.after = last;
        let commits = items.iter().map(commit_of).collect::<Result<_, _>>()?;
        let units = consumed.as_ref().and_then(ConsumedCapacity::capacity_units).unwrap_or_default();
        Ok(Some(LogPage { commits, looked_at: u64::try_from(looked_at).unwrap_or_default(), units }))
    }

    async fn query(
        &self,
        stream: &StreamId,
        from: u64,
        at_once: i32,
        after: Option<Item>,
    ) -> Result<Answer, ReadError> {
        let query = stream_query(&self.reader.client, &self.reader.events_table, stream, Part::From(from));
        let query = query.limit(at_once).set_exclusive_start_key(after);
        let page = query.send().await.map_err(|error| ReadError::Unavailable(Box::new(error)))?;
        Ok((page.items.unwrap_or_default(), page.scanned_count, page.consumed_capacity, page.last_evaluated_key))
    }

    async fn scan(&self, id: &MessageId, after: Option<Item>) -> Result<Answer, ReadError> {
        let scan = self
            .reader
            .client
            .scan()
            .table_name(&self.reader.events_table)
            .filter_expression(
                "contains(#metadata, :correlation) OR contains(#metadata, :cause) OR #command = :id OR #commit = :commit",
            )
            .expression_attribute_names("#metadata", METADATA)
            .expression_attribute_names("#command", COMMAND)
            .expression_attribute_names("#commit", ID)
            .expression_attribute_values(":correlation", said_as("correlationId", id))
            .expression_attribute_values(":cause", said_as("causationId", id))
            .expression_attribute_values(":id", text(id.as_str()))
            .expression_attribute_values(":commit", text(commit_with(id)))
            .set_exclusive_start_key(after)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let page = scan.send().await.map_err(|error| ReadError::Unavailable(Box::new(error)))?;
        Ok((page.items.unwrap_or_default(), page.scanned_count, page.consumed_capacity, page.last_evaluated_key))
    }
}

type Answer = (Vec<Item>, i32, Option<ConsumedCapacity>, Option<Item>);

/// How the metadata's text says it. An id has no letter that JSON would escape, and no other text can look like it.
fn said_as(field: &str, id: &MessageId) -> AttributeValue {
    text(format!("\"{field}\":\"{id}\""))
}

/// The id of the commit in which an event of this id would be.
fn commit_with(id: &MessageId) -> String {
    Uuid::parse_str(id.as_str()).map_or_else(|_| id.to_string(), |uuid| CommitId::new(uuid).uuid().to_string())
}
