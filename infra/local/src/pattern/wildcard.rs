//! The `wildcard` operator: `*` matches any characters, including none; `\*` and `\\` are literal. The text is kept as
//! the pieces between the wildcards, which are searched from left to right, so matching takes one pass.

/// The pieces between the wildcards; a text without a wildcard is one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wildcard {
    first: String,
    others: Vec<String>,
}

impl Wildcard {
    /// Parses the text. An error is the problem and its offset in bytes.
    pub(super) fn parse(text: &str) -> Result<Self, (&'static str, usize)> {
        let (mut pieces, mut piece) = (Vec::new(), String::new());
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            match (character, next) {
                ('*', Some('*')) => return Err(("two wildcards follow each other", at)),
                ('*', _) => pieces.push(std::mem::take(&mut piece)),
                ('\\', Some(escaped @ ('*' | '\\'))) => {
                    characters.next();
                    piece.push(escaped);
                }
                ('\\', _) => return Err(("a backslash escapes only * and \\", at)),
                (plain, _) => piece.push(plain),
            }
        }
        pieces.push(piece);
        let first = pieces.remove(0);
        Ok(Self { first, others: pieces })
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
