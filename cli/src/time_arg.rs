//! Times as people write and read them: whole timestamps, days, and "so long ago".

use anyhow::Context;
use jiff::{
    SignedDuration, Span, Timestamp, Unit,
    civil::{Date, DateTime},
    tz::TimeZone,
};

/// Reads a time: `2026-11-21T05:00:00Z`, `2026-11-21T05:00` and `2026-11-21` in UTC, or `10m ago`.
pub fn read(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    // A date is read as the beginning of its day.
    let local = text.parse::<DateTime>().ok().or_else(|| text.parse::<Date>().ok().map(Date::into));
    if let Some(local) = local {
        return Ok(local.to_zoned(TimeZone::UTC)?.timestamp());
    }
    let span = text.parse::<Span>().ok().filter(|_| text.trim_end().ends_with("ago"));
    let span = span.with_context(|| {
        format!("{text:?} is no time: write 2026-11-21T05:00:00Z, 2026-11-21 (its beginning in UTC) or \"10m ago\"")
    })?;
    Ok(now.to_zoned(TimeZone::UTC).checked_add(span).with_context(|| format!("{text:?} is too long ago"))?.timestamp())
}

/// A time to the millisecond.
pub fn show(time: Timestamp) -> String {
    time.round(Unit::Millisecond).map_or_else(|_| format!("{time}"), |rounded| format!("{rounded:.3}"))
}

/// A length of time in the largest unit that keeps it readable: `+12 ms`, `+1.250 s`, `+15 min`, `-3 h`.
pub fn apart(from: Timestamp, to: Timestamp) -> String {
    let apart = to.duration_since(from);
    let sign = if apart.is_negative() { '-' } else { '+' };
    format!("{sign}{}", long(apart.abs()))
}

/// A length of time in short.
pub fn long(length: SignedDuration) -> String {
    let milliseconds = length.as_millis();
    let whole = |unit: i128, name: &str| format!("{} {name}", (milliseconds + unit / 2) / unit);
    match milliseconds {
        ..1_000 => format!("{milliseconds} ms"),
        1_000..120_000 => format!("{}.{:03} s", milliseconds / 1_000, milliseconds % 1_000),
        120_000..7_200_000 => whole(60_000, "min"),
        7_200_000..172_800_000 => whole(3_600_000, "h"),
        _ => whole(86_400_000, "days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().expect("a time")
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        let read = |text| read(text, now()).expect("a time").to_string();
        assert_eq!(read("2026-11-21T05:00:00Z"), "2026-11-21T05:00:00Z");
        assert_eq!(read("2026-11-21T05:00:00+01:00"), "2026-11-21T04:00:00Z");
        assert_eq!(read("2026-11-21T05:00"), "2026-11-21T05:00:00Z");
        assert_eq!(read("2026-11-21"), "2026-11-21T00:00:00Z");
        assert_eq!(read("10m ago"), "2026-11-21T11:50:00Z");
        assert_eq!(read("2 days ago"), "2026-11-19T12:00:00Z");
    }

    #[test]
    fn what_is_no_moment_is_refused_with_the_ways_to_write_one() {
        for text in ["yesterday", "", "10m", "2026-13-01", "999999y ago"] {
            let error = read(text, now()).expect_err(text);
            assert!(format!("{error:#}").contains("ago"), "{error:#}");
        }
    }

    #[test]
    fn lengths_are_said_in_the_unit_that_says_most() {
        let long = |milliseconds| long(SignedDuration::from_millis(milliseconds));
        assert_eq!([0, 999, 1_250].map(long), ["0 ms", "999 ms", "1.250 s"]);
        assert_eq!([899_960, 7_200_000, 864_000_000].map(long), ["15 min", "2 h", "10 days"]);
        assert_eq!(apart(now(), "2026-11-21T11:59:59.5Z".parse().expect("a time")), "-500 ms");
        assert_eq!(show(now()), "2026-11-21T12:00:00.000Z");
    }
}
