//! The groups and schedules of a stack. What is there stays as it is, so that no firing is missed or repeated.

use serde_json::Value;
use serde_json::json;

use super::CloudError;
use crate::aws_error::AwsError;
use crate::scheduler::Scheduler;
use crate::template::Scheduled;
use crate::template::Stack;

/// Makes what is missing.
pub(super) async fn make(scheduler: &Scheduler, stack: &Stack) -> Result<(), CloudError> {
    for group in &stack.schedule_groups {
        let name = json!({ "Name": group.name });
        if scheduler.handle("GetScheduleGroup", name.clone()).await.is_err() {
            let refused = |source| CloudError::Unmade { name: group.name.clone(), source };
            scheduler.handle("CreateScheduleGroup", name).await.map_err(refused)?;
        }
    }
    for schedule in &stack.schedules {
        let refused = |source| CloudError::Refused { line: schedule.line, name: schedule.id.clone(), source };
        make_one(scheduler, schedule).await.map_err(refused)?;
    }
    Ok(())
}

async fn make_one(scheduler: &Scheduler, schedule: &Scheduled) -> Result<(), AwsError> {
    let named = json!({ "Name": schedule.name, "GroupName": schedule.group });
    if scheduler.handle("GetSchedule", named).await.is_ok() {
        return Ok(());
    }
    let window = match schedule.flexible_minutes {
        None => json!({ "Mode": "OFF" }),
        Some(minutes) => json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes }),
    };
    let wanted = json!({
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
    });
    scheduler.handle("CreateSchedule", wanted).await.map(|_| ())
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
