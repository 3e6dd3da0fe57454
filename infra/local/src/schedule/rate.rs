//! Rates: a fixed period in minutes, hours or days, counted from a start. A day is 24 hours, whatever the time zone.

use jiff::{SignedDuration, Timestamp};

use super::error::ScheduleError;

/// A fixed period between two firings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The time from one firing to the next.
    pub period: SignedDuration,
}

impl Rate {
    /// Parses a rate as EventBridge Scheduler does: the unit may be singular or plural.
    pub(super) fn parse(inner: &str) -> Result<Self, ScheduleError> {
        let (value, unit) = parts(inner)?;
        let seconds: i64 = match unit {
            "minute" | "minutes" => 60,
            "hour" | "hours" => 3_600,
            "day" | "days" => 86_400,
            _ => return Err(invalid(inner, "the unit must be minute, minutes, hour, hours, day or days")),
        };
        match value.checked_mul(seconds) {
            Some(seconds) => Ok(Self { period: SignedDuration::from_secs(seconds) }),
            None => Err(invalid(inner, "the value is too large")),
        }
    }

    /// Parses a rate as EventBridge rules do: the unit must be singular for 1 and plural for more.
    pub(super) fn parse_strict(inner: &str) -> Result<Self, ScheduleError> {
        let (value, unit) = parts(inner)?;
        match (value, unit.ends_with('s')) {
            (1, true) => Err(invalid(inner, "the unit of 1 must be singular")),
            (2.., false) => Err(invalid(inner, "the unit of more than 1 must be plural")),
            _ => Self::parse(inner),
        }
    }

    pub(super) fn next_after(self, start: Timestamp, time: Timestamp) -> Option<Timestamp> {
        if time < start {
            return Some(start);
        }
        let period = self.period.as_nanos();
        let elapsed = time.as_nanosecond() - start.as_nanosecond();
        let periods = elapsed.checked_div(period)?.checked_add(1)?;
        let next = start.as_nanosecond().checked_add(periods.checked_mul(period)?)?;
        Timestamp::from_nanosecond(next).ok()
    }
}

fn parts(inner: &str) -> Result<(i64, &str), ScheduleError> {
    let mut words = inner.split(' ');
    let (Some(value), Some(unit), None) = (words.next(), words.next(), words.next()) else {
        return Err(invalid(inner, "must be a value and a unit with one space between them"));
    };
    if !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid(inner, "the value must be a positive whole number"));
    }
    match value.parse() {
        Ok(0) => Err(invalid(inner, "the value must be a positive whole number")),
        Ok(value) => Ok((value, unit)),
        Err(_) => Err(invalid(inner, "the value is too large")),
    }
}

fn invalid(inner: &str, rule: &'static str) -> ScheduleError {
    ScheduleError::Rate { text: inner.to_owned(), rule }
}
