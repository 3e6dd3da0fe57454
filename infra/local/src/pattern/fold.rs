//! Text compared without regard to upper and lower case, letter by letter:
//! a letter of the pattern stands for its lower and its upper form, which may
//! differ in length, as those of `ß` do.

/// A text whose letters match in either case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folded {
    letters: Vec<Letter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Letter {
    lower: String,
    upper: String,
}

impl Folded {
    /// Takes both forms of every letter.
    pub(super) fn new(text: &str) -> Self {
        let both =
            |letter: char| Letter { lower: letter.to_lowercase().collect(), upper: letter.to_uppercase().collect() };
        Self { letters: text.chars().map(both).collect() }
    }

    /// Is the value this text?
    pub(super) fn equals(&self, value: &str) -> bool {
        self.without_start(value).is_some_and(str::is_empty)
    }

    /// Does the value begin with this text?
    pub(super) fn starts(&self, value: &str) -> bool {
        self.without_start(value).is_some()
    }

    /// Does the value end with this text?
    pub(super) fn ends(&self, value: &str) -> bool {
        let mut letters = self.letters.iter().rev();
        letters
            .try_fold(value, |rest, letter| {
                rest.strip_suffix(&letter.lower).or_else(|| rest.strip_suffix(&letter.upper))
            })
            .is_some()
    }

    // No form of a letter begins with the other one, so the first that fits is the only one.
    fn without_start<'v>(&self, value: &'v str) -> Option<&'v str> {
        self.letters.iter().try_fold(value, |rest, letter| {
            rest.strip_prefix(&letter.lower).or_else(|| rest.strip_prefix(&letter.upper))
        })
    }
}
