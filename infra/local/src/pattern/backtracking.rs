//! Searches for values of all fields that are consistent: no list may be entered at two different elements. The search
//! jumps back to the last field that took part in the conflict (conflict-directed backjumping), so independent lists do
//! not multiply.

use super::event::{ElementId, Event};

#[cfg(test)]
mod tests;

/// The list elements in which one field may match.
#[derive(Clone, Debug)]
pub(super) struct Candidates {
    /// The elements with an accepted value.
    pub(super) accepted: Vec<Option<ElementId>>,
    /// If the field may also be absent: the elements with any value.
    pub(super) present: Option<Vec<Option<ElementId>>>,
}

/// Returns whether all fields can match without a conflict.
pub(super) fn is_satisfiable(event: &Event, candidates: &[Candidates]) -> bool {
    let mut search = Search { event, candidates, entered: Vec::new() };
    search.conflict_from(0).is_none()
}

/// The fields whose choices led to a conflict, one bit a field.
#[derive(Clone, Copy, Default)]
struct ConflictSet([u64; 4]);

struct Search<'s> {
    event: &'s Event,
    candidates: &'s [Candidates],
    entered: Vec<EnteredList>,
}

/// A list, with the element that a field chose in it.
struct EnteredList {
    list: u32,
    index: u32,
    field: usize,
}

impl Search<'_> {
    // Returns the fields in conflict, or none if this field and all after it match.
    fn conflict_from(&mut self, field: usize) -> Option<ConflictSet> {
        let all = self.candidates;
        let candidates = all.get(field)?;
        let mut conflicts = ConflictSet::default();
        for element in &candidates.accepted {
            match self.conflicting_field(*element) {
                Some(earlier) => conflicts.add(earlier),
                None => {
                    let later = self.conflict_after_entering(field, *element)?;
                    if !later.contains(field) {
                        return Some(later);
                    }
                    conflicts.add_all(later);
                }
            }
        }
        if let Some(present) = &candidates.present {
            match present.iter().find(|element| self.conflicting_field(**element).is_none()) {
                Some(visible) => conflicts.add_all(self.fields_that_could_hide(field, *visible)),
                None => conflicts.add_all(self.conflict_from(field + 1)?),
            }
        }
        conflicts.remove(field);
        Some(conflicts)
    }

    fn conflict_after_entering(&mut self, field: usize, element: Option<ElementId>) -> Option<ConflictSet> {
        let before = self.entered.len();
        for element in self.event.elements(element) {
            if !self.entered.iter().any(|entered| entered.list == element.list) {
                self.entered.push(EnteredList { list: element.list, index: element.index, field });
            }
        }
        let conflicts = self.conflict_from(field + 1);
        self.entered.truncate(before);
        conflicts
    }

    // The field that chose another element of one of the lists around this element.
    fn conflicting_field(&self, element: Option<ElementId>) -> Option<usize> {
        self.event.elements(element).find_map(|element| {
            let other = |entered: &&EnteredList| entered.list == element.list && entered.index != element.index;
            self.entered.iter().find(other).map(|entered| entered.field)
        })
    }

    // The earlier fields that have a candidate in another element of one of the lists around the visible element.
    fn fields_that_could_hide(&self, field: usize, visible: Option<ElementId>) -> ConflictSet {
        let around: Vec<_> = self.event.elements(visible).collect();
        let hides = |element: &Option<ElementId>| {
            let mut entered = self.event.elements(*element);
            entered.any(|one| around.iter().any(|other| one.list == other.list && one.index != other.index))
        };
        let mut conflicts = ConflictSet::default();
        for (earlier, candidates) in self.candidates.iter().enumerate().take(field) {
            if candidates.accepted.iter().any(hides) {
                conflicts.add(earlier);
            }
        }
        conflicts
    }
}

impl ConflictSet {
    fn add(&mut self, field: usize) {
        if let Some(bits) = self.0.get_mut(field / 64) {
            *bits |= 1 << (field % 64);
        }
    }

    fn add_all(&mut self, others: Self) {
        self.0.iter_mut().zip(others.0).for_each(|(bits, others)| *bits |= others);
    }

    fn remove(&mut self, field: usize) {
        if let Some(bits) = self.0.get_mut(field / 64) {
            *bits &= !(1 << (field % 64));
        }
    }

    fn contains(self, field: usize) -> bool {
        self.0.get(field / 64).is_some_and(|bits| bits & (1 << (field % 64)) != 0)
    }
}
