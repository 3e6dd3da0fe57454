//! A memory with a bound: the newest push out the oldest.

use std::collections::VecDeque;

#[derive(Debug)]
pub(super) struct History<T> {
    bound: usize,
    kept: VecDeque<T>,
    /// How many of the kept, counted from the newest, nobody has taken.
    new: usize,
}

impl<T: Clone> History<T> {
    pub(super) fn new(bound: usize) -> Self {
        Self { bound, kept: VecDeque::new(), new: 0 }
    }

    pub(super) fn push(&mut self, thing: T) {
        self.kept.push_back(thing);
        while self.kept.len() > self.bound {
            self.kept.pop_front();
        }
        self.new = self.kept.len().min(self.new + 1);
    }

    pub(super) fn all(&self) -> Vec<T> {
        self.kept.iter().cloned().collect()
    }

    pub(super) fn take_new(&mut self) -> Vec<T> {
        let seen = self.kept.len() - self.new;
        self.new = 0;
        self.kept.iter().skip(seen).cloned().collect()
    }
}
