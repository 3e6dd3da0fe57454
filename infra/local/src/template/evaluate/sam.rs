//! Names of resources that SAM generates, such as `Greet.Alias`, `Shop.Stage` or `ServerlessRestApi`. They are not
//! supported here, but templates reference them, mostly in outputs.

use crate::template::TemplateError;

use super::Evaluator;

impl Evaluator<'_> {
    /// What Ref gives for such a name; nothing if it is none.
    pub(super) fn of_sam(&mut self, line: usize, name: &str) -> Result<Option<String>, TemplateError> {
        if !self.document.serverless || self.resources.contains_key(name) {
            return Ok(None);
        }
        match name.split_once('.') {
            Some((id, made)) if self.resources.contains_key(id) => self.beside(line, id, made).map(Some),
            None if self.is_implicit(name) => Ok(Some(self.substitute_name(line, name))),
            _ => Ok(None),
        }
    }

    /// What GetAtt gives for such a name; nothing if it is none.
    pub(super) fn attribute_of_sam(
        &mut self,
        line: usize,
        id: &str,
        attribute: &str,
    ) -> Result<Option<String>, TemplateError> {
        let made = attribute.split('.').next().unwrap_or_default();
        match (self.document.serverless, self.resources.contains_key(id), attribute) {
            (true, true, "Version.Version") => {
                self.report_substitute(line, format!("versions of {id} are not supported here; $LATEST was put in"));
                Ok(Some("$LATEST".to_owned()))
            }
            (true, true, _) if MADE.contains(&made) => self.beside(line, id, made).map(Some),
            (true, false, _) if self.is_implicit(id) => {
                Ok(Some(self.substitute_name(line, &format!("{id}.{attribute}"))))
            }
            _ => Ok(None),
        }
    }

    /// Is this a parameter whose value is the name of what AWS looks up?
    pub(super) fn is_looked_up(&self, name: &str) -> bool {
        let declared = self.document.parameters.iter().find(|(key, _)| key.name == name);
        let kind = declared.and_then(|(_, declaration)| declaration.get("Type")?.spelled());
        kind.is_some_and(|kind| kind.starts_with("AWS::SSM::"))
    }

    /// What SAM makes for a whole template, or beside a resource under a name of its own.
    fn is_implicit(&self, name: &str) -> bool {
        const OF_ALL: [&str; 3] = ["ServerlessRestApi", "ServerlessHttpApi", "ServerlessDeploymentApplication"];
        let rests = self.resources.keys().filter_map(|id| name.strip_prefix(id));
        let mut beside = rests.filter(|rest| !rest.is_empty());
        OF_ALL.iter().any(|made| name.starts_with(made))
            || beside
                .any(|rest| rest == "Url" || rest.ends_with("Stage") || MADE.iter().any(|made| rest.starts_with(made)))
    }

    // A function stands for its versions and aliases; anything else for itself.
    fn beside(&mut self, line: usize, id: &str, made: &str) -> Result<String, TemplateError> {
        let (_, identity) = self.identity(line, "resource", id)?;
        match (made, identity.arn(self.settings)) {
            ("Alias" | "Version", Some(arn)) => {
                self.report_substitute(
                    line,
                    format!("versions and aliases are not supported here; {id} itself was put in"),
                );
                Ok(arn)
            }
            _ => Ok(self.substitute_name(line, &format!("{id}.{made}"))),
        }
    }

    fn substitute_name(&mut self, line: usize, name: &str) -> String {
        self.report_substitute(line, format!("{name}, which SAM makes, is not supported here; {name:?} was put in"));
        name.to_owned()
    }
}

/// What SAM makes beside a resource and lets a template name.
const MADE: [&str; 7] =
    ["Alias", "Version", "Stage", "Deployment", "DestinationQueue", "DestinationTopic", "UsagePlan"];
