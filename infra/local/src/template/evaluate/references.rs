//! Evaluates references: Ref and GetAtt of parameters, resources, the resources that SAM generates, and nested stacks.
//! What only the cloud knows becomes a finding and a placeholder of the right type.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Evaluator, Kind, wrong};
use crate::template::{
    document::Declared,
    error::{Finding, ReadError},
    naming::{Identity, NESTED, Settings, generated, name_property, parent_property, stack_id, uuid},
    node::{Data, Key, Node, is_macro},
    resources::Stack,
};

/// The unsupported functions of one value.
const OF_ONE_VALUE: [&str; 5] = ["Fn::Base64", "Fn::Cidr", "Fn::GetAZs", "Fn::GetStackOutput", "Fn::ImportValue"];

/// The number of blocks or zones in a placeholder list.
const PLACEHOLDER_ITEMS: usize = 6;

/// The generated resources of SAM that a template can name.
const GENERATED: [&str; 7] =
    ["Alias", "Version", "Stage", "Deployment", "DestinationQueue", "DestinationTopic", "UsagePlan"];

/// Whether this function needs other stacks, the cloud or a macro, and is not supported here.
pub(super) fn is_unsupported(name: &str) -> bool {
    OF_ONE_VALUE.contains(&name) || is_macro(name)
}

impl<'t> Evaluator<'t> {
    pub(super) fn reference(&mut self, line: usize, argument: &'t Node) -> Result<Option<Node>, ReadError> {
        let name = argument.as_text("Ref")?;
        self.named(line, &name)
    }

