//! [`View`]: rows for queries, each of a stream or of one event, and [`ViewStore`], the port that stores them.
//! An event becomes a [`Patch`] that is written if the row has the version before it: one conditional write, no read.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    failure::{BoxError, Failure},
    log::Recorded,
    message::{Messages, StreamId},
};

/// What a view has a row for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// One row per stream: the fold of its events.
    Stream,
    /// One row per event, `<stream's id>/<version>`, which never changes. An event with an empty patch has no row.
    Event,
}

/// A view: rows that follow from the events of streams.
pub trait View: Send + Sync + 'static {
    /// The view's name: `order-summary`.
    const NAME: &'static str;
    /// What it has a row for.
    const GRAIN: Grain = Grain::Stream;
    /// The events of the stream.
    type Event: Messages;
    /// The row as queries return it.
    type Row: Serialize + DeserializeOwned + Send;

    /// What the event changes in its row. An empty patch still advances the version of a stream's row.
    fn patch(stream: &StreamId, event: &Recorded<Self::Event>) -> Patch;
}

/// What an event changes in a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    /// The changes of columns; each column at most once.
    pub changes: Vec<(&'static str, Change)>,
    /// The row's new position in a list, if it changes.
    pub position: Option<ListPosition>,
}

/// The change of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Sets this value.
    Set(Value),
    /// Adds this to the column's number; a missing column counts as 0.
    Add(i64),
    /// Appends this to the column's list; a missing column counts as empty.
    Append(Value),
    /// Removes the column.
    Remove,
}

/// A row's position in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct ListPosition {
    /// The list: `user/u-1`.
    pub list: String,
    /// The key that the list is sorted by.
    pub sort_key: String,
}

impl Patch {
    /// A patch that only advances the version.
    pub fn none() -> Self {
        // Equivalent mutant: it is the default.
        Self::default()
    }

    /// Whether it changes neither a column nor the position.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.position.is_none()
    }

    /// Sets a column.
    #[must_use]
    pub fn set(self, column: &'static str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.change(column, Change::Set(value))
    }

    /// This patch and then another one, as one.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        self.position = next.position.or(self.position);
        for (column, change) in next.changes {
            let earlier = self.changes.iter_mut().find(|(other, _)| *other == column);
            match (earlier, change) {
                (Some((_, Change::Add(sum))), Change::Add(amount)) => *sum = sum.saturating_add(amount),
                (Some((_, earlier)), change) => *earlier = change,
                (None, change) => self.changes.push((column, change)),
            }
        }
        self
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

    /// Moves the row to this position in a list.
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

/// The key of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// The view's name.
    pub view: String,
    /// The stream's id; for a row per event with its version.
    pub id: String,
}

impl RowKey {
    /// The key of the row that the event of this version changes.
    pub fn of<V: View>(stream: &StreamId, version: u64) -> Self {
        let id = match V::GRAIN {
            Grain::Stream => stream.id().to_owned(),
            Grain::Event => format!("{}/{version}", stream.id()),
        };
        Self { view: V::NAME.to_owned(), id }
    }
}

impl std::fmt::Display for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.view, self.id)
    }
}

/// A row as it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// The version of the last event in it; 0 for a row that does not exist.
    pub version: u64,
    /// Its position in a list.
    pub position: Option<ListPosition>,
    /// Its columns.
    pub columns: Map<String, Value>,
}

impl Row {
    /// Applies a patch and sets the version.
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
    /// Patches the row if it has version `from`, and sets version `to`. Version 0 creates the row. One conditional write.
    async fn patch(&self, key: &RowKey, from: u64, to: u64, patch: &Patch) -> Result<(), PatchError>;

    /// Replaces the whole row if it has version `from`. One conditional write.
    async fn replace(&self, key: &RowKey, from: u64, row: &Row) -> Result<(), PatchError>;

    /// Moves the row `guard` from version `from` to `to`, and patches other rows whatever version they have, which grows
    /// by one each. All or nothing: one transaction, which costs twice its writes.
    async fn patch_all(
        &self,
        guard: &RowKey,
        from: u64,
        to: u64,
        patches: &BTreeMap<RowKey, Patch>,
    ) -> Result<(), PatchError>;

    /// Reads a row.
    async fn get(&self, key: &RowKey) -> Result<Option<Row>, ViewError>;

    /// Reads one page of a view's list, in the order of the sort keys.
    async fn list(&self, view: &str, list: &str, page: &Page) -> Result<Listed, ViewError>;
}

/// The request for one page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most this many rows.
    pub limit: u32,
    /// Highest sort key first.
    pub newest_first: bool,
    /// The page token of the page before; `None` for the first page.
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
    /// The page token of the next page; `None` after the last.
    pub next: Option<String>,
}

/// A row that was not patched.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// The row has another version.
    #[error("{key} has version {}", found.as_ref().map_or(0, |row| row.version))]
    Moved {
        /// The key of the row.
        key: RowKey,
        /// The row as it is stored.
        found: Option<Row>,
    },
    /// Another transaction is writing one of the rows. A later try may succeed.
    #[error("another transaction writes a row that changes with {key}")]
    Busy {
        /// The key of the guarding row.
        key: RowKey,
    },
    /// The row could not be read or written.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// Rows that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// Throttled, timed out, not reached.
    #[error("the views did not answer")]
    Unavailable(#[source] BoxError),
    /// A row or a page token is malformed.
    #[error("{what} is corrupt: {reason}")]
    Corrupt {
        /// The row, or `page token`.
        what: String,
        /// What is wrong.
        reason: String,
    },
}

impl From<PatchError> for Failure {
    fn from(error: PatchError) -> Self {
        match error {
            PatchError::View(error) => error.into(),
            PatchError::Moved { .. } | PatchError::Busy { .. } => Self::transient(error),
        }
    }
}

impl From<ViewError> for Failure {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Unavailable(_) => Self::transient(error),
            ViewError::Corrupt { .. } => Self::permanent(error),
        }
    }
}
