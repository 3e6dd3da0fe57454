//! The complexity of a wildcard: the largest number of its prefixes that one value can match. The service rejects a pattern
//! above a limit that it does not publish.

use std::collections::BTreeSet;

use super::wildcard::Wildcard;

/// The complexity from which on a wildcard is rejected. The service accepts one of 7 and rejects one of 10.
const LIMIT: usize = 10;
/// The number of sets of prefixes that are looked at. A wildcard with more is accepted.
const MAX_SETS: usize = 10_000;

/// One element of a wildcard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Any,
    Character(char),
}

/// Returns whether one value can match too many prefixes of the wildcard.
pub(super) fn is_too_complex(wildcard: &Wildcard) -> bool {
    let mut tokens = Vec::new();
    for (position, piece) in wildcard.pieces().enumerate() {
        tokens.extend((position > 0).then_some(Token::Any));
        tokens.extend(piece.chars().map(Token::Character));
    }
    if !tokens.contains(&Token::Any) || tokens.len() < LIMIT {
        return false;
    }
    let alphabet: BTreeSet<char> = tokens
        .iter()
        .filter_map(|token| match token {
            Token::Character(character) => Some(*character),
            Token::Any => None,
        })
        .collect();
    let start = with_empty_wildcards(&tokens, BTreeSet::from([0]));
    let (mut seen, mut open) = (BTreeSet::from([start.clone()]), vec![start]);
    while let Some(prefixes) = open.pop() {
        for character in &alphabet {
            let next = with_empty_wildcards(&tokens, step(&tokens, &prefixes, *character));
            if next.len() >= LIMIT {
                return true;
            }
            if seen.len() < MAX_SETS && !seen.contains(&next) {
                seen.insert(next.clone());
                open.push(next);
            }
        }
    }
    false
}

/// The lengths of the prefixes that match a value with one more character.
fn step(tokens: &[Token], prefixes: &BTreeSet<usize>, character: char) -> BTreeSet<usize> {
    let mut next = BTreeSet::new();
    for length in prefixes {
        if tokens.get(*length) == Some(&Token::Character(character)) {
            next.insert(length + 1);
        }
        if length.checked_sub(1).and_then(|last| tokens.get(last)) == Some(&Token::Any) {
            next.insert(*length);
        }
    }
    next
}

/// Adds the prefixes that end with a wildcard which matches no character.
fn with_empty_wildcards(tokens: &[Token], mut prefixes: BTreeSet<usize>) -> BTreeSet<usize> {
    let longer = prefixes.iter().filter(|length| tokens.get(**length) == Some(&Token::Any)).map(|length| length + 1);
    prefixes.extend(longer.collect::<Vec<_>>());
    prefixes
}
