//! Receiving: what is visible now, or what becomes so while the caller waits. Who was received too
//! often goes to the dead letters instead.

mod answer;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Sqs,
    message::{Lease, Message},
    record::Record,
    turn::{Turn, between},
};
use crate::aws_error::AwsError;

/// So many messages may be in flight.
const MOST_IN_FLIGHT: usize = 120_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Receive {
    queue_url: Option<String>,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

impl Sqs {
    /// Receives, and waits if there is nothing and the caller has time: so long by the clock, and no longer by the
    /// world's, where the caller waits. A clock that stands keeps nobody.
    pub(super) async fn receive(&self, request: Receive) -> Result<Value, AwsError> {
        let mut changes = self.inner.changes.subscribe();
        let mut until: Option<(Timestamp, Instant)> = None;
        loop {
            changes.mark_unchanged();
            let (now, (deadline, worlds), next_visible) = {
                let mut turn = self.turn();
                let name = turn.enter(request.queue_url.as_deref())?;
                let found = receive(&mut turn, &name, &request)?;
                let deadline = match until {
                    Some(deadline) => deadline,
                    None => deadlines(&turn, &name, &request)?,
                };
                if !found.is_empty() {
                    return Ok(json!({ "Messages": found }));
                }
                (turn.now, deadline, turn.queue(&name)?.next_visible(turn.now))
            };
            if now >= deadline || Instant::now() >= worlds {
                return Ok(json!({}));
            }
            until = Some((deadline, worlds));
            let wake = next_visible.map_or(deadline, |next| next.min(deadline));
            tokio::select! {
                // The sender lives as long as this queue: an error cannot come.
                _ = changes.changed() => {}
                () = self.inner.clock.sleep_until(wake) => {}
                () = tokio::time::sleep_until(worlds) => {}
            }
        }
    }
}

fn deadlines(turn: &Turn<'_>, name: &str, request: &Receive) -> Result<(Timestamp, Instant), AwsError> {
    let wait = between("WaitTimeSeconds", request.wait_time_seconds, 0, 20)?;
    let wait = wait.unwrap_or(turn.queue(name)?.number("ReceiveMessageWaitTimeSeconds"));
    let worlds = Instant::now() + Duration::from_secs(wait);
    let wait = SignedDuration::from_secs(i64::try_from(wait).unwrap_or_default());
    Ok((turn.now.checked_add(wait).unwrap_or(Timestamp::MAX), worlds))
}

fn receive(turn: &mut Turn<'_>, name: &str, request: &Receive) -> Result<Vec<Value>, AwsError> {
    let most = between("MaxNumberOfMessages", request.max_number_of_messages, 1, 10)?.unwrap_or(1);
    between("WaitTimeSeconds", request.wait_time_seconds, 0, 20)?;
    let timeout = between("VisibilityTimeout", request.visibility_timeout, 0, 43_200)?;
    let wanted = [&request.attribute_names, &request.message_system_attribute_names];
    let wanted: Vec<&String> = wanted.into_iter().flatten().collect();
    answer::check_names(&wanted)?;
    let now = turn.now;
    bury(turn, name)?;
    let queue = turn.queue(name)?;
    let fifo = queue.is_fifo();
    let receivable = queue.receivable(now, usize::try_from(most).unwrap_or(1));
    if !receivable.is_empty() && queue.held.len() > MOST_IN_FLIGHT && queue.in_flight(now) >= MOST_IN_FLIGHT {
        // A FIFO queue says nothing and gives nothing.
        return if fifo { Ok(Vec::new()) } else { Err(over_limit()) };
    }
    let timeout = timeout.unwrap_or(queue.number("VisibilityTimeout"));
    let timeout = SignedDuration::from_secs(i64::try_from(timeout).unwrap_or_default());
    let until = now.checked_add(timeout).unwrap_or(Timestamp::MAX);
    let account = turn.place.account.clone();
    let mut found = Vec::new();
    for sequence in receivable {
        if let Some(held) = turn.held(name, sequence) {
            let (number, _) = Uuid::new_v4().as_u64_pair();
            held.lease = Some(Lease { number, began: now, until });
            held.receives += 1;
            held.first_received.get_or_insert(now);
            found.push(answer::write(held, name, fifo, &account, &wanted, &request.message_attribute_names));
        }
    }
    Ok(found)
}

fn over_limit() -> AwsError {
    let message = "The number of messages in flight has reached the limit of this queue.".to_owned();
    AwsError::sender("OverLimit", message)
}

/// Moves what would be received once too often to the dead-letter queue. Without one there it stays.
fn bury(turn: &mut Turn<'_>, name: &str) -> Result<(), AwsError> {
    let queue = turn.queue(name)?;
    let Some(policy) = queue.redrive_policy() else { return Ok(()) };
    let Some(target) = turn.name_of(&policy.target) else { return Ok(()) };
    let mut dead = Vec::new();
    let mut sequence = turn.state.next_sequence;
    for held in queue.held.values() {
        let received_here = held.receives.saturating_sub(held.message.received_before);
        if held.visible_from() > turn.now || received_here < policy.max_receive_count {
            continue;
        }
        let buried = Message {
            sequence,
            visible_from: turn.now,
            // Among FIFO queues age and deduplication begin anew.
            enqueued: if queue.is_fifo() { turn.now } else { held.message.enqueued },
            deduplication: queue.is_fifo().then(|| held.message.id.clone()),
            dead_letter_source: Some(turn.place.arn(name)),
            received_before: held.receives,
            ..held.message.clone()
        };
        sequence += 1;
        let (from, to) = (name.to_owned(), target.clone());
        dead.push(Record::Moved { from, sequence: held.message.sequence, to, message: buried });
    }
    turn.commit(dead)
}
