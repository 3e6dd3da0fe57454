//! Schedule expressions: `rate(…)`, `cron(…)` with six fields and `at(…)`, read as strictly
//! as the two services that take them do, and the moments at which they fire. No clock is
//! read here: whoever plays a schedule asks for the next moment after one it knows.

mod cron;
mod days;
mod error;
mod field;
mod rate;
#[cfg(test)]
mod tests;

pub use cron::Cron;
pub use error::{Field, ScheduleError};
pub use rate::Rate;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// What an expression says, checked against all rules of the service it is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Every so many minutes, hours or days.
    Rate(Rate),
    /// At all minutes that six fields describe.
    Cron(Cron),
    /// Once, at this time on the clock of the schedule's zone.
    At(DateTime),
}

impl Expression {
    /// Reads the expression of an EventBridge rule: a rate or a cron.
    pub fn for_rule(text: &str) -> Result<Self, ScheduleError> {
        match form(text) {
            Some(("rate", inner)) => rate::strict(inner).map(Self::Rate),
            Some(("cron", inner)) => Cron::parse(inner).map(Self::Cron),
            _ => Err(ScheduleError::Form { text: text.to_owned(), wanted: "rate(…) or cron(…)" }),
        }
    }

    /// Reads the expression of an EventBridge Scheduler schedule: a rate, a cron or a single time.
    pub fn for_scheduler(text: &str) -> Result<Self, ScheduleError> {
        match form(text) {
            Some(("rate", inner)) => rate::lenient(inner).map(Self::Rate),
            Some(("cron", inner)) => Cron::parse(inner).map(Self::Cron),
            Some(("at", inner)) => at(inner).map(Self::At),
            _ => Err(ScheduleError::Form { text: text.to_owned(), wanted: "rate(…), cron(…) or at(…)" }),
        }
    }
}

/// An expression together with its zone, its beginning and its end.
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
    begins: Timestamp,
    ends: Option<Timestamp>,
}

impl Schedule {
    /// The schedule of a rule: in UTC, and a rate fires for the first time one period after the rule was made.
    pub fn for_rule(text: &str, created: Timestamp) -> Result<Self, ScheduleError> {
        let expression = Expression::for_rule(text)?;
        let begins = match &expression {
            Expression::Rate(rate) => created.checked_add(rate.period).unwrap_or(Timestamp::MAX),
            Expression::Cron(_) | Expression::At(_) => created,
        };
        Ok(Self { expression, zone: TimeZone::UTC, begins, ends: None })
    }

    /// A schedule of EventBridge Scheduler: in the named zone (UTC if none is named), where a
    /// rate fires at its beginning already. `begins` is its start date, or when it was made.
    pub fn for_scheduler(
        text: &str,
        zone: Option<&str>,
        begins: Timestamp,
        ends: Option<Timestamp>,
    ) -> Result<Self, ScheduleError> {
        let expression = Expression::for_scheduler(text)?;
        let zone = match zone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| ScheduleError::Zone { name: name.to_owned() })?,
        };
        Ok(Self { expression, zone, begins, ends })
    }

    /// What the schedule says.
    pub fn expression(&self) -> &Expression {
        &self.expression
    }

    /// The first moment at which it fires. A single time counts even when it lies before the beginning.
    pub fn first(&self) -> Option<Timestamp> {
        match &self.expression {
            Expression::At(time) => self.single(*time),
            Expression::Rate(_) | Expression::Cron(_) => {
                let before = self.begins.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MIN);
                self.next_after(before)
            }
        }
    }

    /// The first moment after this one at which it fires, or nothing if it never fires again.
    pub fn next_after(&self, moment: Timestamp) -> Option<Timestamp> {
        match &self.expression {
            // Beginning and end are not for schedules that fire once.
            Expression::At(time) => self.single(*time).filter(|single| *single > moment),
            Expression::Rate(rate) => rate.next_after(self.begins, moment).filter(|next| self.lasts_until(*next)),
            Expression::Cron(cron) => {
                let before = self.begins.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MIN);
                cron.next_after(moment.max(before), &self.zone).filter(|next| self.lasts_until(*next))
            }
        }
    }

    fn single(&self, time: DateTime) -> Option<Timestamp> {
        self.zone.to_timestamp(time).ok()
    }

    fn lasts_until(&self, moment: Timestamp) -> bool {
        self.ends.is_none_or(|end| moment <= end)
    }
}

// The word before the brackets and what stands between them.
fn form(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once('(')?;
    Some((word, rest.strip_suffix(')')?))
}

fn at(inner: &str) -> Result<DateTime, ScheduleError> {
    let wrong = || ScheduleError::At { text: inner.to_owned() };
    let shape = |(place, byte): (usize, u8)| match place {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    };
    if inner.len() != "yyyy-mm-ddThh:mm:ss".len() || !inner.bytes().enumerate().all(shape) {
        return Err(wrong());
    }
    // A leap second would be read as the second before it; the service has no such second.
    if inner.ends_with(":60") {
        return Err(wrong());
    }
    inner.parse().map_err(|_| wrong())
}
