//! Buses, stores of dead letters, schedulers and mail services with a bug.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use jiff::Timestamp;

use super::assert_fails;
use crate::{
    delivery::{
        Bus, CommandOutcome, DeadLetter, DeadLetterError, DeadLetters, Entry, OutcomeError, Outcomes, PublishOutcome,
    },
    gateway::{AcceptedMail, FoundMail, Mail, MailError, Mailer},
    memory::{MemoryBus, MemoryDeadLetters, MemoryTimers},
    message::MessageId,
    testing::ports::{bus, dead_letters, mailer, outcomes, timers},
    time::{Pending, Timer, TimerError, TimerKey, Timers},
};

/// Accepts each entry, and publishes all but one.
struct LossyBus {
    inner: MemoryBus,
    lost: &'static str,
}

#[async_trait]
impl Bus for LossyBus {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        let kept = entries.iter().filter(|entry| !entry.envelope.aggregate_id.ends_with(self.lost));
        self.inner.publish(&kept.cloned().collect::<Vec<Entry>>()).await;
        entries.iter().map(|_| PublishOutcome::Accepted).collect()
    }
}

#[test]
fn a_bus_that_loses_a_message_is_found() {
    for lost in ["many-22", "large-0"] {
        let lossy = LossyBus { inner: MemoryBus::default(), lost };
        let suite = bus(&lossy, "run-1", async || lossy.inner.deliveries());
        assert_fails("a lossy bus", suite, &format!("run-1-{lost}-Noted was not delivered"));
    }
}

/// Stores no explanation.
#[derive(Default)]
struct TerseDeadLetters(MemoryDeadLetters);

#[async_trait]
impl DeadLetters for TerseDeadLetters {
    async fn keep(&self, dead_letter: &DeadLetter) -> Result<(), DeadLetterError> {
        self.0.keep(&DeadLetter { explanation: String::new(), ..dead_letter.clone() }).await
    }
}

#[test]
fn a_store_that_loses_a_field_of_dead_letters_is_found() {
    let terse = TerseDeadLetters::default();
    let suite = dead_letters(&terse, "run-1", async || terse.0.all());
    assert_fails("a terse store", suite, "the dead letters are stored as they were written");
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum OutcomeBug {
    LastWins,
    FirstWins,
    NeverExpires,
}

struct BuggyOutcomes(OutcomeBug, Mutex<BTreeMap<MessageId, CommandOutcome>>);

#[async_trait]
impl Outcomes for BuggyOutcomes {
    async fn record(&self, outcome: &CommandOutcome) -> Result<(), OutcomeError> {
        let mut outcomes = self.1.lock().unwrap();
        let kept = outcomes.get(&outcome.command_id);
        let stays = kept.is_some_and(|kept| kept.result.rank() >= outcome.result.rank());
        if self.0 == OutcomeBug::LastWins || !(stays || self.0 == OutcomeBug::FirstWins && kept.is_some()) {
            outcomes.insert(outcome.command_id.clone(), outcome.clone());
        }
        Ok(())
    }

    async fn outcome(&self, command: &MessageId, _: Timestamp) -> Result<Option<CommandOutcome>, OutcomeError> {
        Ok(self.1.lock().unwrap().get(command).cloned())
    }
}

#[test]
fn each_bug_of_a_store_of_outcomes_is_found() {
    for (bug, expected) in [
        (OutcomeBug::LastWins, "the better of two outcomes"),
        (OutcomeBug::FirstWins, "the better of two outcomes"),
        (OutcomeBug::NeverExpires, "after it expired"),
    ] {
        let store = BuggyOutcomes(bug, Mutex::default());
        assert_fails(&format!("{bug:?}"), outcomes(&store, "run-1"), expected);
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum TimerBug {
    CancelsNothing,
    ListsTwice,
    TakesOlderChanges,
    MovesNothing,
}

struct BuggyTimers {
    bug: TimerBug,
    inner: MemoryTimers,
}

impl BuggyTimers {
    fn version(&self, version: u64) -> u64 {
        if self.bug == TimerBug::TakesOlderChanges { 0 } else { version }
    }
}

#[async_trait]
impl Timers for BuggyTimers {
    async fn set(&self, timer: &Timer) -> Result<(), TimerError> {
        let is_set = self.inner.pending().iter().any(|set| set.key == timer.key);
        if self.bug == TimerBug::MovesNothing && is_set {
            return Ok(());
        }
        self.inner.set(&Timer { version: self.version(timer.version), ..timer.clone() }).await
    }

    async fn cancel(&self, key: &TimerKey, version: u64) -> Result<(), TimerError> {
        match self.bug {
            TimerBug::CancelsNothing => Ok(()),
            _ => self.inner.cancel(key, self.version(version)).await,
        }
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        let listed = self.inner.list().await?;
        Ok(if self.bug == TimerBug::ListsTwice { [listed.clone(), listed].concat() } else { listed })
    }
}

#[test]
fn each_bug_of_a_scheduler_is_found() {
    for (bug, check) in [
        (TimerBug::CancelsNothing, "a cancelled timer is not listed"),
        (TimerBug::ListsTwice, "a timer is listed at most once"),
        (TimerBug::TakesOlderChanges, "what a newer commit has set stays"),
        (TimerBug::MovesNothing, "a moved timer is listed once"),
    ] {
        let buggy = BuggyTimers { bug, inner: MemoryTimers::default() };
        assert_fails(&format!("{bug:?}"), timers(&buggy, "run-1"), check);
    }
}

/// Says that it knows its keys, and sends each mail again.
#[derive(Default)]
struct ForgetfulMailer(Mutex<Vec<String>>);

#[async_trait]
impl Mailer for ForgetfulMailer {
    async fn send(&self, mail: &Mail) -> Result<AcceptedMail, MailError> {
        let mut sent = self.0.lock().unwrap();
        sent.push(mail.key.clone());
        Ok(AcceptedMail { id: format!("mail-{}", sent.len()) })
    }

    async fn find(&self, key: &str) -> Result<FoundMail, MailError> {
        let sent = self.0.lock().unwrap();
        let index = sent.iter().position(|sent| sent == key);
        let id = |index| AcceptedMail { id: format!("mail-{}", index + 1) };
        Ok(index.map_or(FoundMail::Unknown, |index| FoundMail::Accepted(id(index))))
    }
}

#[test]
fn a_mail_service_that_sends_twice_is_found() {
    let suite_fails = "a mail with a known key is accepted once";
    assert_fails("a forgetful mailer", mailer(&ForgetfulMailer::default(), "run-1"), suite_fails);
}