    /// The value of a name in Ref or in Sub.
    pub(super) fn named(&mut self, line: usize, name: &str) -> Result<Option<Node>, ReadError> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if name == "AWS::NotificationARNs" {
            return Ok(Some(Node::list(line, Vec::new())));
        }
        if let Some(value) = self.pseudo(name) {
            return self.made_text(line, value);
        }
        if let Some(value) = self.parameters.get(name) {
            let size = value.spelled().map_or(1, |text| text.len());
            self.count(line, size)?;
            if self.is_looked_up(name) {
                self.placeholders += 1;
            }
            return Ok(Some(Node { line, ..value.clone() }));
        }
        if let Some(value) = self.of_sam(line, name)? {
            return self.made_text(line, value);
        }
        let (resource, identity) = self.identity(line, "parameter or resource", name)?;
        if name_property(&resource.kind).is_none() {
            let what = format!("what Ref gives for a {} is not known; {:?} was put in", resource.kind, identity.name);
            self.findings.push(Finding::new(line, &resource.id, what));
            self.placeholders += 1;
        }
        let value = identity.reference(self.settings);
        self.made_text(line, value)
    }

    pub(super) fn get_att(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, ReadError> {
        let path = match argument.spelled() {
            Some(path) => path,
            None => match argument.as_list(&key.name)? {
                [id, attribute] => {
                    let id = id.as_text(&key.name)?;
                    format!("{id}.{}", self.text(key, attribute, "the attribute")?)
                }
                others => return Err(wrong(key, format!("takes a resource and an attribute, not {}", others.len()))),
            },
        };
        match path.split_once('.') {
            Some((id, attribute)) => self.attribute(key, id, attribute),
            None => Err(wrong(key, format!("{path:?} names no attribute"))),
        }
    }

    pub(super) fn attribute(&mut self, key: &Key, id: &str, attribute: &str) -> Result<Option<Node>, ReadError> {
        if let Some(value) = self.attribute_of_sam(key.line, id, attribute)? {
            return self.made_text(key.line, value);
        }
        let (resource, identity) = self.identity(key.line, "resource", id)?;
        if let Some(value) = identity.attribute(self.settings, attribute) {
            return self.made_text(key.line, value);
        }
        if let Some(output) = attribute.strip_prefix("Outputs.").filter(|_| resource.kind == NESTED)
            && let Some(value) = self.output_of(key.line, resource, output)?
        {
            return self.made_text(key.line, value);
        }
        self.unknown_attribute(key, resource, &identity.name, attribute)
    }

    fn unknown_attribute(
        &mut self,
        key: &Key,
        resource: &Declared,
        name: &str,
        attribute: &str,
    ) -> Result<Option<Node>, ReadError> {
        let (id, kind) = (&resource.id, &resource.kind);
        if name_property(kind).is_some() && kind != NESTED {
            return Err(wrong(key, format!("{id}, a {kind}, has no attribute {attribute}")));
        }
        let placeholder = format!("{name}.{attribute}");
        let what = format!("{attribute} of a {kind} is not known; {placeholder:?} was put in");
        self.findings.push(Finding::new(key.line, id, what));
        self.placeholders += 1;
        self.made_text(key.line, placeholder)
    }

    /// The names of a resource, evaluated once.
    pub(in crate::template) fn identity(
        &mut self,
        line: usize,
        what: &'static str,
        id: &str,
    ) -> Result<(&'t Declared, Identity), ReadError> {
        let Some(resource) = self.resources.get(id).copied().filter(|_| !self.in_condition) else {
            return Err(ReadError::Unresolved { line, what, name: id.to_owned() });
        };
        if !self.is_there(resource)? {
            let what = "resource (its condition does not hold)";
            return Err(ReadError::Unresolved { line, what, name: id.to_owned() });
        }
        if let Some(user) = self.user {
            self.uses.push((user, &resource.id, line));
        }
        if let Some(known) = self.identities.get(id) {
            return Ok((resource, known.clone()));
        }
        self.begin(Kind::Resource, &resource.id, line)?;
        let identity = self.evaluate_identity(resource)?;
        self.end();
        self.identities.insert(&resource.id, identity.clone());
        Ok((resource, identity))
    }

    fn evaluate_identity(&mut self, resource: &'t Declared) -> Result<Identity, ReadError> {
        let property = |name: Option<&str>| name.and_then(|name| resource.properties.get(name));
        let (name, limit) = name_property(&resource.kind).unwrap_or((None, 255));
        let given = self.optional_text(resource, property(name))?;
        let parent = self.optional_text(resource, property(parent_property(&resource.kind)))?;
        let is_fifo = property(Some("FifoQueue")).and_then(Node::spelled).is_some_and(|fifo| fifo == "true");
        let name = match (given, resource.kind.as_str()) {
            (Some(name), _) => name,
            (None, "AWS::Lambda::EventSourceMapping") => uuid(&format!("{}/{}", self.settings.stack_name, resource.id)),
            (None, _) => generated(self.settings, &resource.id, limit, if is_fifo { ".fifo" } else { "" }),
        };
        let has_stream = property(Some("StreamSpecification")).is_some();
        Ok(Identity { kind: resource.kind.clone(), name, parent, has_stream })
    }

    fn optional_text(&mut self, resource: &Declared, node: Option<&'t Node>) -> Result<Option<String>, ReadError> {
        let Some(value) = node.map(|node| self.value(node)).transpose()?.flatten() else { return Ok(None) };
        value.as_text(&format!("the name of {}", resource.id)).map(Some)
    }

    fn pseudo(&self, name: &str) -> Option<String> {
        let settings = self.settings;
        match name {
            "AWS::Region" => Some(settings.region.clone()),
            "AWS::AccountId" => Some(settings.account.clone()),
            "AWS::StackName" => Some(settings.stack_name.clone()),
            "AWS::Partition" => Some(settings.partition().to_owned()),
            "AWS::URLSuffix" => Some(settings.url_suffix().to_owned()),
            "AWS::StackId" => Some(stack_id(settings, &settings.stack_name)),
            _ => None,
        }
    }

    /// An output of a nested stack; `None` if its template is not on this machine.
    pub(super) fn output_of(
        &mut self,
        line: usize,
        resource: &'t Declared,
        output: &str,
    ) -> Result<Option<String>, ReadError> {
        self.read_nested(resource)?;
        let Some(Some(stack)) = self.nested.get(resource.id.as_str()) else { return Ok(None) };
        match stack.outputs.iter().find(|one| one.name == output) {
            Some(output) => Ok(Some(output.value.clone())),
            None => {
                let name = format!("{}.Outputs.{output}", resource.id);
                Err(ReadError::Unresolved { line, what: "output of a nested stack", name })
            }
        }
    }

    /// All resources of a nested stack; `None` if its template is not on this machine.
    pub(in crate::template) fn nested(&mut self, resource: &'t Declared) -> Result<Option<Stack>, ReadError> {
        self.read_nested(resource)?;
        Ok(self.nested.get(resource.id.as_str()).cloned().flatten())
    }

    fn read_nested(&mut self, resource: &'t Declared) -> Result<(), ReadError> {
        if self.nested.contains_key(resource.id.as_str()) || resource.kind != NESTED {
            return Ok(());
        }
        let (_, identity) = self.identity(resource.line, "resource", &resource.id)?;
        self.begin(Kind::Resource, &resource.id, resource.line)?;
        let outer = self.user.replace(&resource.id);
        let (path, parameters) = self.nested_template(resource)?;
        self.user = outer;
        self.end();
        let stack = match self.nesting.inner(resource, &path, self.depth, self.made)? {
            None => None,
            Some((text, nesting)) => {
                let settings = Settings { stack_name: identity.name, parameters, ..self.settings.clone() };
                let refused = |source| ReadError::Nested {
                    line: resource.line,
                    resource: resource.id.clone(),
                    path: nesting.shown.clone().unwrap_or_default(),
                    source: Box::new(source),
                };
                let (mut stack, made) = (nesting.read)(&text, &settings, &nesting).map_err(refused)?;
                self.made = made;
                for finding in stack.findings.iter_mut().filter(|finding| finding.file.is_none()) {
                    finding.file.clone_from(&nesting.shown);
                }
                Some(stack)
            }
        };
        self.nested.insert(&resource.id, stack);
        Ok(())
    }

    /// The path of a nested template, and the values of its parameters.
    fn nested_template(&mut self, resource: &'t Declared) -> Result<(String, BTreeMap<String, String>), ReadError> {
        let Some(url) = resource.properties.get("TemplateURL") else {
            return Err(ReadError::missing(resource.line, &resource.id, "TemplateURL"));
        };
        let place = format!("{}.TemplateURL", resource.id);
        let path = self.value(url)?.ok_or_else(|| url.wrong(&place, "text"))?.as_text(&place)?;
        let mut parameters = BTreeMap::new();
        let place = format!("{}.Parameters", resource.id);
        let given = match resource.properties.get("Parameters") {
            None => None,
            Some(given) => self.value(given)?,
        };
        for (key, value) in given.map(|given| given.into_map(&place)).transpose()?.into_iter().flatten() {
            parameters.insert(key.name, as_parameter(&value, &place)?);
        }
        Ok((path, parameters))
    }

    /// The result of Ref for a name that SAM generates; `None` for any other name.
    pub(super) fn of_sam(&mut self, line: usize, name: &str) -> Result<Option<String>, ReadError> {
        if !self.sections.serverless || self.resources.contains_key(name) {
            return Ok(None);
        }
        match name.split_once('.') {
            Some((id, made)) if self.resources.contains_key(id) => self.generated_by_sam(line, id, made).map(Some),
            None if self.is_implicit(name) => Ok(Some(self.substitute_name(line, name))),
            _ => Ok(None),
        }
    }

    /// The result of GetAtt for a name that SAM generates; `None` for any other name.
    pub(super) fn attribute_of_sam(
        &mut self,
        line: usize,
        id: &str,
        attribute: &str,
    ) -> Result<Option<String>, ReadError> {
        let made = attribute.split('.').next().unwrap_or_default();
        match (self.sections.serverless, self.resources.contains_key(id), attribute) {
            (true, true, "Version.Version") => {
                self.report_placeholder(line, format!("versions of {id} are not supported here; $LATEST was put in"));
                Ok(Some("$LATEST".to_owned()))
            }
            (true, true, _) if GENERATED.contains(&made) => self.generated_by_sam(line, id, made).map(Some),
            (true, false, _) if self.is_implicit(id) => {
                Ok(Some(self.substitute_name(line, &format!("{id}.{attribute}"))))
            }
            _ => Ok(None),
        }
    }

    /// Whether the value of this parameter is the name of an SSM parameter.
    pub(super) fn is_looked_up(&self, name: &str) -> bool {
        let declared = self.sections.parameters.iter().find(|(key, _)| key.name == name);
        let kind = declared.and_then(|(_, declaration)| declaration.get("Type")?.spelled());
        kind.is_some_and(|kind| kind.starts_with("AWS::SSM::"))
    }

    /// Whether SAM generates this resource for the template, or for a resource under a name of its own.
    fn is_implicit(&self, name: &str) -> bool {
        const OF_ALL: [&str; 3] = ["ServerlessRestApi", "ServerlessHttpApi", "ServerlessDeploymentApplication"];
        let rests = self.resources.keys().filter_map(|id| name.strip_prefix(id));
        let mut beside = rests.filter(|rest| !rest.is_empty());
        OF_ALL.iter().any(|made| name.starts_with(made))
            || beside.any(|rest| {
                rest == "Url" || rest.ends_with("Stage") || GENERATED.iter().any(|made| rest.starts_with(made))
            })
    }

    /// A resource that SAM generates for this one. The function replaces its versions and aliases.
    fn generated_by_sam(&mut self, line: usize, id: &str, made: &str) -> Result<String, ReadError> {
        let (_, identity) = self.identity(line, "resource", id)?;
        match (made, identity.arn(self.settings)) {
            ("Alias" | "Version", Some(arn)) => {
                let what = format!("versions and aliases are not supported here; {id} itself was put in");
                self.report_placeholder(line, what);
                Ok(arn)
            }
            _ => Ok(self.substitute_name(line, &format!("{id}.{made}"))),
        }
    }

    fn substitute_name(&mut self, line: usize, name: &str) -> String {
        self.report_placeholder(line, format!("{name}, which SAM makes, is not supported here; {name:?} was put in"));
        name.to_owned()
    }

    /// Reports an unsupported function, and returns a placeholder.
    pub(super) fn unsupported(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, ReadError> {
        if is_macro(&key.name) {
            self.left_out(key);
            return Ok(Some(Node::map(key.line, Vec::new())));
        }
        // An error inside is an error in the cloud, too.
        let inner = self.value(argument)?.and_then(|value| value.spelled());
        let short = key.name.trim_start_matches("Fn::");
        let placeholder = format!("{short}-{}", inner.as_deref().unwrap_or("unknown"));
        let list = matches!(key.name.as_str(), "Fn::Cidr" | "Fn::GetAZs");
        let what = format!("{} is not supported here; {placeholder:?} was put in", key.name);
        self.report_placeholder(key.line, what);
        match list {
            false => self.made_text(key.line, placeholder),
            true => {
                self.count(key.line, (placeholder.len() + 2) * PLACEHOLDER_ITEMS)?;
                let items =
                    (0..PLACEHOLDER_ITEMS).map(|number| Node::text(key.line, format!("{placeholder}-{number}")));
                Ok(Some(Node::list(key.line, items.collect())))
            }
        }
    }

    /// Reports a macro or a loop that is left out.
    pub(super) fn left_out(&mut self, key: &Key) {
        self.report_placeholder(key.line, format!("{} is not supported here, and nothing was put in", key.name));
    }

    /// Reports a placeholder.
    pub(super) fn report_placeholder(&mut self, line: usize, what: String) {
        self.findings.push(Finding::new(line, self.user.unwrap_or("the template"), what));
        self.placeholders += 1;
    }

    /// Refuses circular dependencies between resources, as CloudFormation does.
    pub(in crate::template) fn refuse_cycles(&self) -> Result<(), ReadError> {
        let mut dependencies: HashMap<&str, Vec<(&str, usize)>> = HashMap::new();
        for (user, used, line) in &self.uses {
            dependencies.entry(user).or_default().push((used, *line));
        }
        let mut done: HashSet<&str> = HashSet::new();
        for (start, ..) in &self.uses {
            if done.contains(start) {
                continue;
            }
            // The current path, each with the number of its dependencies that were followed.
            let mut path: Vec<(&str, usize)> = vec![(start, 0)];
            let mut on_path: HashSet<&str> = HashSet::from([*start]);
            while let Some((user, followed)) = path.last_mut() {
                let Some((used, line)) = dependencies.get(user).and_then(|all| all.get(*followed)).copied() else {
                    on_path.remove(user);
                    done.insert(user);
                    path.pop();
                    continue;
                };
                *followed += 1;
                if on_path.contains(used) {
                    let names = path.iter().map(|(user, _)| *user).skip_while(|user| *user != used).chain([used]);
                    return Err(ReadError::Cycle { line, path: names.collect::<Vec<_>>().join(" → ") });
                }
                if !done.contains(used) {
                    path.push((used, 0));
                    on_path.insert(used);
                }
            }
        }
        Ok(())
    }
}

/// The value of a parameter of a nested stack. A list is joined by commas.
fn as_parameter(value: &Node, place: &str) -> Result<String, ReadError> {
    let Data::List(items) = &value.data else { return value.as_text(place) };
    let items: Vec<String> = items.iter().map(|item| item.as_text(place)).collect::<Result<_, _>>()?;
    Ok(items.join(","))
}
