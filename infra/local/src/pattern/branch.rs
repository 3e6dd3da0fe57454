//! One way to match a pattern: a list of fields that must all hold. A pattern without
//! `$or` is one branch; every `$or` multiplies them. A field holds when one of its wanted
//! values accepts one of the event's values there.

use std::sync::Arc;

use super::{
    event::{ElementId, Event, Leaf, Path},
    together::{self, Choice},
    wanted::{Test, Wanted},
};

/// Fields that must all hold, in the order in which the service looks at them.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    fields: Vec<Field>,
}

/// A path and what is wanted there.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Where it is.
    pub(super) path: Path,
    /// Any of these will do.
    pub(super) wanted: Arc<[Wanted]>,
}

/// What one field alone has to say.
pub(super) enum Answer {
    /// It holds, wherever the other fields find their values.
    Always,
    /// It cannot hold.
    Never,
    /// It depends on the list elements that the other fields choose.
    Depends(Choice),
}

impl Branch {
    /// Orders the fields; the order decides which elements an absent field is looked for in.
    pub(super) fn new(fields: impl IntoIterator<Item = (String, Arc<[Wanted]>)>) -> Self {
        let mut fields: Vec<_> = fields.into_iter().map(|(path, wanted)| Field { path: path.into(), wanted }).collect();
        fields.sort_by(|one, other| one.path.text.encode_utf16().cmp(other.path.text.encode_utf16()));
        Self { fields }
    }

    /// The fields in their order.
    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Do all fields hold together?
    pub(super) fn matches(&self, event: &Event) -> bool {
        let mut choices = Vec::new();
        for field in &self.fields {
            match field.answer(event) {
                Answer::Always => {}
                Answer::Never => return false,
                Answer::Depends(choice) => choices.push(choice),
            }
        }
        together::possible(event, &choices)
    }
}

impl Field {
    /// Looks at this field alone.
    pub(super) fn answer(&self, event: &Event) -> Answer {
        let leaves = event.leaves(&self.path);
        let may_be_absent = self.may_be_absent();
        if leaves.iter().all(|leaf| leaf.element.is_none()) {
            let holds = leaves.iter().any(|leaf| self.accepts(event, leaf)) || (leaves.is_empty() && may_be_absent);
            return if holds { Answer::Always } else { Answer::Never };
        }
        let accepted = distinct(leaves.iter().filter(|leaf| self.accepts(event, leaf)));
        if accepted.is_empty() && !may_be_absent {
            return Answer::Never;
        }
        let present = may_be_absent.then(|| distinct(leaves.iter()));
        Answer::Depends(Choice { accepted, present })
    }

    /// Is one of the wanted values that there is none?
    pub(super) fn may_be_absent(&self) -> bool {
        self.wanted.iter().any(|wanted| wanted.test == Test::Absent)
    }

    fn accepts(&self, event: &Event, leaf: &Leaf) -> bool {
        let value = event.value(leaf);
        self.wanted.iter().any(|wanted| wanted.test.accepts(value))
    }
}

// Values of one list of plain values lie in the same element, one after the other.
fn distinct<'l>(leaves: impl Iterator<Item = &'l Leaf>) -> Vec<Option<ElementId>> {
    let mut elements: Vec<_> = leaves.map(|leaf| leaf.element).collect();
    elements.dedup();
    elements
}
