//! Schedule expressions, `rate(…)`, `cron(…)` with six fields and `at(…)`, validated as strictly as by EventBridge rules and
//! EventBridge Scheduler, and the times at which they fire. Nothing here reads a clock: callers ask for the next time after
//! a given one.

mod cron;
mod error;
mod rate;
#[cfg(test)]
mod tests;

pub use cron::Cron;
pub use error::{CronField, ScheduleError};
pub use rate::Rate;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

/// A parsed expression, checked against all rules of the service it is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// A fixed period.
    Rate(Rate),
    /// All minutes that match six fields.
    Cron(Cron),
    /// Once, at this local time in the time zone of the schedule.
    At(DateTime),
}

impl Expression {
    /// Parses the expression of an EventBridge rule: a rate or a cron.
    pub fn for_rule(text: &str) -> Result<Self, ScheduleError> {
        match split(text) {
            Some(("rate", inner)) => Rate::parse_strict(inner).map(Self::Rate),
            Some(("cron", inner)) => Cron::parse(inner).map(Self::Cron),
            _ => Err(ScheduleError::Form { text: text.to_owned(), expected: "rate(…) or cron(…)" }),
        }
    }

    /// Parses the expression of an EventBridge Scheduler schedule: a rate, a cron or a one-time `at`.
    pub fn for_scheduler(text: &str) -> Result<Self, ScheduleError> {
        match split(text) {
            Some(("rate", inner)) => Rate::parse(inner).map(Self::Rate),
            Some(("cron", inner)) => Cron::parse(inner).map(Self::Cron),
            Some(("at", inner)) => parse_at(inner).map(Self::At),
            _ => Err(ScheduleError::Form { text: text.to_owned(), expected: "rate(…), cron(…) or at(…)" }),
        }
    }
}

/// An expression with its time zone, start and end.
///
/// ```
/// use causeway_local::schedule::Schedule;
///
/// let daily = Schedule::for_rule("cron(0 6 * * ? *)", "2026-11-21T05:00:00Z".parse()?)?;
/// assert_eq!(daily.first(), Some("2026-11-21T06:00:00Z".parse()?));
/// assert_eq!(daily.next_after("2026-11-21T06:00:00Z".parse()?), Some("2026-11-22T06:00:00Z".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Schedule {
    expression: Expression,
    zone: TimeZone,
    start: Timestamp,
    end: Option<Timestamp>,
}

impl Schedule {
    /// Creates the schedule of a rule. It runs in UTC, and a rate fires first one period after the rule was created.
    pub fn for_rule(text: &str, created: Timestamp) -> Result<Self, ScheduleError> {
        let expression = Expression::for_rule(text)?;
        let start = match &expression {
            Expression::Rate(rate) => created.checked_add(rate.period).unwrap_or(Timestamp::MAX),
            Expression::Cron(_) | Expression::At(_) => created,
        };
        Ok(Self { expression, zone: TimeZone::UTC, start, end: None })
    }

    /// Creates a schedule of EventBridge Scheduler. It runs in the named time zone (by default UTC), and a rate fires first
    /// at the start. `start` is its start date, or when it was created.
    pub fn for_scheduler(
        text: &str,
        zone: Option<&str>,
        start: Timestamp,
        end: Option<Timestamp>,
    ) -> Result<Self, ScheduleError> {
        let expression = Expression::for_scheduler(text)?;
        let zone = match zone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| ScheduleError::Zone { name: name.to_owned() })?,
        };
        Ok(Self { expression, zone, start, end })
    }

    /// Returns the parsed expression.
    pub fn expression(&self) -> &Expression {
        &self.expression
    }

    /// Returns the first time at which it fires. A one-time schedule fires even if its time is before the start.
    pub fn first(&self) -> Option<Timestamp> {
        match &self.expression {
            Expression::At(at) => self.resolve(*at),
            Expression::Rate(_) | Expression::Cron(_) => self.next_after(self.just_before_start()),
        }
    }

    /// Returns the first time after this one at which it fires, or none if it never fires again.
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        match &self.expression {
            // A one-time schedule ignores start and end.
            Expression::At(at) => self.resolve(*at).filter(|at| *at > time),
            Expression::Rate(rate) => rate.next_after(self.start, time).filter(|next| self.lasts_until(*next)),
            Expression::Cron(cron) => {
                let after = time.max(self.just_before_start());
                cron.next_after(after, &self.zone).filter(|next| self.lasts_until(*next))
            }
        }
    }

    fn resolve(&self, time: DateTime) -> Option<Timestamp> {
        self.zone.to_timestamp(time).ok()
    }

    fn just_before_start(&self) -> Timestamp {
        self.start.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MIN)
    }

    fn lasts_until(&self, time: Timestamp) -> bool {
        self.end.is_none_or(|end| time <= end)
    }
}

// Returns the name before the brackets and the text between them.
fn split(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once('(')?;
    Some((name, rest.strip_suffix(')')?))
}

fn parse_at(inner: &str) -> Result<DateTime, ScheduleError> {
    let invalid = || ScheduleError::At { text: inner.to_owned() };
    let shape = |(position, byte): (usize, u8)| match position {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    };
    if inner.len() != "yyyy-mm-ddThh:mm:ss".len() || !inner.bytes().enumerate().all(shape) {
        return Err(invalid());
    }
    // The parser would read a leap second as the second before it; the service rejects it.
    if inner.ends_with(":60") {
        return Err(invalid());
    }
    inner.parse().map_err(|_| invalid())
}
