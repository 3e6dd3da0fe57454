//! Schedules of EventBridge Scheduler.

use jiff::Timestamp;

use crate::{
    schedule::Schedule,
    template::{Finding, Settings, TemplateError, fields::Fields},
};

use super::{
    Resource,
    rule::{Retries, dead_letters, message_group, report_unsupported_target, retries},
};

/// A schedule of EventBridge Scheduler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The name of its group.
    pub group: String,
    /// When it fires, as an expression that has been checked.
    pub expression: String,
    /// The time zone of its cron or single time, which has been checked.
    pub zone: Option<String>,
    /// Before this moment it does not fire.
    pub begins: Option<Timestamp>,
    /// After this moment it does not fire.
    pub ends: Option<Timestamp>,
    /// Is it switched on?
    pub enabled: bool,
    /// It may fire so many minutes late.
    pub flexible_minutes: Option<u32>,
    /// Is it deleted after its last firing?
    pub deleted_when_done: bool,
    /// The targets.
    pub target: ScheduledTarget,
    /// Where it is declared.
    pub line: usize,
}

/// The target of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledTarget {
    /// The given value.
    pub arn: String,
    /// The execution role.
    pub role_arn: String,
    /// The input.
    pub input: Option<String>,
    /// Where goes what could not be delivered.
    pub dead_letter_arn: Option<String>,
    /// How long delivery is tried.
    pub retries: Retries,
    /// With a bus: the source and the detail type of the event.
    pub event: Option<(String, String)>,
    /// With a FIFO queue: the group of its messages.
    pub message_group: Option<String>,
}

pub(super) fn read(
    resource: &Resource<'_>,
    fields: &mut Fields<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Scheduled, TemplateError> {
    fields.without_effect(&["Description", "KmsKeyArn"]);
    let expression = fields.need_text("ScheduleExpression")?;
    let line = fields.need("ScheduleExpression")?.line;
    let zone = fields.text("ScheduleExpressionTimezone")?;
    let refused = |source| TemplateError::Schedule { line, resource: resource.id(), source };
    Schedule::for_scheduler(&expression, zone.as_deref(), Timestamp::UNIX_EPOCH, None).map_err(refused)?;
    let Some(mut window) = fields.part("FlexibleTimeWindow")? else { return Err(fields.missing("FlexibleTimeWindow")) };
    let mode = window.word("Mode", &["OFF", "FLEXIBLE"])?;
    let minutes = window.number("MaximumWindowInMinutes", 1..=1_440)?;
    window.finish(findings);
    let state = fields.word("State", &["ENABLED", "DISABLED"])?;
    let after = fields.word("ActionAfterCompletion", &["NONE", "DELETE"])?;
    let Some(mut target) = fields.part("Target")? else { return Err(fields.missing("Target")) };
    let read = read_target(&mut target, resource.settings, findings)?;
    target.finish(findings);
    Ok(Scheduled {
        id: resource.id(),
        name: resource.name(),
        arn: resource.arn(),
        group: fields.text("GroupName")?.unwrap_or_else(|| "default".to_owned()),
        expression,
        zone,
        begins: moment(fields, "StartDate")?,
        ends: moment(fields, "EndDate")?,
        enabled: state != Some("DISABLED"),
        flexible_minutes: minutes.filter(|_| mode == Some("FLEXIBLE")).and_then(|minutes| u32::try_from(minutes).ok()),
        deleted_when_done: after == Some("DELETE"),
        target: read,
        line: resource.declared.line,
    })
}

fn read_target(
    fields: &mut Fields<'_>,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) -> Result<ScheduledTarget, TemplateError> {
    let arn = fields.need_text("Arn")?;
    let is_bus = arn.contains(":event-bus/");
    report_unsupported_target(&arn, settings, fields.line, &fields.place, findings);
    let event = match fields.part("EventBridgeParameters")? {
        None if is_bus => return Err(fields.missing("EventBridgeParameters")),
        None => None,
        Some(mut part) => {
            let event = (part.need_text("Source")?, part.need_text("DetailType")?);
            part.finish(findings);
            Some(event)
        }
    };
    Ok(ScheduledTarget {
        arn,
        role_arn: fields.need_text("RoleArn")?,
        input: fields.text("Input")?,
        dead_letter_arn: dead_letters(fields, findings)?,
        retries: retries(fields, findings)?,
        event,
        message_group: message_group(fields, findings)?,
    })
}

fn moment(fields: &mut Fields<'_>, name: &'static str) -> Result<Option<Timestamp>, TemplateError> {
    let place = fields.inner(name);
    let Some(node) = fields.node(name) else { return Ok(None) };
    match node.spelled().and_then(|text| text.parse().ok()) {
        Some(moment) => Ok(Some(moment)),
        None => Err(node.wrong(&place, "a moment such as 2026-11-21T10:30:00Z")),
    }
}
