//! Event time as whole microseconds since the epoch: compact in a stored state, and every timestamp fits.

use jiff::{SignedDuration, Timestamp};

/// The longest duration of a window, a lateness or a pattern: 36,500 days.
pub(crate) const MAX_DURATION: SignedDuration = SignedDuration::from_hours(36_500 * 24);

/// The microseconds of a timestamp, rounded down.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_second() * 1_000_000 + i64::from(at.subsec_nanosecond()).div_euclid(1_000)
}

/// The timestamp of so many microseconds; the last or first one if there is none.
pub(crate) fn timestamp(micros: i64) -> Timestamp {
    let limit = if micros > 0 { Timestamp::MAX } else { Timestamp::MIN };
    Timestamp::from_microsecond(micros).unwrap_or(limit)
}

/// The microseconds of a duration that may be zero.
pub(crate) fn lateness(duration: SignedDuration) -> Result<i64, &'static str> {
    if duration.is_negative() {
        return Err("must not be negative");
    }
    whole(duration)
}

/// The microseconds of a duration that must be longer than zero.
pub(crate) fn length(duration: SignedDuration) -> Result<i64, &'static str> {
    if !duration.is_positive() {
        return Err("must be longer than zero");
    }
    whole(duration)
}

fn whole(duration: SignedDuration) -> Result<i64, &'static str> {
    if duration > MAX_DURATION {
        return Err("must be at most 36,500 days");
    }
    if duration.subsec_nanos() % 1_000 != 0 {
        return Err("must be whole microseconds");
    }
    Ok(duration.as_secs() * 1_000_000 + i64::from(duration.subsec_micros()))
}
