//! Rates: every so many minutes, hours or days, counted from a beginning.
//! A day is 24 hours here, whatever the zone's clocks do.

use jiff::{SignedDuration, Timestamp};

use super::ScheduleError;

/// A regular distance between two firings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How long it takes from one firing to the next.
    pub period: SignedDuration,
}

impl Rate {
    pub(super) fn next_after(self, begins: Timestamp, moment: Timestamp) -> Option<Timestamp> {
        if moment < begins {
            return Some(begins);
        }
        let period = self.period.as_nanos();
        let elapsed = moment.as_nanosecond() - begins.as_nanosecond();
        let periods = elapsed.checked_div(period)?.checked_add(1)?;
        let next = begins.as_nanosecond().checked_add(periods.checked_mul(period)?)?;
        Timestamp::from_nanosecond(next).ok()
    }
}

/// As rules read it: the unit is singular for one, and plural for more.
pub(super) fn strict(inner: &str) -> Result<Rate, ScheduleError> {
    let (value, unit) = parts(inner)?;
    match (value, unit.ends_with('s')) {
        (1, true) => Err(wrong(inner, "the unit of 1 must be singular")),
        (2.., false) => Err(wrong(inner, "the unit of more than 1 must be plural")),
        _ => lenient(inner),
    }
}

/// As the Scheduler reads it: either form of the unit will do.
pub(super) fn lenient(inner: &str) -> Result<Rate, ScheduleError> {
    let (value, unit) = parts(inner)?;
    let seconds: i64 = match unit {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3_600,
        "day" | "days" => 86_400,
        _ => return Err(wrong(inner, "the unit must be minute, minutes, hour, hours, day or days")),
    };
    match value.checked_mul(seconds) {
        Some(seconds) => Ok(Rate { period: SignedDuration::from_secs(seconds) }),
        None => Err(wrong(inner, "the value is too large")),
    }
}

fn parts(inner: &str) -> Result<(i64, &str), ScheduleError> {
    let mut words = inner.split_whitespace();
    let (Some(value), Some(unit), None) = (words.next(), words.next(), words.next()) else {
        return Err(wrong(inner, "must be a value and a unit"));
    };
    if !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong(inner, "the value must be a positive whole number"));
    }
    match value.parse() {
        Ok(0) => Err(wrong(inner, "the value must be a positive whole number")),
        Ok(value) => Ok((value, unit)),
        Err(_) => Err(wrong(inner, "the value is too large")),
    }
}

fn wrong(inner: &str, rule: &'static str) -> ScheduleError {
    ScheduleError::Rate { text: inner.to_owned(), rule }
}
