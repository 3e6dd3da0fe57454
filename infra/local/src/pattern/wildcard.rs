//! The `wildcard` operator.

/// The reason why a text with wildcards is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WildcardProblem {
    #[error("two wildcards follow each other")]
    Consecutive,
    #[error("a backslash escapes only * and \\")]
    Escape,
}

/// A text with wildcards: `*` matches any characters, including none; `\*` and `\\` are literal. It is kept as the pieces
/// between the wildcards, which are searched from left to right, so matching takes one pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wildcard {
    first: String,
    others: Vec<String>,
}

impl Wildcard {
    /// Parses the text. An error is the problem and its offset in bytes.
    pub(super) fn parse(text: &str) -> Result<Self, (WildcardProblem, usize)> {
        let (mut pieces, mut piece) = (Vec::new(), String::new());
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            match (character, next) {
                ('*', Some('*')) => return Err((WildcardProblem::Consecutive, at)),
                ('*', _) => pieces.push(std::mem::take(&mut piece)),
                ('\\', Some(escaped @ ('*' | '\\'))) => {
                    characters.next();
                    piece.push(escaped);
                }
                ('\\', _) => return Err((WildcardProblem::Escape, at)),
                (plain, _) => piece.push(plain),
            }
        }
        pieces.push(piece);
        let first = pieces.remove(0);
        Ok(Self { first, others: pieces })
    }

    /// The pieces between the wildcards.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.first).chain(&self.others).map(String::as_str)
    }

    /// Returns the prefix of every matching value, and whether the prefix is the whole value.
    pub(super) fn prefix(&self) -> (&str, bool) {
        (&self.first, self.others.is_empty())
    }

    /// Returns whether the value matches.
    pub(super) fn matches(&self, value: &str) -> bool {
        let Some((last, middle)) = self.others.split_last() else {
            return value == self.first;
        };
        let Some(rest) = value.strip_prefix(&self.first) else {
            return false;
        };
        let rest =
            middle.iter().try_fold(rest, |rest, piece| rest.find(piece).and_then(|at| rest.get(at + piece.len()..)));
        rest.is_some_and(|rest| rest.ends_with(last))
    }
}
