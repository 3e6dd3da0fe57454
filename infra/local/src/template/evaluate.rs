//! Evaluates intrinsic functions: takes a node and returns it without intrinsics. Depth, size and cycles are limited,
//! because a short template can ask for more than any machine has.

mod conditions;
mod functions;
mod nested;
mod references;
mod sam;
mod substitute;
mod unsupported;

use std::collections::{BTreeMap, HashMap};

pub(super) use unsupported::may_stand_beside;

use super::{
    Finding, Settings, TemplateError,
    document::{Declared, Document},
    naming::Identity,
    nesting::Nesting,
    node::{Data, Key, Node},
    stack::Stack,
};

/// Values in values, names of names: this many levels on the way down at most.
const DEEPEST: usize = 96;

/// All values made while one template is read, in characters and nodes.
const MOST: usize = 4_000_000;

/// What is being worked out: a condition and a resource may have the same name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Condition,
    Resource,
}

/// Works out the intrinsics of one template.
pub(super) struct Evaluator<'t> {
    pub(super) settings: &'t Settings,
    parameters: &'t BTreeMap<String, Node>,
    document: &'t Document,
    resources: HashMap<&'t str, &'t Declared>,
    declared_conditions: HashMap<&'t str, (&'t Key, &'t Node)>,
    conditions: HashMap<&'t str, bool>,
    identities: HashMap<&'t str, Identity>,
    under_way: Vec<(Kind, &'t str)>,
    depth: usize,
    pub(super) made: usize,
    in_condition: bool,
    /// The resource being worked out, and which resource needs which other, on which line.
    user: Option<&'t str>,
    pub(super) uses: Vec<(&'t str, &'t str, usize)>,
    pub(super) findings: Vec<Finding>,
    /// How many values are not what they will be in the cloud.
    made_up: usize,
    nesting: &'t Nesting,
    /// Nested stacks that have been read, by logical id; nothing for one whose template is not on this machine.
    nested: HashMap<&'t str, Option<Stack>>,
}

/// How far an evaluator has come.
pub(super) struct Mark {
    made_up: usize,
    depth: usize,
    under_way: usize,
}

impl<'t> Evaluator<'t> {
    pub(super) fn new(
        settings: &'t Settings,
        parameters: &'t BTreeMap<String, Node>,
        document: &'t Document,
        resources: &'t [Declared],
        nesting: &'t Nesting,
    ) -> Self {
        Self {
            settings,
            parameters,
            document,
            resources: resources.iter().map(|resource| (resource.id.as_str(), resource)).collect(),
            declared_conditions: document
                .conditions
                .iter()
                .map(|(key, node)| (key.name.as_str(), (key, node)))
                .collect(),
            conditions: HashMap::new(),
            identities: HashMap::new(),
            under_way: Vec::new(),
            depth: nesting.depth,
            made: nesting.made,
            in_condition: false,
            user: None,
            uses: Vec::new(),
            findings: Vec::new(),
            made_up: 0,
            nesting,
            nested: HashMap::new(),
        }
    }

    /// Where it stands now.
    pub(super) fn mark(&self) -> Mark {
        Mark { made_up: self.made_up, depth: self.depth, under_way: self.under_way.len() }
    }

    /// What could not be worked out since then may only be so because of a value that was made up: then that is a
    /// finding and no error, and the next thing is worked out as if nothing had been.
    pub(super) fn pass_over(
        &mut self,
        since: &Mark,
        resource: &str,
        line: usize,
        error: TemplateError,
    ) -> Result<Finding, TemplateError> {
        if self.made_up == since.made_up || matches!(error, TemplateError::TooMuch { .. }) {
            return Err(error);
        }
        self.depth = since.depth;
        self.under_way.truncate(since.under_way);
        self.user = None;
        let what = format!("is not supported here, for it needs a value that is not known ({error})");
        Ok(Finding::new(line, resource, what))
    }

