//! Reads YAML into nodes, from the events of the parser and with a stack of its own, so that deep nesting meets a limit
//! and not the end of the thread's stack. What CloudFormation does not accept is refused: keys that are not scalars, and
//! tags that are no intrinsics. Aliases and merge keys are expanded, as SAM does before a deployment.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use saphyr::{Scalar, ScalarStyle, Tag};
use saphyr_parser::{Event, Parser};
use serde_json::Number;

use super::{
    error::ReadError,
    node::{Data, Entries, Key, Node, take},
};

/// The maximum size of a template in CloudFormation, in bytes.
const LARGEST: usize = 1_048_576;

/// The maximum nesting depth of lists and maps.
const DEEPEST: usize = 64;

/// The maximum number of values that aliases copy.
const MOST_COPIES: usize = 100_000;

/// The short forms of intrinsics, which are the long ones without `Fn::`; `Ref` and `Condition` have no such prefix. The
/// last six belong to the section Rules.
const SHORT_FORMS: &str = "And Base64 Cidr Equals FindInMap GetAZs GetAtt If ImportValue Join Length Not Or Select Split \
    Sub ToJsonString Transform Contains EachMemberEquals EachMemberIn RefAll ValueOf ValueOfAll";

/// Reads the only document of a text.
pub(super) fn read(text: &str) -> Result<Node, ReadError> {
    if text.len() > LARGEST {
        return Err(ReadError::TooLarge { bytes: text.len(), limit: LARGEST });
    }
    let mut open: Vec<Open> = Vec::new();
    let mut anchors = Anchors::default();
    let mut document = None;
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| ReadError::Yaml { line: error.marker().line(), problem: error.info().to_owned() })?;
        let line = span.start.line();
        let done = match event {
            Event::SequenceStart(anchor, tag) => {
                open.push(Open { line, anchor, tag: short_form(line, tag)?, inner: Inner::List(Vec::new()) });
                None
            }
            Event::MappingStart(anchor, tag) => {
                let inner = Inner::Map(Vec::new(), HashSet::new(), None);
                open.push(Open { line, anchor, tag: short_form(line, tag)?, inner });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                None => None,
                Some(done) => {
                    let anchor = done.anchor;
                    Some(anchors.keep(anchor, done.close()?))
                }
            },
            Event::Scalar(text, style, anchor, tag) => Some(anchors.keep(anchor, scalar(line, text, style, tag)?)),
            Event::Alias(anchor) => Some(anchors.copy(anchor, line, open.len())?),
            Event::DocumentStart(_) if document.is_some() => {
                return Err(ReadError::Yaml { line, problem: "a second document begins".to_owned() });
            }
            Event::DocumentStart(_) | Event::DocumentEnd | Event::StreamStart | Event::StreamEnd | Event::Nothing => {
                None
            }
        };
        if open.len() > DEEPEST {
            return Err(ReadError::TooDeep { line, limit: DEEPEST });
        }
        match (done, open.last_mut()) {
            (None, _) => {}
            (Some(node), None) => document = Some(node),
            (Some(node), Some(outer)) => outer.add(node)?,
        }
    }
    Ok(document.unwrap_or(Node { line: 1, data: Data::Null }))
}

/// A list or map that has begun and not ended.
struct Open {
    line: usize,
    anchor: usize,
    tag: Option<String>,
    inner: Inner,
}

enum Inner {
    List(Vec<Node>),
    Map(Entries, HashSet<String>, Option<Key>),
}

impl Open {
    fn add(&mut self, node: Node) -> Result<(), ReadError> {
        match &mut self.inner {
            Inner::List(items) => items.push(node),
            Inner::Map(entries, seen, key) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => {
                    let name = node.spelled().ok_or_else(|| node.wrong("a key", "text"))?;
                    if !seen.insert(name.clone()) {
                        return Err(ReadError::Twice { line: node.line, key: name });
                    }
                    *key = Some(Key { line: node.line, name });
                }
            },
        }
        Ok(())
    }

    fn close(self) -> Result<Node, ReadError> {
        let data = match self.inner {
            Inner::List(items) => Data::List(items),
            Inner::Map(entries, seen, _) if seen.contains(MERGE) => Data::Map(merged(entries)?),
            Inner::Map(entries, ..) => Data::Map(entries),
        };
        Ok(expanded(self.tag, Node { line: self.line, data }))
    }
}

