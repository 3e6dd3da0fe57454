//! The detail of an event, as text. It is checked and its blanks are taken out, but no number
//! is read and written again: what was put is what arrives, to the last digit.

use serde_json::value::RawValue;

/// Objects and lists inside each other that the service takes.
const DEEPEST: usize = 1_000;

/// The same object without blanks, or nothing if it is not an object that the service takes.
pub(super) fn compact(detail: &str) -> Option<String> {
    serde_json::from_str::<&RawValue>(detail).ok()?;
    let mut shorter = String::with_capacity(detail.len());
    let mut walk = Walk::default();
    let mut number = String::new();
    for character in detail.chars() {
        let is_number = !walk.quoted && matches!(character, '0'..='9' | '-' | '+' | '.' | 'e' | 'E');
        match is_number {
            true => number.push(character),
            false if !number.is_empty() && !fits(&std::mem::take(&mut number)) => return None,
            false => {}
        }
        if walk.keeps(character) {
            shorter.push(character);
        }
    }
    (shorter.starts_with('{') && walk.deepest <= DEEPEST).then_some(shorter)
}

// Whole numbers must fit into 64 bits with a sign; others keep their spelling. The letter of
// `true` and `false` is taken for the beginning of a number, and is none.
fn fits(number: &str) -> bool {
    number.contains(['.', 'e', 'E']) || number.parse::<i64>().is_ok()
}

#[derive(Default)]
struct Walk {
    quoted: bool,
    escaped: bool,
    depth: usize,
    deepest: usize,
}

impl Walk {
    // Whether the character says something.
    fn keeps(&mut self, character: char) -> bool {
        if self.quoted {
            self.quoted = character != '"' || self.escaped;
            self.escaped = character == '\\' && !self.escaped;
            return true;
        }
        match character {
            '"' => self.quoted = true,
            '{' | '[' => {
                self.depth += 1;
                self.deepest = self.deepest.max(self.depth);
            }
            '}' | ']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        !character.is_ascii_whitespace()
    }
}
