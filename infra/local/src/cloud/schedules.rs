//! Deploys the schedule groups and schedules of a stack. An unchanged schedule is not put again, so that no execution is
//! missed or repeated.

use serde_json::{Value, json};

use super::{
    CloudError,
    resource_state::{Key, Kind, ResourceState},
};
use crate::{
    aws_error::AwsError,
    scheduler::Scheduler,
    template::{Schedule, Stack},
};

/// The key in the resource state.
pub(super) fn key(schedule: &Schedule) -> Key {
    Key::new(Kind::Schedule, &schedule.group, &schedule.name)
}

/// The schedule as an API request.
pub(super) fn desired(schedule: &Schedule) -> Value {
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

/// Whether a group of this name exists.
pub(super) async fn is_group_there(scheduler: &Scheduler, name: &str) -> bool {
    scheduler.handle("GetScheduleGroup", json!({ "Name": name })).await.is_ok()
}

/// Whether a schedule of this name exists.
pub(super) async fn is_there(scheduler: &Scheduler, group: &str, name: &str) -> bool {
    scheduler.handle("GetSchedule", json!({ "Name": name, "GroupName": group })).await.is_ok()
}

/// Creates what is missing and updates what has changed.
pub(super) async fn make(scheduler: &Scheduler, stack: &Stack, state: &mut ResourceState) -> Result<(), CloudError> {
    for group in &stack.schedule_groups {
        if !is_group_there(scheduler, &group.name).await {
            let refused = |source| CloudError::Unmade { name: group.name.clone(), source };
            scheduler.handle("CreateScheduleGroup", json!({ "Name": group.name })).await.map_err(refused)?;
        }
    }
    for schedule in &stack.schedules {
        let refused = |source| CloudError::Refused { line: schedule.line, name: schedule.id.clone(), source };
        make_one(scheduler, schedule, state).await.map_err(refused)?;
    }
    Ok(())
}

async fn make_one(scheduler: &Scheduler, schedule: &Schedule, state: &mut ResourceState) -> Result<(), AwsError> {
    let (key, wanted) = (key(schedule), desired(schedule));
    let is_there = is_there(scheduler, &schedule.group, &schedule.name).await;
    // A missing schedule has completed, if it is deleted after completion.
    if state.is_applied(&key, &wanted) && (is_there || schedule.deleted_when_done) {
        return Ok(());
    }
    let operation = if is_there { "UpdateSchedule" } else { "CreateSchedule" };
    let Err(refusal) = scheduler.handle(operation, wanted).await else { return Ok(()) };
    if state.is_resumed(&key) && schedule.expression.starts_with("at(") {
        // The killed start had created it, and its time has passed since.
        tracing::info!(schedule = schedule.id, %refusal, "a one-time schedule has passed");
        return Ok(());
    }
    if !is_there {
        // Nothing was created, so the next start need not know of it.
        state.forget(&key).ok();
    }
    Err(refusal)
}

fn target(schedule: &Schedule) -> Value {
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
