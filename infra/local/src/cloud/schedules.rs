//! The groups and schedules of a stack. What stands as declared stays as it is, so that no firing is missed or
//! repeated.

use serde_json::{Value, json};

use super::{
    CloudError, desired,
    resource_state::{Key, Kind, Made},
};
use crate::{
    aws_error::AwsError,
    scheduler::Scheduler,
    template::{Scheduled, Stack},
};

/// By this it is found again.
pub(super) fn key(schedule: &Scheduled) -> Key {
    desired::key(Kind::Schedule, &schedule.group, &schedule.name)
}

/// The schedule in the words of the API.
pub(super) fn declared(schedule: &Scheduled) -> Value {
    let window = match schedule.flexible_minutes {
        None => json!({ "Mode": "OFF" }),
        Some(minutes) => json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes }),
    };
    json!({
        "Name": schedule.name,
        "GroupName": schedule.group,
        "ScheduleExpression": schedule.expression,
        "ScheduleExpressionTimezone": schedule.zone,
        "StartDate": schedule.begins.map(|begins| begins.as_second()),
        "EndDate": schedule.ends.map(|ends| ends.as_second()),
        "State": if schedule.enabled { "ENABLED" } else { "DISABLED" },
        "FlexibleTimeWindow": window,
        "ActionAfterCompletion": if schedule.deleted_when_done { "DELETE" } else { "NONE" },
        "Target": target(schedule),
    })
}

/// Is there a group of this name?
pub(super) async fn is_group_there(scheduler: &Scheduler, name: &str) -> bool {
    scheduler.handle("GetScheduleGroup", json!({ "Name": name })).await.is_ok()
}

/// Is there a schedule of this name?
pub(super) async fn is_there(scheduler: &Scheduler, group: &str, name: &str) -> bool {
    scheduler.handle("GetSchedule", json!({ "Name": name, "GroupName": group })).await.is_ok()
}

/// Makes what is missing, and changes what is declared otherwise.
pub(super) async fn make(scheduler: &Scheduler, stack: &Stack, made: &mut Made) -> Result<(), CloudError> {
    for group in &stack.schedule_groups {
        if !is_group_there(scheduler, &group.name).await {
            let refused = |source| CloudError::Unmade { name: group.name.clone(), source };
            scheduler.handle("CreateScheduleGroup", json!({ "Name": group.name })).await.map_err(refused)?;
        }
    }
    for schedule in &stack.schedules {
        let refused = |source| CloudError::Refused { line: schedule.line, name: schedule.id.clone(), source };
        make_one(scheduler, schedule, made).await.map_err(refused)?;
    }
    Ok(())
}

async fn make_one(scheduler: &Scheduler, schedule: &Scheduled, made: &mut Made) -> Result<(), AwsError> {
    let (key, wanted) = (key(schedule), declared(schedule));
    let is_there = is_there(scheduler, &schedule.group, &schedule.name).await;
    // One that is not there any more has done its work, if it goes by itself.
    if made.stands(&key, &wanted) && (is_there || schedule.deleted_when_done) {
        return Ok(());
    }
    let operation = if is_there { "UpdateSchedule" } else { "CreateSchedule" };
    let Err(refusal) = scheduler.handle(operation, wanted).await else { return Ok(()) };
    if made.is_resumed(&key) && schedule.expression.starts_with("at(") {
        // The start that was killed had made it, and its single time has passed since.
        tracing::info!(schedule = schedule.id, %refusal, "a single time has passed");
        return Ok(());
    }
    if !is_there {
        // It was begun in vain, and this is all the next start would learn of it.
        made.forget(&key).ok();
    }
    Err(refusal)
}

fn target(schedule: &Scheduled) -> Value {
    let target = &schedule.target;
    let event = target.event.as_ref();
    json!({
        "Arn": target.arn,
        "RoleArn": target.role_arn,
        "Input": target.input,
        "RetryPolicy": {
            "MaximumRetryAttempts": target.retries.attempts,
            "MaximumEventAgeInSeconds": target.retries.maximum_age_seconds,
        },
        "DeadLetterConfig": target.dead_letter_arn.as_ref().map(|arn| json!({ "Arn": arn })),
        "EventBridgeParameters": event.map(|(source, kind)| json!({ "Source": source, "DetailType": kind })),
    })
}
