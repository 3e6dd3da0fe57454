//! [`Input`]: an event as the automatons of its group read it, by the [`EventPlan`] of its name.

use std::sync::Arc;

use super::scalar::Field;
use crate::stream::stored_id::StoredId;

/// What a group does with an event.
#[derive(Clone, Debug)]
pub(super) struct EventPlan {
    pub(super) key: Vec<String>,
    /// The fields that conditions name, with their paths as text.
    pub(super) fields: Vec<(Arc<str>, Vec<String>)>,
    /// Those that conditions of later steps name.
    pub(super) captures: Vec<usize>,
    pub(super) automatons: Vec<usize>,
}

/// An event with the fields that its group's conditions name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a> {
    pub(super) event: usize,
    pub(super) plan: &'a EventPlan,
    pub(super) id: &'a StoredId,
    pub(super) at: i64,
    pub(super) fields: &'a [Option<Field<'a>>],
}
