//! The tree of causes as lines: the time since the first on the left, branches on the right.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::found::{Kind, Node};
use crate::time_arg;

/// Deeper than this no chain of causes is drawn; the bus stops far earlier.
const DEEPEST: usize = 200;

/// All that happened, by cause.
pub(super) struct Forest {
    nodes: Vec<Node>,
    /// The places of what follows from an id.
    children: BTreeMap<String, Vec<usize>>,
    /// The ids of causes that the log does not hold.
    outside: Vec<String>,
}

impl Forest {
    /// Finds the causes.
    pub(super) fn of(nodes: Vec<Node>) -> Self {
        let mut children: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut causes: Vec<String> = Vec::new();
        for (place, node) in nodes.iter().enumerate() {
            let Some(parent) = &node.parent else { continue };
            children.entry(parent.to_string()).or_default().push(place);
            causes.push(parent.to_string());
        }
        let known: BTreeSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
        let mut outside: Vec<String> = Vec::new();
        for cause in causes {
            if !known.contains(cause.as_str()) && !outside.contains(&cause) {
                outside.push(cause);
            }
        }
        Self { nodes, children, outside }
    }

    /// All that happened, in the order of time.
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The lines.
    pub(super) fn lines(&self) -> Vec<String> {
        let first = self.nodes.iter().map(|node| node.at).min().unwrap_or_default();
        let mut lines = vec![format!("begun {}", time_arg::show(first))];
        for cause in &self.outside {
            lines.push(format!("\n{:>10}  message {cause}, said from outside", ""));
            self.draw(cause, "", first, 0, &mut lines);
        }
        lines
    }

    fn draw(&self, cause: &str, stem: &str, first: Timestamp, depth: usize, lines: &mut Vec<String>) {
        let places = self.children.get(cause).map(Vec::as_slice).unwrap_or_default();
        for (index, node) in places.iter().filter_map(|place| self.nodes.get(*place)).enumerate() {
            let is_last = index + 1 == places.len();
            let (branch, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let time = time_arg::apart(first, node.at);
            lines.push(format!("{time:>10}  {stem}{branch}{}", self.text(node)));
            if depth < DEEPEST {
                self.draw(&node.id, &format!("{stem}{below}"), first, depth + 1, lines);
            }
        }
    }

    fn text(&self, node: &Node) -> String {
        let Node { name, stream, version, said, at, .. } = node;
        match node.kind {
            Kind::Event => {
                let place = format!("{name}  {stream} v{}", version.unwrap_or_default());
                if said.is_empty() { place } else { format!("{place}  {said}") }
            }
            Kind::Send if self.children.contains_key(&node.id) => format!("{name} → {stream}"),
            Kind::Send => format!("{name} → {stream}  {said} (left no fact so far)"),
            Kind::Timer => {
                let due = node.due.unwrap_or(*at);
                format!("timer {name} at {} ({})", time_arg::show(due), time_arg::apart(*at, due))
            }
            Kind::Cancel => format!("timer {name:?} cancelled"),
        }
    }
}
