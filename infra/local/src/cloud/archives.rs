//! The archives of a stack. What an archive holds outlives every change of what it is to hold.

use serde_json::{Value, json};

use super::{
    CloudError, desired,
    resource_state::{Key, Kind, Made},
};
use crate::{aws_error::AwsError, events::EventBridge, template::Archive};

/// By this it is found again.
pub(super) fn key(archive: &Archive) -> Key {
    desired::key(Kind::Archive, "", &archive.name)
}

/// The archive in the words of the API. What it does not say empties what it said before.
pub(super) fn declared(archive: &Archive) -> Value {
    json!({
        "ArchiveName": archive.name,
        "EventSourceArn": archive.source_arn,
        "Description": archive.description,
        "EventPattern": archive.pattern,
        "RetentionDays": archive.retention_days,
    })
}

/// Is there an archive of this name?
pub(super) async fn is_there(events: &EventBridge, name: &str) -> bool {
    describe(events, name).await.is_ok()
}

/// Makes what is missing, and changes what is declared otherwise.
pub(super) async fn make(events: &EventBridge, archives: &[Archive], made: &Made) -> Result<(), CloudError> {
    for archive in archives {
        let refused = |source| CloudError::Refused { line: archive.line, name: archive.id.clone(), source };
        make_one(events, archive, made).await.map_err(refused)?;
    }
    Ok(())
}

async fn make_one(events: &EventBridge, archive: &Archive, made: &Made) -> Result<(), AwsError> {
    let wanted = declared(archive);
    let Ok(present) = describe(events, &archive.name).await else {
        return events.handle("CreateArchive", wanted).await.map(|_| ());
    };
    if made.stands(&key(archive), &wanted) {
        return Ok(());
    }
    let source = present.get("EventSourceArn").and_then(Value::as_str);
    let is_narrower_before = archive.pattern.is_none() && present.get("EventPattern").is_some();
    if source == Some(archive.source_arn.as_str()) && !is_narrower_before {
        return events.handle("UpdateArchive", wanted).await.map(|_| ());
    }
    let message = format!(
        "Archive {} is there for another bus, or with a pattern that cannot be taken from it: give it another name.",
        archive.name
    );
    Err(AwsError::sender("ResourceAlreadyExistsException", message))
}

async fn describe(events: &EventBridge, name: &str) -> Result<Value, AwsError> {
    events.handle("DescribeArchive", json!({ "ArchiveName": name })).await
}
