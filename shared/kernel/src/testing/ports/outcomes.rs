//! The suite of [`Outcomes`].

use jiff::{SignedDuration, Timestamp};

use crate::{
    delivery::{AppendedEvent, CommandOutcome, CommandResult, OUTCOME_RETENTION, Outcomes},
    message::MessageId,
    testing::{
        diff::assert_same,
        ports::fixture::{message_id, must, noon, stream},
    },
};

/// Tests a store of outcomes.
pub async fn outcomes(outcomes: &dyn Outcomes, prefix: &str) {
    an_outcome_is_kept_as_it_was_recorded(outcomes, prefix).await;
    a_better_outcome_stays(outcomes, prefix).await;
    an_outcome_expires(outcomes, prefix).await;
}

async fn an_outcome_is_kept_as_it_was_recorded(outcomes: &dyn Outcomes, prefix: &str) {
    for (number, result) in results(prefix).into_iter().enumerate() {
        let outcome = outcome(message_id(prefix, &format!("kept-{number}")), 0, result);
        assert_same("before", &read(outcomes, &outcome.command_id, 0).await, &None);
        record(outcomes, &outcome).await;
        assert_same("after", &read(outcomes, &outcome.command_id, 1).await, &Some(outcome));
    }
}

async fn a_better_outcome_stays(outcomes: &dyn Outcomes, prefix: &str) {
    let results = results(prefix);
    for (first, earlier) in results.iter().enumerate() {
        for (second, later) in results.iter().enumerate() {
            let id = message_id(prefix, &format!("better-{first}-{second}"));
            let (earlier, later) = (outcome(id.clone(), 0, earlier.clone()), outcome(id, 1, later.clone()));
            record(outcomes, &earlier).await;
            record(outcomes, &later).await;
            let better = if second <= first { earlier } else { later };
            assert_same("the better of two outcomes", &read(outcomes, &better.command_id, 2).await, &Some(better));
        }
    }
}

async fn an_outcome_expires(outcomes: &dyn Outcomes, prefix: &str) {
    let ([_, rejected, .., done], week) = (results(prefix), OUTCOME_RETENTION.as_secs());
    let id = message_id(prefix, "expired");
    let (done, rejected) = (outcome(id.clone(), 0, done), outcome(id, week, rejected));
    record(outcomes, &done).await;
    assert_same("before it expires", &read(outcomes, &done.command_id, week - 1).await, &Some(done.clone()));
    assert_same("after it expired", &read(outcomes, &done.command_id, week).await, &None);
    record(outcomes, &rejected).await;
    assert_same("the next", &read(outcomes, &done.command_id, week + 1).await, &Some(rejected));
}

/// One result of each rank, from the lowest to the highest.
fn results(prefix: &str) -> [CommandResult; 4] {
    let stream = stream(prefix, "outcomes");
    let events = vec![AppendedEvent { stream: stream.clone(), version: 7, name: "OrderPlaced".to_owned() }];
    [
        CommandResult::DeadLettered { reason: "MALFORMED".to_owned(), explanation: "data.lines: none".to_owned() },
        CommandResult::Rejected { stream, rule: "NotPlaced".to_owned(), reason: "no such order".to_owned() },
        CommandResult::Done { events: Vec::new(), more_events: 0 },
        CommandResult::Done { events, more_events: 2 },
    ]
}

fn outcome(command_id: MessageId, seconds: i64, result: CommandResult) -> CommandOutcome {
    CommandOutcome {
        command_id,
        command: "PlaceOrder".to_owned(),
        user_id: (seconds == 0).then(|| "u-1".to_owned()),
        at: after(seconds),
        result,
    }
}

async fn record(outcomes: &dyn Outcomes, outcome: &CommandOutcome) {
    must(outcomes.record(outcome).await, "record");
}

async fn read(outcomes: &dyn Outcomes, command: &MessageId, seconds: i64) -> Option<CommandOutcome> {
    must(outcomes.outcome(command, after(seconds)).await, "outcome")
}

fn after(seconds: i64) -> Timestamp {
    noon() + SignedDuration::from_secs(seconds)
}
