//! Finds values for all fields that do not contradict each other: no list may be entered
//! at two different elements. It is a search that goes back not to the last choice but to
//! the last one that had a part in the failure, so that lists side by side do not multiply.

use super::event::{ElementId, Event};

#[cfg(test)]
mod tests;

/// The values one field may take, by the element they lie in.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// Where accepted values lie.
    pub(super) accepted: Vec<Option<ElementId>>,
    /// If the field may also be absent: where values of any kind lie.
    pub(super) present: Option<Vec<Option<ElementId>>>,
}

/// Can every field choose so that no two contradict each other?
pub(super) fn possible(event: &Event, choices: &[Choice]) -> bool {
    let mut search = Search { event, choices, entered: Vec::new() };
    search.fails_from(0).is_none()
}

/// The fields whose choices led to a failure, one bit for each.
#[derive(Clone, Copy, Default)]
struct Culprits([u64; 4]);

struct Search<'s> {
    event: &'s Event,
    choices: &'s [Choice],
    entered: Vec<Entered>,
}

/// A list that was entered at an element by the choice of a field.
struct Entered {
    list: u32,
    index: u32,
    field: usize,
}

impl Search<'_> {
    // Returns who is to blame, or none if all fields from this one on found their values.
    fn fails_from(&mut self, field: usize) -> Option<Culprits> {
        let choices = self.choices;
        let choice = choices.get(field)?;
        let mut culprits = Culprits::default();
        for element in &choice.accepted {
            match self.contradicts(*element) {
                Some(earlier) => culprits.add(earlier),
                None => {
                    let deeper = self.fails_after_entering(field, *element)?;
                    if !deeper.contains(field) {
                        return Some(deeper);
                    }
                    culprits.add_all(deeper);
                }
            }
        }
        if let Some(present) = &choice.present {
            match present.iter().find(|element| self.contradicts(**element).is_none()) {
                Some(seen) => culprits.add_all(self.could_hide(field, *seen)),
                None => culprits.add_all(self.fails_from(field + 1)?),
            }
        }
        culprits.remove(field);
        Some(culprits)
    }

    fn fails_after_entering(&mut self, field: usize, element: Option<ElementId>) -> Option<Culprits> {
        let before = self.entered.len();
        for element in self.event.elements(element) {
            if !self.entered.iter().any(|entered| entered.list == element.list) {
                self.entered.push(Entered { list: element.list, index: element.index, field });
            }
        }
        let deeper = self.fails_from(field + 1);
        self.entered.truncate(before);
        deeper
    }

    // The field that entered one of the same lists elsewhere.
    fn contradicts(&self, element: Option<ElementId>) -> Option<usize> {
        let elsewhere = |list, index| {
            let other = |entered: &&Entered| entered.list == list && entered.index != index;
            self.entered.iter().find(other).map(|entered| entered.field)
        };
        self.event.elements(element).find_map(|element| elsewhere(element.list, element.index))
    }

    // The earlier fields that might have entered a list elsewhere than this element lies.
    fn could_hide(&self, field: usize, seen: Option<ElementId>) -> Culprits {
        let around: Vec<_> = self.event.elements(seen).collect();
        let hides = |element: &Option<ElementId>| {
            let mut entered = self.event.elements(*element);
            entered.any(|one| around.iter().any(|other| one.list == other.list && one.index != other.index))
        };
        let mut culprits = Culprits::default();
        for (earlier, choice) in self.choices.iter().enumerate().take(field) {
            if choice.accepted.iter().any(hides) {
                culprits.add(earlier);
            }
        }
        culprits
    }
}

impl Culprits {
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