/// The key whose maps are merged into the map in which it stands.
const MERGE: &str = "<<";

/// The entries with the merged ones. An own entry wins, and of the merged ones the first.
fn merged(mut entries: Entries) -> Result<Entries, ReadError> {
    for map in take(&mut entries, MERGE).map(Node::into_items).unwrap_or_default() {
        for (key, value) in map.into_map(MERGE)? {
            if !entries.iter().any(|(there, _)| there.name == key.name) {
                entries.push((key, value));
            }
        }
    }
    Ok(entries)
}

fn scalar(line: usize, text: Cow<'_, str>, style: ScalarStyle, tag: Option<Cow<'_, Tag>>) -> Result<Node, ReadError> {
    let spelled = text.clone().into_owned();
    let data = match Scalar::parse_from_cow_and_metadata(text, style, tag.as_ref()) {
        Some(Scalar::Null) => Data::Null,
        Some(Scalar::Boolean(truth)) => Data::Bool(truth),
        Some(Scalar::Integer(number)) => Data::Number(number.into()),
        Some(Scalar::FloatingPoint(number)) => match Number::from_f64(number.into_inner()) {
            // A number that JSON does not have, such as infinity, stays text.
            Some(number) => Data::Number(number),
            None => Data::Text(spelled),
        },
        Some(Scalar::String(text)) => Data::Text(text.into_owned()),
        None => return Err(ReadError::Yaml { line, problem: format!("{spelled:?} is not what its tag says") }),
    };
    Ok(expanded(short_form(line, tag)?, Node { line, data }))
}

// The long name of an intrinsic, if the tag is the short one.
fn short_form(line: usize, tag: Option<Cow<'_, Tag>>) -> Result<Option<String>, ReadError> {
    match tag {
        None => Ok(None),
        // A lone exclamation mark is no tag of an intrinsic.
        Some(tag) if tag.is_yaml_core_schema() || tag.suffix.trim_start_matches('!').is_empty() => Ok(None),
        Some(tag) if tag.handle == "!" && matches!(tag.suffix.as_str(), "Ref" | "Condition") => {
            Ok(Some(tag.suffix.clone()))
        }
        Some(tag) if tag.handle == "!" && SHORT_FORMS.split(' ').any(|form| form == tag.suffix) => {
            Ok(Some(format!("Fn::{}", tag.suffix)))
        }
        Some(tag) => Err(ReadError::UnknownTag { line, tag: tag.suffix.clone() }),
    }
}

fn expanded(name: Option<String>, node: Node) -> Node {
    let line = node.line;
    match (name, node.spelled()) {
        (None, _) => node,
        (Some(name), Some(path)) if name == "Fn::GetAtt" => {
            let parts = path.splitn(2, '.').map(|part| Node::text(line, part)).collect();
            within(line, name, Node::list(line, parts))
        }
        (Some(name), _) => within(line, name, node),
    }
}

fn within(line: usize, name: String, value: Node) -> Node {
    Node::map(line, vec![(Key { line: value.line, name }, value)])
}

/// The anchored values by the number of the anchor in the parser; 0 is no anchor.
#[derive(Default)]
struct Anchors {
    named: HashMap<usize, (Node, Extent)>,
    copied: usize,
}

/// The number of values in a value, and their nesting depth.
#[derive(Clone, Copy)]
struct Extent {
    values: usize,
    depth: usize,
}

impl Anchors {
    /// Keeps a value that has an anchor.
    fn keep(&mut self, anchor: usize, node: Node) -> Node {
        if anchor > 0 {
            self.named.insert(anchor, (node.clone(), extent(&node)));
        }
        node
    }

    /// A copy of the anchored value, for an alias at this depth.
    fn copy(&mut self, anchor: usize, line: usize, depth: usize) -> Result<Node, ReadError> {
        let Some((node, extent)) = self.named.get(&anchor) else {
            let problem = "an alias stands within the value that it names".to_owned();
            return Err(ReadError::Yaml { line, problem });
        };
        self.copied += extent.values;
        if self.copied > MOST_COPIES {
            return Err(ReadError::Yaml { line, problem: format!("its aliases make more than {MOST_COPIES} values") });
        }
        if depth + extent.depth > DEEPEST {
            return Err(ReadError::TooDeep { line, limit: DEEPEST });
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
        _ => Extent { values: 1, depth: 0 },
    }
}
