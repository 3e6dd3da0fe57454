//! Deploys the archives of a stack. A changed archive keeps its events.

use serde_json::{Value, json};

use super::{
    CloudError,
    resource_state::{Key, Kind, ResourceState},
};
use crate::{aws_error::AwsError, events::EventBridge, template::Archive};

/// The key in the resource state.
pub(super) fn key(archive: &Archive) -> Key {
    Key::new(Kind::Archive, "", &archive.name)
}

/// The archive as an API request. Missing properties clear earlier ones.
pub(super) fn desired(archive: &Archive) -> Value {
    json!({
        "ArchiveName": archive.name,
        "EventSourceArn": archive.source_arn,
        "Description": archive.description,
        "EventPattern": archive.pattern,
        "RetentionDays": archive.retention_days,
    })
}

/// Whether an archive of this name exists.
pub(super) async fn is_there(events: &EventBridge, name: &str) -> bool {
    describe(events, name).await.is_ok()
}

/// Creates what is missing and updates what has changed.
pub(super) async fn make(events: &EventBridge, archives: &[Archive], state: &ResourceState) -> Result<(), CloudError> {
    for archive in archives {
        let refused = |source| CloudError::Refused { line: archive.line, name: archive.id.clone(), source };
        make_one(events, archive, state).await.map_err(refused)?;
    }
    Ok(())
}

async fn make_one(events: &EventBridge, archive: &Archive, state: &ResourceState) -> Result<(), AwsError> {
    let wanted = desired(archive);
    let Ok(present) = describe(events, &archive.name).await else {
        return events.handle("CreateArchive", wanted).await.map(|_| ());
    };
    if state.is_applied(&key(archive), &wanted) {
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
