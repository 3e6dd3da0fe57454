//! Evaluates Ref and GetAtt for parameters, pseudo parameters and resources.

use crate::template::{
    Finding, TemplateError,
    document::Declared,
    naming::{Identity, NESTED, generated, name_property, stack_id, uuid, within_property},
    node::{Key, Node},
};

use super::{Evaluator, Kind, wrong};

impl<'t> Evaluator<'t> {
    pub(super) fn reference(&mut self, line: usize, argument: &'t Node) -> Result<Option<Node>, TemplateError> {
        let name = argument.as_text("Ref")?;
        self.named(line, &name)
    }

    /// What a name stands for in Ref or in Sub.
    pub(super) fn named(&mut self, line: usize, name: &str) -> Result<Option<Node>, TemplateError> {
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
                self.made_up += 1;
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
            self.made_up += 1;
        }
        let value = identity.reference(self.settings);
        self.made_text(line, value)
    }

    pub(super) fn get_att(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, TemplateError> {
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

    pub(super) fn attribute(&mut self, key: &Key, id: &str, attribute: &str) -> Result<Option<Node>, TemplateError> {
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
    ) -> Result<Option<Node>, TemplateError> {
        let (id, kind) = (&resource.id, &resource.kind);
        if name_property(kind).is_some() && kind != NESTED {
            return Err(wrong(key, format!("{id}, a {kind}, has no attribute {attribute}")));
        }
        let placeholder = format!("{name}.{attribute}");
        let what = format!("{attribute} of a {kind} is not known; {placeholder:?} was put in");
        self.findings.push(Finding::new(key.line, id, what));
        self.made_up += 1;
        self.made_text(key.line, placeholder)
    }

    /// The names of a resource, worked out once.
    pub(in crate::template) fn identity(
        &mut self,
        line: usize,
        what: &'static str,
        id: &str,
    ) -> Result<(&'t Declared, Identity), TemplateError> {
        let Some(resource) = self.resources.get(id).copied().filter(|_| !self.in_condition) else {
            return Err(TemplateError::Unresolved { line, what, name: id.to_owned() });
        };
        if !self.is_there(resource)? {
            let what = "resource (its condition does not hold)";
            return Err(TemplateError::Unresolved { line, what, name: id.to_owned() });
        }
        if let Some(user) = self.user {
            self.uses.push((user, &resource.id, line));
        }
        if let Some(known) = self.identities.get(id) {
            return Ok((resource, known.clone()));
        }
        self.begin(Kind::Resource, &resource.id, line)?;
        let identity = self.work_out(resource)?;
        self.end();
        self.identities.insert(&resource.id, identity.clone());
        Ok((resource, identity))
    }

    fn work_out(&mut self, resource: &'t Declared) -> Result<Identity, TemplateError> {
        let property = |name: Option<&str>| name.and_then(|name| resource.properties.get(name));
        let (name, limit) = name_property(&resource.kind).unwrap_or((None, 255));
        let given = self.optional_text(resource, property(name))?;
        let within = self.optional_text(resource, property(within_property(&resource.kind)))?;
        let is_fifo = property(Some("FifoQueue")).and_then(Node::spelled).is_some_and(|fifo| fifo == "true");
        let name = match (given, resource.kind.as_str()) {
            (Some(name), _) => name,
            (None, "AWS::Lambda::EventSourceMapping") => uuid(&format!("{}/{}", self.settings.stack_name, resource.id)),
            (None, _) => generated(self.settings, &resource.id, limit, if is_fifo { ".fifo" } else { "" }),
        };
        let has_stream = property(Some("StreamSpecification")).is_some();
        Ok(Identity { kind: resource.kind.clone(), name, within, has_stream })
    }

    fn optional_text(&mut self, resource: &Declared, node: Option<&'t Node>) -> Result<Option<String>, TemplateError> {
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
}