    /// Is this resource there at all?
    pub(super) fn is_there(&mut self, resource: &'t Declared) -> Result<bool, TemplateError> {
        match &resource.condition {
            None => Ok(true),
            Some(name) => self.condition(name, resource.line),
        }
    }

    /// What belongs to a resource, worked out, and the resources that it needs noted.
    pub(super) fn of_resource(&mut self, resource: &'t Declared, node: &'t Node) -> Result<Node, TemplateError> {
        self.user = Some(&resource.id);
        for (need, line) in &resource.needs {
            let Some((name, _)) = self.resources.get_key_value(need.as_str()) else {
                return Err(TemplateError::Unresolved { line: *line, what: "resource", name: need.clone() });
            };
            self.uses.push((&resource.id, name, *line));
        }
        let value = self.value(node)?;
        self.user = None;
        Ok(value.unwrap_or(Node { line: node.line, data: Data::Null }))
    }

    /// A value without intrinsics; nothing where it is `AWS::NoValue`.
    pub(super) fn value(&mut self, node: &'t Node) -> Result<Option<Node>, TemplateError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(TemplateError::TooMuch { line: node.line, problem: "lead too deep" });
        }
        let value = self.inner_value(node)?;
        self.depth -= 1;
        Ok(value)
    }

    fn inner_value(&mut self, node: &'t Node) -> Result<Option<Node>, TemplateError> {
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
                    let is_function =
                        |key: &Key| key.name.starts_with("Fn::") && !unsupported::may_stand_beside(&key.name);
                    if let Some((key, _)) = entries.iter().find(|(key, _)| is_function(key)) {
                        return Err(wrong(key, "cannot stand beside other keys"));
                    }
                    let mut values = Vec::with_capacity(entries.len());
                    for (key, value) in entries {
                        self.count(key.line, key.name.len())?;
                        if unsupported::may_stand_beside(&key.name) {
                            self.left_out(key);
                            continue;
                        }
                        values.extend(self.value(value)?.map(|value| (key.clone(), value)));
                    }
                    Ok(Some(Node { line, data: Data::Map(values) }))
                }
            },
        }
    }

    /// Counts what is made before it is kept.
    fn count(&mut self, line: usize, size: usize) -> Result<(), TemplateError> {
        self.made = self.made.saturating_add(size).saturating_add(1);
        match self.made > MOST {
            true => Err(TemplateError::TooMuch { line, problem: "make more than four million characters" }),
            false => Ok(()),
        }
    }

    fn made_text(&mut self, line: usize, text: String) -> Result<Option<Node>, TemplateError> {
        self.count(line, text.len())?;
        Ok(Some(Node::text(line, text)))
    }

    // The value of something that must be there, as one text.
    fn text(&mut self, function: &Key, node: &'t Node, what: &str) -> Result<String, TemplateError> {
        let value = self.value(node)?;
        match value.as_ref().and_then(Node::spelled) {
            Some(text) => Ok(text),
            None => {
                let found = value.map_or("nothing", |value| value.kind());
                Err(wrong_at(node.line, function, format!("{what} must be text, not {found}")))
            }
        }
    }

    fn begin(&mut self, kind: Kind, name: &'t str, line: usize) -> Result<(), TemplateError> {
        let circle = self.under_way.iter().position(|begun| *begun == (kind, name));
        self.under_way.push((kind, name));
        match circle {
            None => Ok(()),
            Some(first) => {
                let names = self.under_way.iter().skip(first).map(|(_, name)| *name);
                Err(TemplateError::Cycle { line, path: names.collect::<Vec<_>>().join(" → ") })
            }
        }
    }

    fn end(&mut self) {
        self.under_way.pop();
    }
}

fn wrong(function: &Key, problem: impl Into<String>) -> TemplateError {
    wrong_at(function.line, function, problem)
}

fn wrong_at(line: usize, function: &Key, problem: impl Into<String>) -> TemplateError {
    TemplateError::Intrinsic { line, function: function.name.clone(), problem: problem.into() }
}
