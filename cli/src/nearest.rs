//! Which of the known names somebody may have meant.

use std::collections::BTreeSet;

/// So many are named.
const MOST: usize = 3;

/// The known names that are like the given one, the most similar first.
pub fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Vec<String> {
    let known: BTreeSet<&str> = known.collect();
    let small = name.to_lowercase();
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let other = name.to_lowercase();
            let distance = distance(&small, &other);
            let part = small.len() > 3 && (other.contains(&small) || small.contains(&other) && other.len() > 3);
            (distance <= small.chars().count() / 3 || part).then_some((distance, name))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().take(MOST).map(|(_, name)| name.to_owned()).collect()
}

/// How many letters must be typed anew, added or taken away.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in (1..).zip(one.chars()) {
        let (mut diagonal, mut left) = (line - 1, line);
        let previous = std::mem::replace(&mut row, vec![line]);
        for (above, known) in previous.into_iter().skip(1).zip(&other) {
            left = (diagonal + usize::from(*known != letter)).min(above + 1).min(left + 1);
            diagonal = above;
            row.push(left);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_differ_are_counted() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn the_most_similar_names_come_first_and_strangers_do_not_come_at_all() {
        let known = ["OrderPlaced", "PlaceOrder", "OrderCancelled", "StockShipped"];
        assert_eq!(nearest("OrderPlacd", known.into_iter()), ["OrderPlaced"]);
        assert_eq!(nearest("Order", known.into_iter()), ["PlaceOrder", "OrderPlaced", "OrderCancelled"]);
        assert_eq!(nearest("Bakery", known.into_iter()), Vec::<String>::new());
    }
}
