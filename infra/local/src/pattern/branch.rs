//! A branch is one way to match a pattern: a list of fields that must all match. A pattern without `$or` is one branch;
//! every `$or` multiplies them. A field matches when one of its conditions accepts one of the event's values at its path.

use std::sync::Arc;

use super::{
    backtracking::{self, Candidates},
    condition::{Condition, Operator},
    event::{ElementId, Event, Leaf, Path},
};

/// Fields that must all match, in the order in which the service evaluates them.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    fields: Vec<Field>,
}

/// A path and the conditions on its values.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) path: Path,
    /// One satisfied condition is enough.
    pub(super) conditions: Arc<[Condition]>,
}

/// The result of matching one field by itself.
pub(super) enum FieldMatch {
    /// It matches, whichever values the other fields match.
    Always,
    /// It cannot match.
    Never,
    /// It depends on the list elements that the other fields match in.
    Depends(Candidates),
}

impl Branch {
    /// Sorts the fields; the order decides in which elements an absent field is looked for.
    pub(super) fn new(fields: impl IntoIterator<Item = (String, Arc<[Condition]>)>) -> Self {
        let fields = fields.into_iter().map(|(path, conditions)| Field { path: path.into(), conditions });
        let mut fields: Vec<_> = fields.collect();
        fields.sort_by(|one, other| one.path.text.encode_utf16().cmp(other.path.text.encode_utf16()));
        Self { fields }
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Returns whether all fields match together.
    pub(super) fn matches(&self, event: &Event) -> bool {
        let mut candidates = Vec::new();
        for field in &self.fields {
            match field.matches(event) {
                FieldMatch::Always => {}
                FieldMatch::Never => return false,
                FieldMatch::Depends(of_field) => candidates.push(of_field),
            }
        }
        backtracking::is_satisfiable(event, &candidates)
    }
}

impl Field {
    /// Matches this field by itself.
    pub(super) fn matches(&self, event: &Event) -> FieldMatch {
        let leaves = event.leaves(&self.path);
        let may_be_absent = self.may_be_absent();
        if leaves.iter().all(|leaf| leaf.element.is_none()) {
            let matches = leaves.iter().any(|leaf| self.accepts(event, leaf)) || (leaves.is_empty() && may_be_absent);
            return if matches { FieldMatch::Always } else { FieldMatch::Never };
        }
        let accepted = distinct(leaves.iter().filter(|leaf| self.accepts(event, leaf)));
        if accepted.is_empty() && !may_be_absent {
            return FieldMatch::Never;
        }
        let present = may_be_absent.then(|| distinct(leaves.iter()));
        FieldMatch::Depends(Candidates { accepted, present })
    }

    /// Returns whether one of the conditions is `{"exists": false}`.
    pub(super) fn may_be_absent(&self) -> bool {
        self.conditions.iter().any(|condition| condition.operator == Operator::Absent)
    }

    fn accepts(&self, event: &Event, leaf: &Leaf) -> bool {
        let value = event.value(leaf);
        self.conditions.iter().any(|condition| condition.operator.accepts(value))
    }
}

// The values of one list of plain values are consecutive and have the same element.
fn distinct<'l>(leaves: impl Iterator<Item = &'l Leaf>) -> Vec<Option<ElementId>> {
    let mut elements: Vec<_> = leaves.map(|leaf| leaf.element).collect();
    elements.dedup();
    elements
}
