//! Evaluates intrinsic functions: takes a node and returns it without intrinsics. Depth, size and cycles are limited,
//! because a short template can ask for more than any machine has.

mod references;

use std::collections::{BTreeMap, HashMap};

use super::{
    document::{Declared, Sections},
    error::{Finding, ReadError},
    naming::{Identity, Settings},
    nesting::Nesting,
    node::{Data, Entries, Key, Node, is_macro},
    resources::Stack,
};

/// The maximum depth of values in values and of names in names.
const DEEPEST: usize = 96;

/// The maximum size of all values that are made while one template is read, in characters and nodes.
const MOST: usize = 4_000_000;

/// The kind of thing that is being evaluated: a condition and a resource may have the same name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Condition,
    Resource,
}

/// Evaluates the intrinsics of one template.
pub(super) struct Evaluator<'t> {
    pub(super) settings: &'t Settings,
    parameters: &'t BTreeMap<String, Node>,
    sections: &'t Sections,
    resources: HashMap<&'t str, &'t Declared>,
    declared_conditions: HashMap<&'t str, (&'t Key, &'t Node)>,
    conditions: HashMap<&'t str, bool>,
    identities: HashMap<&'t str, Identity>,
    in_progress: Vec<(Kind, &'t str)>,
    depth: usize,
    pub(super) made: usize,
    in_condition: bool,
    /// The resource that is being evaluated.
    user: Option<&'t str>,
    /// Each resource with one that it depends on, and the line.
    uses: Vec<(&'t str, &'t str, usize)>,
    pub(super) findings: Vec<Finding>,
    /// The number of placeholders for values that only the cloud knows.
    placeholders: usize,
    nesting: &'t Nesting,
    /// The nested stacks that were read, by logical id; `None` for one whose template is not on this machine.
    nested: HashMap<&'t str, Option<Stack>>,
}

/// The progress of an evaluator.
pub(super) struct Mark {
    placeholders: usize,
    depth: usize,
    in_progress: usize,
}

impl<'t> Evaluator<'t> {
    pub(super) fn new(
        settings: &'t Settings,
        parameters: &'t BTreeMap<String, Node>,
        sections: &'t Sections,
        resources: &'t [Declared],
        nesting: &'t Nesting,
    ) -> Self {
        Self {
            settings,
            parameters,
            sections,
            resources: resources.iter().map(|resource| (resource.id.as_str(), resource)).collect(),
            declared_conditions: sections
                .conditions
                .iter()
                .map(|(key, node)| (key.name.as_str(), (key, node)))
                .collect(),
            conditions: HashMap::new(),
            identities: HashMap::new(),
            in_progress: Vec::new(),
            depth: nesting.depth,
            made: nesting.made,
            in_condition: false,
            user: None,
            uses: Vec::new(),
            findings: Vec::new(),
            placeholders: 0,
            nesting,
            nested: HashMap::new(),
        }
    }

    /// The progress so far.
    pub(super) fn mark(&self) -> Mark {
        Mark { placeholders: self.placeholders, depth: self.depth, in_progress: self.in_progress.len() }
    }

    /// Turns an error into a finding if a placeholder since the mark may have caused it. Evaluation then continues with
    /// the next resource.
    pub(super) fn pass_over(
        &mut self,
        since: &Mark,
        resource: &str,
        line: usize,
        error: ReadError,
    ) -> Result<Finding, ReadError> {
        if self.placeholders == since.placeholders || matches!(error, ReadError::TooMuch { .. }) {
            return Err(error);
        }
        self.depth = since.depth;
        self.in_progress.truncate(since.in_progress);
        self.user = None;
        let what = format!("is not supported here, for it needs a value that is not known ({error})");
        Ok(Finding::new(line, resource, what))
    }

    /// Whether the condition of this resource holds.
    pub(super) fn is_there(&mut self, resource: &'t Declared) -> Result<bool, ReadError> {
        match &resource.condition {
            None => Ok(true),
            Some(name) => self.condition(name, resource.line),
        }
    }

    /// Evaluates a part of a resource, and records the resources that it depends on.
    pub(super) fn of_resource(&mut self, resource: &'t Declared, node: &'t Node) -> Result<Node, ReadError> {
        self.user = Some(&resource.id);
        for (need, line) in &resource.depends_on {
            let Some((name, _)) = self.resources.get_key_value(need.as_str()) else {
                return Err(ReadError::Unresolved { line: *line, what: "resource", name: need.clone() });
            };
            self.uses.push((&resource.id, name, *line));
        }
        let value = self.value(node)?;
        self.user = None;
        Ok(value.unwrap_or(Node { line: node.line, data: Data::Null }))
    }

