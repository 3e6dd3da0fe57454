//! The calls about archives.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{aws_error::AwsError, pattern::Pattern, wal::WalError};

use super::{
    Events,
    archive::{Archive, ArchiveFacts},
    put_calls::invalid_pattern,
    replay::{Replay, Stage},
    request,
    rule::may_be_in_a_name,
    rule_calls::known_bus,
    state::{Change, State},
};

/// The longest name of an archive.
const LONGEST_NAME: usize = 48;

/// The longest description.
const LONGEST_DESCRIPTION: usize = 512;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ArchiveRequest {
    archive_name: Option<String>,
    event_source_arn: Option<String>,
    description: Option<String>,
    event_pattern: Option<String>,
    retention_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListArchives {
    name_prefix: Option<String>,
    event_source_arn: Option<String>,
    state: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

impl Events {
    pub(super) fn create_archive(&self, body: Value) -> Result<Value, AwsError> {
        let request: ArchiveRequest = request::read(body)?;
        let name = request::required("archiveName", request.archive_name)?;
        let source = request::required("eventSourceArn", request.event_source_arn)?;
        if !is_name(&name) {
            return Err(request::invalid(format!("Parameter ArchiveName is not valid: {name}")));
        }
        let pattern = checked(request.event_pattern, request.description.as_deref())?;
        let mut state = self.durable.state();
        if state.archives.contains_key(&name) {
            let message = format!("Archive {name} already exists.");
            return Err(AwsError::sender("ResourceAlreadyExistsException", message));
        }
        let bus = known_bus(&state, Some(&source))?;
        if self.ctx.place.bus(&bus) != source {
            return Err(request::invalid(
                "Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN.",
            ));
        }
        // What a deletion that was cut off left behind belongs to nobody.
        self.shelf.forget(&name).map_err(request::not_remembered)?;
        let created = self.ctx.clock.now();
        let answer = json!({
            "ArchiveArn": self.ctx.place.archive(&name),
            "State": "ENABLED",
            "CreationTime": created.as_second(),
        });
        let retention_days = request.retention_days.unwrap_or_default();
        let description = request.description;
        let facts = ArchiveFacts { name, bus, description, pattern, retention_days, created };
        self.durable.commit(&mut state, vec![Change::Archive(Box::new(facts))]).map_err(request::not_remembered)?;
        Ok(answer)
    }

    pub(super) fn describe_archive(&self, body: Value) -> Result<Value, AwsError> {
        let request: ArchiveRequest = request::read(body)?;
        let name = request::required("archiveName", request.archive_name)?;
        let state = self.durable.state();
        let archive = known_archive(&state, &name)?;
        let size = self.size(archive).map_err(request::not_remembered)?;
        Ok(archive.describe(&self.ctx.place, size))
    }

    pub(super) fn list_archives(&self, body: Value) -> Result<Value, AwsError> {
        let request: ListArchives = request::read(body)?;
        let prefix = request.name_prefix.unwrap_or_default();
        let source = request.event_source_arn;
        let state = self.durable.state();
        let mut listed = Vec::new();
        for (name, archive) in &state.archives {
            let is_of_bus = source.as_ref().is_none_or(|source| self.ctx.place.bus(&archive.facts.bus) == *source);
            let is_in_state = request.state.as_deref().is_none_or(|state| state == "ENABLED");
            if name.starts_with(&prefix) && is_of_bus && is_in_state {
                let size = self.size(archive).map_err(request::not_remembered)?;
                listed.push((name.clone(), archive.listed(&self.ctx.place, size)));
            }
        }
        let page = request::page(listed.into_iter(), request.next_token.as_deref(), request.limit)?;
        Ok(request::listed("Archives", page))
    }

    /// What is not named stays as it is.
    pub(super) fn update_archive(&self, body: Value) -> Result<Value, AwsError> {
        let request: ArchiveRequest = request::read(body)?;
        let name = request::required("archiveName", request.archive_name)?;
        let pattern = checked(request.event_pattern, request.description.as_deref())?;
        let mut state = self.durable.state();
        let old = known_archive(&state, &name)?.facts.clone();
        let facts = ArchiveFacts {
            description: request.description.or(old.description),
            pattern: pattern.or(old.pattern),
            retention_days: request.retention_days.unwrap_or(old.retention_days),
            ..old
        };
        let answer = json!({
            "ArchiveArn": self.ctx.place.archive(&name),
            "State": "ENABLED",
            "CreationTime": facts.created.as_second(),
        });
        self.durable.commit(&mut state, vec![Change::Archive(Box::new(facts))]).map_err(request::not_remembered)?;
        Ok(answer)
    }

    pub(super) fn delete_archive(&self, body: Value) -> Result<Value, AwsError> {
        let request: ArchiveRequest = request::read(body)?;
        let name = request::required("archiveName", request.archive_name)?;
        let mut state = self.durable.state();
        known_archive(&state, &name)?;
        let ended = Some(self.ctx.clock.now());
        let replays = state.active_replays().filter(|replay| replay.archive == name);
        let failed = replays.map(|replay| {
            let reason = Some(format!("Archive {name} does not exist."));
            Change::Replay(Box::new(Replay { stage: Stage::Failed, reason, ended, ..replay.clone() }))
        });
        let changes = failed.chain([Change::ArchiveGone { archive: name.clone() }]).collect();
        self.durable.commit(&mut state, changes).map_err(request::not_remembered)?;
        // If this fails, the next start takes the files away, or the next archive of this name.
        self.shelf.forget(&name).map_err(request::not_remembered)?;
        Ok(json!({}))
    }

    // What is too old does not count, as far as whole days are concerned.
    fn size(&self, archive: &Archive) -> Result<super::shelf::Size, WalError> {
        let name = &archive.facts.name;
        self.shelf.forget_before(name, archive.keeps_since(self.ctx.clock.now()))?;
        self.shelf.size(name)
    }
}

/// An archive that exists.
pub(super) fn known_archive<'s>(state: &'s State, name: &str) -> Result<&'s Archive, AwsError> {
    state.archives.get(name).ok_or_else(|| request::not_found(format!("Archive {name} does not exist.")))
}

/// The name of the archive of an ARN.
pub(super) fn archive_name(arn: &str) -> &str {
    arn.rsplit_once(":archive/").map_or(arn, |(_, name)| name)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST_NAME && name.chars().all(may_be_in_a_name)
}

// The pattern, if there is one; an empty text is the same as none.
fn checked(pattern: Option<String>, description: Option<&str>) -> Result<Option<String>, AwsError> {
    if description.is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION) {
        return Err(request::invalid(format!("Description is longer than {LONGEST_DESCRIPTION} characters.")));
    }
    let pattern = pattern.filter(|pattern| !pattern.is_empty());
    if let Some(pattern) = &pattern {
        Pattern::parse(pattern).map_err(|error| invalid_pattern(&error))?;
    }
    Ok(pattern)
}
