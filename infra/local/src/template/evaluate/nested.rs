//! Nested stacks: each is read once with its parameters, when an output is first used or in the order of the template.

use std::collections::BTreeMap;

use crate::template::{
    Settings, TemplateError,
    document::Declared,
    naming::NESTED,
    node::{Data, Node},
    read_within,
    stack::Stack,
};

use super::{Evaluator, Kind};

impl<'t> Evaluator<'t> {
    /// What a nested stack says of itself under this name; nothing if its template is not on this machine.
    pub(super) fn output_of(
        &mut self,
        line: usize,
        resource: &'t Declared,
        output: &str,
    ) -> Result<Option<String>, TemplateError> {
        self.read_nested(resource)?;
        let Some(Some(stack)) = self.nested.get(resource.id.as_str()) else { return Ok(None) };
        match stack.outputs.iter().find(|one| one.name == output) {
            Some(output) => Ok(Some(output.value.clone())),
            None => {
                let name = format!("{}.Outputs.{output}", resource.id);
                Err(TemplateError::Unresolved { line, what: "output of a nested stack", name })
            }
        }
    }

    /// Everything that a nested stack makes; nothing if its template is not on this machine.
    pub(in crate::template) fn nested(&mut self, resource: &'t Declared) -> Result<Option<Stack>, TemplateError> {
        self.read_nested(resource)?;
        Ok(self.nested.get(resource.id.as_str()).cloned().flatten())
    }

    fn read_nested(&mut self, resource: &'t Declared) -> Result<(), TemplateError> {
        if self.nested.contains_key(resource.id.as_str()) || resource.kind != NESTED {
            return Ok(());
        }
        let (_, identity) = self.identity(resource.line, "resource", &resource.id)?;
        self.begin(Kind::Resource, &resource.id, resource.line)?;
        let outer = self.user.replace(&resource.id);
        let (path, parameters) = self.asked(resource)?;
        self.user = outer;
        self.end();
        let stack = match self.nesting.inner(resource, &path, self.depth, self.made)? {
            None => None,
            Some((text, nesting)) => {
                let settings = Settings { stack_name: identity.name, parameters, ..self.settings.clone() };
                let refused = |source| TemplateError::Nested {
                    line: resource.line,
                    resource: resource.id.clone(),
                    path: nesting.shown.clone().unwrap_or_default(),
                    source: Box::new(source),
                };
                let (mut stack, made) = read_within(&text, &settings, &nesting).map_err(refused)?;
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

    /// Which template a nested stack is made of, and the values for its parameters.
    fn asked(&mut self, resource: &'t Declared) -> Result<(String, BTreeMap<String, String>), TemplateError> {
        let Some(url) = resource.properties.get("TemplateURL") else {
            let property = "TemplateURL".to_owned();
            return Err(TemplateError::Missing { line: resource.line, place: resource.id.clone(), property });
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
}

/// A list is handed over as its items with commas between them.
fn as_parameter(value: &Node, place: &str) -> Result<String, TemplateError> {
    match &value.data {
        Data::List(items) => {
            let items: Vec<String> = items.iter().map(|item| item.as_text(place)).collect::<Result<_, _>>()?;
            Ok(items.join(","))
        }
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Map(_) => value.as_text(place),
    }
}
