//! Views: rows that answer questions, each a fold of one stream.
//! An event is a patch under a version guard: one conditional write, no read. It is only a nudge, the log is the
//! truth: a row that is behind is folded from the log up to its head.

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    failure::{BoxError, Failure},
    log::commit::Recorded,
    message::{contract::Messages, id::StreamId},
};

/// One kind of row, of which a stream has one.
pub trait View: Send + Sync + 'static {
    /// The view's name: `order-summary`.
    const NAME: &'static str;
    /// What the stream says.
    type Event: Messages;
    /// The row as a reader sees it.
    type Row: Serialize + DeserializeOwned + Send;

    /// What the event changes in the stream's row. An event that changes no column gives an empty patch, which still
    /// moves the row's version.
    fn patch(stream: &StreamId, event: &Recorded<Self::Event>) -> Patch;
}

/// What an event changes in a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    /// The columns' changes; each column at most once.
    pub changes: Vec<(&'static str, Change)>,
    /// Where the row stands in a list from now on, when that changes.
    pub position: Option<ListPosition>,
}

/// What becomes of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It has this value.
    Set(Value),
    /// This is added to its number; an absent one counts as 0.
    Add(i64),
    /// This is appended to its list; an absent one counts as empty.
    Append(Value),
    /// It goes.
    Remove,
}

/// A row's place in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct ListPosition {
    /// The list: `user/u-1`.
    pub list: String,
    /// What the list is sorted by.
    pub sort_key: String,
}

impl Patch {
    /// A patch of nothing but the version.
    pub fn none() -> Self {
        Self::default()
    }

    /// Sets a column.
    #[must_use]
    pub fn set(self, column: &'static str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.change(column, Change::Set(value))
    }

    /// Adds to a column's number.
    #[must_use]
    pub fn add(self, column: &'static str, amount: i64) -> Self {
        self.change(column, Change::Add(amount))
    }

    /// Appends to a column's list.
    #[must_use]
    pub fn append(self, column: &'static str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.change(column, Change::Append(value))
    }

    /// Removes a column.
    #[must_use]
    pub fn remove(self, column: &'static str) -> Self {
        self.change(column, Change::Remove)
    }

    /// Places the row in a list.
    #[must_use]
    pub fn list_at(mut self, list: impl Into<String>, sort_key: impl Into<String>) -> Self {
        self.position = Some(ListPosition { list: list.into(), sort_key: sort_key.into() });
        self
    }

    fn change(mut self, column: &'static str, change: Change) -> Self {
        self.changes.retain(|(other, _)| *other != column);
        self.changes.push((column, change));
        self
    }
}

/// A row's key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// The view's name.
    pub view: String,
    /// The stream's id.
    pub id: String,
}

impl std::fmt::Display for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.view, self.id)
    }
}

/// A row as it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// The version of the last event that is in it; 0 for a row that is not there.
    pub version: u64,
    /// Its place in a list.
    pub position: Option<ListPosition>,
    /// Its columns.
    pub columns: Map<String, Value>,
}

impl Row {
    /// The row after a patch.
    pub fn apply(&mut self, version: u64, patch: Patch) {
        self.version = version;
        self.position = patch.position.or(self.position.take());
        for (column, change) in patch.changes {
            let old = self.columns.remove(column);
            let new = match (change, old) {
                (Change::Set(value), _) => value,
                (Change::Add(amount), old) => {
                    old.and_then(|old| old.as_i64()).unwrap_or(0).saturating_add(amount).into()
                }
                (Change::Append(value), Some(Value::Array(mut list))) => {
                    list.push(value);
                    list.into()
                }
                (Change::Append(value), _) => vec![value].into(),
                (Change::Remove, _) => continue,
            };
            self.columns.insert(column.to_owned(), new);
        }
    }
}

/// The rows of all views.
#[async_trait]
pub trait ViewStore: Send + Sync {
    /// Patches the row if it stands at `from`, and moves it to `to`. The row is made when `from` is 0.
    async fn patch(&self, key: &RowKey, from: u64, to: u64, patch: &Patch) -> Result<(), PatchError>;

    /// Writes the whole row if it stands at `from`.
    async fn replace(&self, key: &RowKey, from: u64, row: &Row) -> Result<(), PatchError>;

    /// The row.
    async fn get(&self, key: &RowKey) -> Result<Option<Row>, ViewError>;

    /// One page of a view's list, by rank.
    async fn list(&self, view: &str, list: &str, page: &Page) -> Result<Listed, ViewError>;
}

/// Which part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most this many rows.
    pub limit: u32,
    /// Highest rank first.
    pub newest_first: bool,
    /// Behind this, as the page before said it.
    pub after: Option<String>,
}

impl Default for Page {
    fn default() -> Self {
        Self { limit: 20, newest_first: true, after: None }
    }
}

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// The rows with their ids.
    pub rows: Vec<(String, Row)>,
    /// What to say for the next page; none: this was the last.
    pub next: Option<String>,
}

/// A row that was not patched.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// The row stands elsewhere.
    #[error("{key} stands at version {}", found.as_ref().map_or(0, |row| row.version))]
    Moved {
        /// The row's key.
        key: RowKey,
        /// The row as it is.
        found: Option<Row>,
    },
    /// The row was not reached.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// Rows that were not reached.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// Throttled, timed out, not reached.
    #[error("the views did not answer")]
    Unavailable(#[source] BoxError),
    /// A row or a page mark is not as it was written.
    #[error("{what} is corrupt: {reason}")]
    Corrupt {
        /// The row, or the page mark.
        what: String,
        /// What is wrong.
        reason: String,
    },
}

impl From<ViewError> for Failure {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Unavailable(_) => Self::transient(error),
            ViewError::Corrupt { .. } => Self::permanent(error),
        }
    }
}
