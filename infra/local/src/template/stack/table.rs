//! Tables, as their CreateTable request.

use serde_json::{Map, Value, json};

use crate::template::{Finding, TemplateError, fields::Fields};

use super::Resource;

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The ARN of its stream, if it has one.
    pub stream_arn: Option<String>,
    /// What a record of its stream shows, if it has one.
    pub stream_view: Option<String>,
    /// The `CreateTable` request that makes it. It is never limited in its throughput.
    pub create: Value,
    /// The TTL attribute.
    pub expiry_attribute: Option<String>,
    /// Can it be set back to any second? Nothing shows of it on this machine, but it has its price.
    pub is_recoverable: bool,
    /// Where it is declared.
    pub line: usize,
}

const WITHOUT_EFFECT: [&str; 5] =
    ["ContributorInsightsSpecification", "DeletionProtectionEnabled", "SSESpecification", "TableClass", "Tags"];

pub(super) fn read(
    resource: &Resource<'_>,
    fields: &mut Fields<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Table, TemplateError> {
    fields.without_effect(&WITHOUT_EFFECT);
    fields.word("BillingMode", &["PAY_PER_REQUEST", "PROVISIONED"])?;
    if let Some(limit) = fields.node("ProvisionedThroughput") {
        findings.push(Finding::new(limit.line, &fields.place, "throughput is not limited here".to_owned()));
    }
    let mut create = Map::new();
    create.insert("TableName".to_owned(), Value::String(resource.name()));
    create.insert("BillingMode".to_owned(), json!("PAY_PER_REQUEST"));
    for (name, is_needed) in [
        ("KeySchema", true),
        ("AttributeDefinitions", true),
        ("GlobalSecondaryIndexes", false),
        ("LocalSecondaryIndexes", false),
    ] {
        let items = fields.list(name)?;
        match (items.is_empty(), is_needed) {
            (true, true) => return Err(fields.missing(name)),
            (true, false) => {}
            (false, _) => {
                create.insert(name.to_owned(), items.iter().map(|item| unlimited(item.to_json())).collect());
            }
        }
    }
    let mut stream_view = None;
    if let Some(mut stream) = fields.part("StreamSpecification")? {
        stream_view = stream.word("StreamViewType", &["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"])?;
        let view = stream_view.ok_or_else(|| stream.missing("StreamViewType"))?;
        create.insert("StreamSpecification".to_owned(), json!({"StreamEnabled": true, "StreamViewType": view}));
        stream.finish(findings);
    }
    let mut expiry_attribute = None;
    if let Some(mut expiry) = fields.part("TimeToLiveSpecification")? {
        let attribute = expiry.text("AttributeName")?;
        if expiry.truth("Enabled")?.ok_or_else(|| expiry.missing("Enabled"))? {
            expiry_attribute = Some(attribute.ok_or_else(|| expiry.missing("AttributeName"))?);
        }
        expiry.finish(findings);
    }
    let mut is_recoverable = false;
    if let Some(mut recovery) = fields.part("PointInTimeRecoverySpecification")? {
        is_recoverable = recovery.truth("PointInTimeRecoveryEnabled")?.unwrap_or(false);
        recovery.without_effect(&["RecoveryPeriodInDays"]);
        recovery.finish(findings);
    }
    Ok(Table {
        id: resource.id(),
        name: resource.name(),
        arn: resource.arn(),
        stream_arn: stream_view.and_then(|_| resource.identity.stream_arn(resource.settings)),
        stream_view: stream_view.map(str::to_owned),
        create: Value::Object(create),
        expiry_attribute,
        is_recoverable,
        line: resource.declared.line,
    })
}

// A table without limits takes no index with one.
fn unlimited(mut item: Value) -> Value {
    if let Some(fields) = item.as_object_mut() {
        fields.remove("ProvisionedThroughput");
    }
    item
}