    /// A value without intrinsics; `None` for `AWS::NoValue`.
    pub(super) fn value(&mut self, node: &'t Node) -> Result<Option<Node>, ReadError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ReadError::TooMuch { line: node.line, problem: "lead too deep" });
        }
        let value = self.inner_value(node)?;
        self.depth -= 1;
        Ok(value)
    }

    fn inner_value(&mut self, node: &'t Node) -> Result<Option<Node>, ReadError> {
        let size = if let Data::Text(text) = &node.data { text.len() } else { 1 };
        self.count(node.line, size)?;
        let line = node.line;
        match &node.data {
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => Ok(Some(node.clone())),
            Data::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.extend(self.value(item)?);
                }
                Ok(Some(Node::list(line, values)))
            }
            Data::Map(entries) => match entries.as_slice() {
                [(Key { name, line }, argument)] if name == "Ref" => self.reference(*line, argument),
                [(key, argument)] if key.name.starts_with("Fn::") => self.function(key, argument),
                entries => {
                    let is_function = |key: &Key| key.name.starts_with("Fn::") && !is_macro(&key.name);
                    if let Some((key, _)) = entries.iter().find(|(key, _)| is_function(key)) {
                        return Err(wrong(key, "cannot stand beside other keys"));
                    }
                    let mut values = Vec::with_capacity(entries.len());
                    for (key, value) in entries {
                        self.count(key.line, key.name.len())?;
                        if is_macro(&key.name) {
                            self.left_out(key);
                            continue;
                        }
                        values.extend(self.value(value)?.map(|value| (key.clone(), value)));
                    }
                    Ok(Some(Node::map(line, values)))
                }
            },
        }
    }

    /// Counts the size of a value before it is made.
    fn count(&mut self, line: usize, size: usize) -> Result<(), ReadError> {
        self.made = self.made.saturating_add(size).saturating_add(1);
        match self.made > MOST {
            true => Err(ReadError::TooMuch { line, problem: "make more than four million characters" }),
            false => Ok(()),
        }
    }

    fn made_text(&mut self, line: usize, text: String) -> Result<Option<Node>, ReadError> {
        self.count(line, text.len())?;
        Ok(Some(Node::text(line, text)))
    }

    /// A value that must be text.
    fn text(&mut self, function: &Key, node: &'t Node, what: &str) -> Result<String, ReadError> {
        let value = self.value(node)?;
        match value.as_ref().and_then(Node::spelled) {
            Some(text) => Ok(text),
            None => {
                let found = value.map_or("nothing", |value| value.kind());
                Err(wrong_at(node.line, function, format!("{what} must be text, not {found}")))
            }
        }
    }

    fn begin(&mut self, kind: Kind, name: &'t str, line: usize) -> Result<(), ReadError> {
        let circle = self.in_progress.iter().position(|begun| *begun == (kind, name));
        self.in_progress.push((kind, name));
        match circle {
            None => Ok(()),
            Some(first) => {
                let names = self.in_progress.iter().skip(first).map(|(_, name)| *name);
                Err(ReadError::Cycle { line, path: names.collect::<Vec<_>>().join(" → ") })
            }
        }
    }

    fn end(&mut self) {
        self.in_progress.pop();
    }

    /// Evaluates all conditions, so that an invalid one is found even if it is not used.
    pub(super) fn all_conditions(&mut self) -> Result<(), ReadError> {
        let conditions = &self.sections.conditions;
        conditions.iter().try_for_each(|(key, _)| self.condition(&key.name, key.line).map(|_| ()))
    }

    /// Whether the named condition holds.
    pub(super) fn condition(&mut self, name: &str, line: usize) -> Result<bool, ReadError> {
        if let Some(known) = self.conditions.get(name) {
            return Ok(*known);
        }
        let Some((key, node)) = self.declared_conditions.get(name).copied() else {
            return Err(ReadError::Unresolved { line, what: "condition", name: name.to_owned() });
        };
        self.begin(Kind::Condition, &key.name, line)?;
        let outside = std::mem::replace(&mut self.in_condition, true);
        let holds = self.holds(node)?;
        self.in_condition = outside;
        self.end();
        self.conditions.insert(&key.name, holds);
        Ok(holds)
    }

    fn holds(&mut self, node: &'t Node) -> Result<bool, ReadError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ReadError::TooMuch { line: node.line, problem: "lead too deep" });
        }
        let Some((key, argument)) = node.single() else {
            return Err(node.wrong("a condition", "one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition"));
        };
        let holds = match key.name.as_str() {
            "Condition" => {
                let name = argument.as_text("Condition")?;
                self.condition(&name, argument.line)?
            }
            "Fn::Equals" => match argument.as_list(&key.name)? {
                [one, other] => self.text(key, one, "a value")? == self.text(key, other, "a value")?,
                others => return Err(wrong(key, format!("takes two values, not {}", others.len()))),
            },
            "Fn::Not" => match argument.as_list(&key.name)? {
                [one] => !self.holds(one)?,
                others => return Err(wrong(key, format!("takes one condition, not {}", others.len()))),
            },
            "Fn::And" | "Fn::Or" => {
                let parts = argument.as_list(&key.name)?;
                if !(2..=10).contains(&parts.len()) {
                    return Err(wrong(key, format!("takes two to ten conditions, not {}", parts.len())));
                }
                // All are evaluated, so that an invalid one is always found.
                let mut all = Vec::with_capacity(parts.len());
                for part in parts {
                    all.push(self.holds(part)?);
                }
                if key.name == "Fn::And" { all.iter().all(|one| *one) } else { all.iter().any(|one| *one) }
            }
            _ => return Err(wrong_at(key.line, key, "is not a condition")),
        };
        self.depth -= 1;
        Ok(holds)
    }

    fn function(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, ReadError> {
        match key.name.as_str() {
            "Fn::GetAtt" => self.get_att(key, argument),
            "Fn::Sub" => self.substitute(key, argument),
            "Fn::Join" => self.join(key, argument),
            "Fn::If" => self.choose(key, argument),
            "Fn::Select" => self.select(key, argument),
            "Fn::Split" => self.split(key, argument),
            "Fn::FindInMap" => self.find_in_map(key, argument),
            "Fn::Length" => self.length(key, argument),
            "Fn::ToJsonString" => self.json(key, argument),
            name if references::is_unsupported(name) => self.unsupported(key, argument),
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => Err(wrong(key, "stands in Conditions only")),
            _ => Err(wrong(key, "is no function that CloudFormation has")),
        }
    }

    fn join(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, ReadError> {
        let [delimiter, list] = argument.as_list(&key.name)? else {
            return Err(wrong(key, "takes a delimiter and a list"));
        };
        let delimiter = self.text(key, delimiter, "the delimiter")?;
        let mut joined = String::new();
        for (place, item) in self.list(key, list)?.iter().enumerate() {
            let text =
                item.spelled().ok_or_else(|| wrong_at(item.line, key, format!("cannot join {}", item.kind())))?;
            self.count(key.line, delimiter.len() + text.len())?;
            if place > 0 {
                joined.push_str(&delimiter);
            }
            joined.push_str(&text);
        }
        self.made_text(key.line, joined)
    }

    fn choose(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, ReadError> {
        let [condition, yes, no] = argument.as_list(&key.name)? else {
            return Err(wrong(key, "takes the name of a condition and two values"));
        };
        let name = condition.as_text(&key.name)?;
        if self.condition(&name, condition.line)? { self.value(yes) } else { self.value(no) }
    }

    fn select(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, ReadError> {
        let [place, list] = argument.as_list(&key.name)? else {
            return Err(wrong(key, "takes a place and a list"));
        };
        let place = self.text(key, place, "the place")?;
        let mut items = self.list(key, list)?;
        match place.parse::<usize>() {
            Ok(place) if place < items.len() => Ok(Some(items.swap_remove(place))),
            _ => Err(wrong(key, format!("there is no place {place} in a list of {}", items.len()))),
        }
    }

    fn split(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, ReadError> {
        let [delimiter, text] = argument.as_list(&key.name)? else {
            return Err(wrong(key, "takes a delimiter and a text"));
        };
        let delimiter = self.text(key, delimiter, "the delimiter")?;
        if delimiter.is_empty() {
            return Err(wrong(key, "the delimiter must not be empty"));
        }
        let text = self.text(key, text, "what is split")?;
        let mut parts = Vec::new();
        for part in text.split(&delimiter) {
            self.count(key.line, part.len())?;
            parts.push(Node::text(key.line, part));
        }
        Ok(Some(Node::list(key.line, parts)))
    }

    fn length(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, ReadError> {
        let length = self.list(key, argument)?.len();
        self.made_text(key.line, length.to_string())
    }

    fn json(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, ReadError> {
        let value = self.value(argument)?.unwrap_or(Node { line: key.line, data: Data::Null });
        self.made_text(key.line, value.to_json().to_string())
    }

    fn find_in_map(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, ReadError> {
        let (map, first, second, otherwise) = match argument.as_list(&key.name)? {
            [map, first, second] => (map, first, second, None),
            [map, first, second, last] => (map, first, second, last.get("DefaultValue")),
            _ => return Err(wrong(key, "takes the name of a mapping, two keys, and maybe a DefaultValue")),
        };
        let map = self.text(key, map, "the mapping")?;
        let first = self.text(key, first, "the first key")?;
        let second = self.text(key, second, "the second key")?;
        let mappings = &self.sections.mappings;
        let mapping = mappings.iter().find(|(name, _)| name.name == map).map(|(_, mapping)| mapping);
        let found = match (mapping.and_then(|mapping| mapping.get(&first)?.get(&second)), otherwise, mapping) {
            (Some(found), ..) => found,
            (None, Some(otherwise), _) => return self.value(otherwise),
            (None, None, None) => {
                return Err(ReadError::Unresolved { line: key.line, what: "mapping", name: map });
            }
            (None, None, Some(_)) => {
                let name = format!("{map}.{first}.{second}");
                return Err(ReadError::Unresolved { line: key.line, what: "entry of a mapping", name });
            }
        };
        match &found.data {
            Data::Null | Data::Map(_) => Err(found.wrong(&format!("{map}.{first}.{second}"), "text or a list")),
            // Mappings hold no intrinsics, so there is nothing to evaluate.
            Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => {
                self.count(key.line, found.to_json().to_string().len())?;
                Ok(Some(found.clone()))
            }
        }
    }

    fn list(&mut self, key: &Key, node: &'t Node) -> Result<Vec<Node>, ReadError> {
        match self.value(node)? {
            Some(Node { data: Data::List(items), .. }) => Ok(items),
            Some(other) => Err(wrong_at(node.line, key, format!("wants a list, not {}", other.kind()))),
            None => Err(wrong_at(node.line, key, "wants a list, not nothing")),
        }
    }

    fn substitute(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, ReadError> {
        const NONE: &Entries = &Entries::new();
        if argument.single().is_some_and(|(key, _)| is_macro(&key.name)) {
            self.value(argument)?;
            return self.made_text(key.line, String::new());
        }
        let (text, values) = match &argument.data {
            Data::Text(text) => (text, NONE),
            Data::List(parts) => match parts.as_slice() {
                [Node { data: Data::Text(text), .. }, values] => (text, values.as_map("the values of Fn::Sub")?),
                _ => return Err(wrong(key, "takes a text, or a list of a text and a map of values")),
            },
            _ => return Err(wrong(key, "takes a text, or a list of a text and a map of values")),
        };
        let mut made = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            made.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                return Err(wrong(key, "a ${ is not closed"));
            };
            match name.strip_prefix('!') {
                Some(literal) => made.extend(["${", literal, "}"]),
                None => {
                    let value = self.variable(key, values, name.trim())?;
                    self.count(key.line, value.len())?;
                    made.push_str(&value);
                }
            }
            rest = after;
        }
        made.push_str(rest);
        self.made_text(key.line, made)
    }

    fn variable(&mut self, key: &Key, values: &'t Entries, name: &str) -> Result<String, ReadError> {
        if name.is_empty() || !name.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '_' | '.' | ':')) {
            return Err(wrong(key, format!("{name:?} cannot be the name of a value")));
        }
        if let Some((_, value)) = values.iter().find(|(given, _)| given.name == name) {
            return self.text(key, value, name);
        }
        let value = match name.split_once('.') {
            Some((id, attribute)) => self.attribute(key, id, attribute)?,
            None => self.named(key.line, name)?,
        };
        value.and_then(|value| value.spelled()).ok_or_else(|| wrong(key, format!("{name} is not text")))
    }
}

fn wrong(function: &Key, problem: impl Into<String>) -> ReadError {
    wrong_at(function.line, function, problem)
}

fn wrong_at(line: usize, function: &Key, problem: impl Into<String>) -> ReadError {
    ReadError::Intrinsic { line, function: function.name.clone(), problem: problem.into() }
}
