//! The `equals-ignore-case` operator. Each character of the pattern matches its lower-case and its upper-case form, which
//! may differ in length, as those of `ß` do.

/// A text that matches in either case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IgnoreCase {
    characters: Vec<CaseForms>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct CaseForms {
    lower: String,
    upper: String,
}

impl IgnoreCase {
    pub(super) fn new(text: &str) -> Self {
        let forms = |character: char| CaseForms {
            lower: character.to_lowercase().collect(),
            upper: character.to_uppercase().collect(),
        };
        Self { characters: text.chars().map(forms).collect() }
    }

    /// Returns whether the value is this text.
    pub(super) fn equals(&self, value: &str) -> bool {
        self.strip_prefix(value).is_some_and(str::is_empty)
    }

    /// Returns whether the value begins with this text.
    pub(super) fn is_prefix_of(&self, value: &str) -> bool {
        self.strip_prefix(value).is_some()
    }

    /// Returns whether the value ends with this text.
    pub(super) fn is_suffix_of(&self, value: &str) -> bool {
        let mut characters = self.characters.iter().rev();
        characters
            .try_fold(value, |rest, forms| rest.strip_suffix(&forms.lower).or_else(|| rest.strip_suffix(&forms.upper)))
            .is_some()
    }

    // Neither form of a character is a prefix of the other, so the first that fits is the only one.
    fn strip_prefix<'v>(&self, value: &'v str) -> Option<&'v str> {
        self.characters
            .iter()
            .try_fold(value, |rest, forms| rest.strip_prefix(&forms.lower).or_else(|| rest.strip_prefix(&forms.upper)))
    }
}
