//! Days in UTC, as the ids of streams, rows and lists have them.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use crate::ids::DayId;

/// How long a day stays open for late events.
pub const REPORT_LATENESS: SignedDuration = SignedDuration::from_mins(15);

/// The day of a time, in UTC.
pub fn day_of(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// The last day of which no event is expected any more.
pub fn last_day(now: Timestamp) -> String {
    let before = SignedDuration::from_hours(24).saturating_add(REPORT_LATENESS);
    day_of(now.checked_sub(before).unwrap_or(now))
}

/// The end of a day in UTC; none if the text is no day.
pub(super) fn end_of(day: &DayId) -> Option<Timestamp> {
    let date: Date = day.as_str().parse().ok()?;
    Some(date.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
