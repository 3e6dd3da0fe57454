//! Archives of event buses.

use crate::{
    pattern::Pattern,
    template::{TemplateError, fields::Fields},
};

use super::Resource;

/// An archive of a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The ARN of the bus.
    pub source_arn: String,
    /// What it wants of an event, as JSON that has been checked; without it, it keeps all.
    pub pattern: Option<String>,
    /// For how long it keeps events; 0 is forever.
    pub retention_days: u32,
    /// What it is for.
    pub description: Option<String>,
    /// Where it is declared.
    pub line: usize,
}

pub(super) fn read(resource: &Resource<'_>, fields: &mut Fields<'_>) -> Result<Archive, TemplateError> {
    fields.without_effect(&["KmsKeyIdentifier"]);
    let source_arn = fields.need_text("SourceArn")?;
    let pattern = fields.json_text("EventPattern");
    if let (Some(pattern), Some(node)) = (&pattern, fields.node("EventPattern")) {
        let refused = |source| TemplateError::Pattern { line: node.line, resource: resource.id(), source };
        Pattern::parse(pattern).map_err(refused)?;
    }
    Ok(Archive {
        id: resource.id(),
        name: resource.name(),
        source_arn,
        pattern,
        retention_days: fields.number_or("RetentionDays", 0..=i64::from(u32::MAX), 0)?,
        description: fields.text("Description")?,
        line: resource.declared.line,
    })
}
