//! Views: rows for queries, and how an event updates them.

pub mod project;
pub mod projection;
pub mod view_fold;
pub mod view_store;

pub use projection::{AddsTo, Projection};
pub use view_fold::{RowAtError, RowFold, ViewFold};
pub use view_store::{
    Change, Grain, ListPosition, Listed, Page, Patch, PatchError, Row, RowKey, View, ViewError, ViewStore,
};
