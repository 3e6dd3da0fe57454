//! The tree of causes of a correlation: where each node stands, and the lines between them.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use serde_json::Value;

use crate::{
    commands::text,
    page::{clean, shortened},
};

/// The size of a node and of the space that it takes.
const WIDTH: usize = 190;
const HEIGHT: usize = 34;
const ACROSS: usize = 220;
const DOWN: usize = 44;

/// The deepest and the most that is drawn.
const DEEPEST: usize = 60;
const MOST: usize = 1_000;

struct Placed<'n> {
    node: &'n Value,
    column: usize,
    row: usize,
    /// The place of its cause, if that is drawn.
    cause: Option<(usize, usize)>,
}

/// The nodes in their places: a column for each step from the first cause, a row for each branch.
fn placed(nodes: &[Value]) -> Vec<Placed<'_>> {
    let known: BTreeSet<&str> = nodes.iter().map(|node| text(node, "/id")).collect();
    let mut children: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    let mut roots = Vec::new();
    for node in nodes {
        let cause = text(node, "/parent");
        if known.contains(cause) { children.entry(cause).or_default().push(node) } else { roots.push(node) }
    }
    let mut waiting: Vec<_> = roots.into_iter().rev().map(|node| (node, 0, None, false)).collect();
    let (mut found, mut seen, mut row) = (Vec::<Placed<'_>>::new(), BTreeSet::new(), 0);
    while let Some((node, column, cause, is_first)) = waiting.pop() {
        if found.len() == MOST || !seen.insert(text(node, "/id")) {
            continue;
        }
        // The first consequence stands beside its cause, the others below.
        if !found.is_empty() && !is_first {
            row += 1;
        }
        found.push(Placed { node, column, row, cause });
        let below = children.get(text(node, "/id")).map(Vec::as_slice).unwrap_or_default();
        let places = below.iter().enumerate().rev();
        if column < DEEPEST {
            waiting.extend(places.map(|(place, child)| (*child, column + 1, Some((column, row)), place == 0)));
        }
    }
    found
}

/// The graph. A node leads to its entry in the timeline.
pub(crate) fn graph(nodes: &[Value]) -> Markup {
    let placed = placed(nodes);
    let columns = placed.iter().map(|it| it.column).max().unwrap_or_default() + 1;
    let rows = placed.iter().map(|it| it.row).max().unwrap_or_default() + 1;
    let (width, height) = (columns * ACROSS, rows * DOWN);
    html! {
        div.scroll tabindex="0" aria-label="Graph of causes" {
            svg.graph width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } role="group" aria-label="Graph of causes" {
                @for it in &placed { @if let Some((column, row)) = it.cause {
                    @let (x, y) = (column * ACROSS + WIDTH, row * DOWN + HEIGHT / 2);
                    @let (to, down) = (it.column * ACROSS, it.row * DOWN + HEIGHT / 2);
                    path.edge d={ "M" (x) "," (y) " C" (x + 15) "," (y) " " (to - 15) "," (down) " " (to) "," (down) } {}
                } }
                @for it in &placed {
                    @let (x, y) = (it.column * ACROSS, it.row * DOWN);
                    a href={ "#" (anchor(text(it.node, "/id"))) } {
                        rect.node.(clean(text(it.node, "/kind"))) x=(x) y=(y) width=(WIDTH) height=(HEIGHT) rx="4" {}
                        text x=(x + 8) y=(y + 15) { (shortened(text(it.node, "/type"), 26)) }
                        text.dim x=(x + 8) y=(y + 28) { (shortened(text(it.node, "/stream"), 28)) }
                    }
                }
            }
        }
    }
}

/// The anchor of a node's entry.
pub(crate) fn anchor(id: &str) -> String {
    let plain: String =
        id.chars().take(200).map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    format!("n-{plain}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_consequence_stands_beside_its_cause_and_the_others_below() {
        let node = |id: &str, parent: &str| json!({ "id": id, "parent": parent, "type": id, "kind": "event" });
        let nodes = [node("a", "outside"), node("b", "a"), node("c", "a"), node("d", "b"), node("loop", "loop")];
        let places: BTreeMap<String, (usize, usize)> =
            placed(&nodes).iter().map(|it| (text(it.node, "/id").to_owned(), (it.column, it.row))).collect();
        let expected = [("a", (0, 0)), ("b", (1, 0)), ("c", (1, 1)), ("d", (2, 0))];
        assert_eq!(places, expected.map(|(id, place)| (id.to_owned(), place)).into());
    }
}
