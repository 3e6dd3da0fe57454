//! YAML anchors and aliases: an alias is replaced by a copy of the anchored value. The size and the depth of all copies
//! are limited, because a few aliases can ask for more than any machine holds.

use std::collections::HashMap;

use super::{
    TemplateError,
    node::{Data, Node},
    yaml::DEEPEST,
};

/// So many values are copied at most.
const MOST: usize = 100_000;

/// The values that have a name, by the number that the parser gives the name; 0 is none.
#[derive(Default)]
pub(super) struct Anchors {
    named: HashMap<usize, (Node, Extent)>,
    copied: usize,
}

/// How many values a value consists of, and how deep they stand in each other.
#[derive(Clone, Copy)]
struct Extent {
    values: usize,
    depth: usize,
}

impl Anchors {
    /// Keeps a value under its name, if it has one.
    pub(super) fn keep(&mut self, anchor: usize, node: Node) -> Node {
        if anchor > 0 {
            self.named.insert(anchor, (node.clone(), extent(&node)));
        }
        node
    }

    /// The value of this name again, for a place that is so deep.
    pub(super) fn copy(&mut self, anchor: usize, line: usize, depth: usize) -> Result<Node, TemplateError> {
        let Some((node, extent)) = self.named.get(&anchor) else {
            let problem = "an alias stands within the value that it names".to_owned();
            return Err(TemplateError::Yaml { line, problem });
        };
        self.copied += extent.values;
        if self.copied > MOST {
            return Err(TemplateError::Yaml { line, problem: format!("its aliases make more than {MOST} values") });
        }
        if depth + extent.depth > DEEPEST {
            return Err(TemplateError::TooDeep { line, limit: DEEPEST });
        }
        Ok(node.clone())
    }
}

fn extent(node: &Node) -> Extent {
    let inner = |nodes: &mut dyn Iterator<Item = &Node>| {
        nodes.map(extent).fold(Extent { values: 1, depth: 1 }, |all, one| Extent {
            values: all.values + one.values,
            depth: all.depth.max(one.depth + 1),
        })
    };
    match &node.data {
        Data::List(items) => inner(&mut items.iter()),
        Data::Map(entries) => inner(&mut entries.iter().map(|(_, value)| value)),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => Extent { values: 1, depth: 0 },
    }
}
