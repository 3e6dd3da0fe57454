//! Schedules of rules and of EventBridge Scheduler.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Fact;

fn schedule(expression: &str) -> Value {
    let target = json!({
        "Arn": "arn:aws:sqs:eu-central-1:000000000000:q", "RoleArn": "arn:aws:iam::000000000000:role/r", "Input": "{}",
    });
    json!({ "ScheduleExpression": expression, "FlexibleTimeWindow": { "Mode": "OFF" }, "Target": target })
}

#[tokio::test]
async fn a_rate_with_spaces_at_its_ends_is_refused() {
    let fact = Fact::recorded().await;
    let error = (400, "ValidationException", "Parameter ScheduleExpression is not valid.");
    for expression in ["rate( 10 minutes )", "rate(10  minutes)", "rate(10 MINUTES)", " rate(10 minutes)"] {
        let rule = json!({ "Name": "r", "ScheduleExpression": expression });
        fact.refuses("AWSEvents.PutRule", rule, error).await;
    }
}

#[tokio::test]
async fn an_invalid_schedule_expression_is_shown_and_nothing_follows() {
    let fact = Fact::recorded().await;
    for expression in ["cron(0 1 * * * *)", "rate( 10 minutes )", "rate(10 years)", "at(2026-12-31)"] {
        let headers = [("content-type", "application/json")];
        let answer = fact.server.send("POST", "/schedules/s", &headers, schedule(expression).to_string()).await;
        assert_eq!(
            (answer.status, answer.header("x-amzn-errortype")),
            (StatusCode::BAD_REQUEST, "ValidationException")
        );
        assert_eq!(answer.json()["Message"], format!("Invalid Schedule Expression {expression}."), "{}", fact.source());
    }
}

#[tokio::test]
async fn a_schedule_in_the_past_is_accepted() {
    let fact = Fact::recorded().await;
    let made = fact.server.path("POST", "/schedules/s", schedule("at(2020-01-01T00:00:00)")).await;
    let arn = "arn:aws:scheduler:eu-central-1:000000000000:schedule/default/s";
    assert_eq!(made, json!({ "ScheduleArn": arn }), "{}", fact.source());
}
