//! A batch of a stream until nothing of it is left: done, tried again, halved to find the record that fails, or given
//! up. The checkpoint follows each part, so that what is done is not done again after a kill.

use std::collections::VecDeque;

use jiff::SignedDuration;

use crate::{interfaces::TargetError, lambda::FunctionError};

use super::{
    Happened,
    batch::{Outcome, give},
    pointers::{Condition, LastTry, on_failure},
    source::StreamRecord,
    stream::StreamMapping,
};

/// What of a batch is still to be done, in the stream's order.
struct Part {
    records: Vec<StreamRecord>,
    tries: u32,
    /// How often it failed since it was last made smaller; a smaller part is tried at once.
    failed_in_row: u32,
    last: Option<(String, FunctionError)>,
}

/// A stream keeps its records for a day.
const A_DAY: u32 = 86_400;

/// The longest wait between two tries, in seconds.
const LONGEST_WAIT: i64 = 60;

impl StreamMapping {
    /// Tries the records until each is done or given up.
    pub(super) async fn see_through(&mut self, records: Vec<StreamRecord>) {
        let mut parts = VecDeque::from([Part { records, tries: 0, failed_in_row: 0, last: None }]);
        while let Some(mut part) = parts.pop_front() {
            if part.failed_in_row > 0 {
                let seconds = 2_i64.saturating_pow(part.failed_in_row - 1).min(LONGEST_WAIT);
                let wait = SignedDuration::from_secs(seconds);
                self.functions.clock().sleep(wait).await;
            }
            // It grows older while it waits.
            let old = part.records.iter().take_while(|record| self.is_too_old(record)).count();
            if old > 0 {
                let rest = part.records.split_off(old);
                self.give_up(&part, Condition::RecordAgeExceeded).await;
                part.records = rest;
            }
            if part.records.is_empty() {
                continue;
            }
            let given: Vec<_> =
                part.records.iter().map(|record| (record.sequence_number.as_str(), &record.record)).collect();
            let reports = self.mapping.reports_failed_items;
            let Some(outcome) = give(&self.functions, &self.mapping.function, &given, reports).await else {
                self.stuck(format!("there is no function {}", self.mapping.function)).await;
                parts.push_front(part);
                continue;
            };
            self.settle(part, outcome, &mut parts).await;
        }
    }

    async fn settle(&mut self, mut part: Part, outcome: Outcome, parts: &mut VecDeque<Part>) {
        let Some(failure) = outcome.failure else {
            (self.listener)(Happened::Done(part.records.len()));
            return self.keep_last(&part);
        };
        (self.listener)(Happened::Failed(part.records.len(), failure.clone()));
        // Whatever stands before the first failure is done, and all from there on comes again.
        let first = outcome.failed.first().copied().unwrap_or_default();
        let rest = part.records.split_off(first.min(part.records.len()));
        self.keep_last(&part);
        part.records = rest;
        part.last = Some((outcome.request_id, failure));
        part.tries += 1;
        let is_new_beginning = outcome.is_partial && first > 0;
        if self.mapping.bisect_on_error && !is_new_beginning && part.records.len() > 1 {
            // Halving does not count as a retry.
            let second = part.records.split_off(part.records.len() / 2);
            let tries = part.tries - 1;
            parts.push_front(Part { records: second, tries, failed_in_row: 0, last: None });
            parts.push_front(Part { tries, failed_in_row: 0, ..part });
        } else if self.mapping.retries.is_some_and(|retries| part.tries > retries) {
            self.give_up(&part, Condition::RetryAttemptsExhausted).await;
        } else {
            part.failed_in_row += 1;
            parts.push_front(part);
        }
    }

    fn is_too_old(&self, record: &StreamRecord) -> bool {
        let most = self.mapping.maximum_age_seconds.unwrap_or(A_DAY).min(A_DAY);
        let age = self.functions.clock().now().duration_since(record.created);
        age > SignedDuration::from_secs(most.into())
    }

    async fn give_up(&mut self, part: &Part, condition: Condition) {
        let count = part.records.len();
        match self.mapping.on_failure_arn.clone() {
            None => (self.listener)(Happened::Lost(count, format!("{} and nowhere to tell it", condition.word()))),
            Some(queue) => self.tell(part, condition, &queue).await,
        }
        self.keep_last(part);
    }

    async fn tell(&self, part: &Part, condition: Condition, queue: &str) {
        let function = self.functions.find(&self.mapping.function);
        let last = LastTry {
            request_id: part.last.as_ref().map_or("", |(request_id, _)| request_id),
            function_arn: function.as_ref().map_or(self.mapping.function.as_str(), |function| &function.arn),
            tries: part.tries,
            failure: part.last.as_ref().map(|(_, failure)| failure),
        };
        let now = self.functions.clock().now();
        let message = on_failure(self.source.as_ref(), &part.records, condition, &last, now);
        let count = part.records.len();
        loop {
            match self.queues.send(queue, message.clone()).await {
                Ok(()) => return (self.listener)(Happened::Told(count, condition, queue.to_owned())),
                Err(TargetError { transient: true, message, .. }) => self.stuck(message).await,
                Err(refusal) => return (self.listener)(Happened::Lost(count, refusal.to_string())),
            }
        }
    }

    fn keep_last(&mut self, part: &Part) {
        if let Some(last) = part.records.last() {
            self.keep(Some(last.sequence_number.clone()));
        }
    }
}
