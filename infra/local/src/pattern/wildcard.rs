//! Text with gaps: `*` stands for any characters, none included; `\*` and `\\`
//! stand for themselves. The text is kept as the pieces between the gaps, which are
//! looked for from left to right, so matching takes no more than one pass.

/// The pieces between the gaps; a text without a gap is one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wildcard {
    first: String,
    others: Vec<String>,
}

impl Wildcard {
    /// Reads the text, or says what is wrong with it and at which byte.
    pub(super) fn new(text: &str) -> Result<Self, (&'static str, usize)> {
        let mut pieces = vec![String::new()];
        let mut letters = text.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            let next = letters.peek().map(|(_, next)| *next);
            match (letter, next) {
                ('*', Some('*')) => return Err(("two wildcards follow each other", at)),
                ('*', _) => pieces.push(String::new()),
                ('\\', Some(escaped @ ('*' | '\\'))) => {
                    letters.next();
                    push(&mut pieces, escaped);
                }
                ('\\', _) => return Err(("a backslash escapes only * and \\", at)),
                (plain, _) => push(&mut pieces, plain),
            }
        }
        let first = pieces.remove(0);
        Ok(Self { first, others: pieces })
    }

    /// What every matching value begins with, and whether that is already all of it.
    pub(super) fn head(&self) -> (&str, bool) {
        (&self.first, self.others.is_empty())
    }

    /// Does the value fit?
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

fn push(pieces: &mut [String], letter: char) {
    if let Some(piece) = pieces.last_mut() {
        piece.push(letter);
    }
}
