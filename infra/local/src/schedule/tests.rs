//! Tables of expressions: when each fires, and which are rejected with which error.

use jiff::Timestamp;

use super::{CronField, Expression, Schedule, ScheduleError};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time of the table is valid")
}

/// Returns the next firings after a time, as text.
fn firings(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
    let later = |time: &Timestamp| schedule.next_after(*time);
    std::iter::successors(schedule.next_after(time(after)), later).take(count).map(|time| time.to_string()).collect()
}

fn rule(text: &str) -> Schedule {
    Schedule::for_rule(text, time("2020-01-01T00:00:00Z")).expect("the expression is valid")
}

fn scheduler(text: &str, zone: &str) -> Schedule {
    let start = time("2020-01-01T00:00:00Z");
    Schedule::for_scheduler(text, Some(zone), start, None).expect("the expression is valid")
}

#[test]
fn cron_expressions_fire_when_their_fields_match() {
    // 21 November 2026 is a Saturday.
    let table: [(&str, &str, &[&str]); 41] = [
        ("* * * * ? *", "2026-11-21T10:30:00Z", &["2026-11-21T10:31:00Z", "2026-11-21T10:32:00Z"]),
        ("* * * * ? *", "2026-11-21T10:30:59.5Z", &["2026-11-21T10:31:00Z"]),
        ("0 10 * * ? *", "2026-11-21T10:00:00Z", &["2026-11-22T10:00:00Z", "2026-11-23T10:00:00Z"]),
        ("15 12 * * ? *", "2026-12-31T12:15:00Z", &["2027-01-01T12:15:00Z"]),
        ("0 18 ? * MON-FRI *", "2026-11-20T18:00:00Z", &["2026-11-23T18:00:00Z", "2026-11-24T18:00:00Z"]),
        ("0 8 1 * ? *", "2026-11-21T10:30:00Z", &["2026-12-01T08:00:00Z", "2027-01-01T08:00:00Z"]),
        ("0/15 * * * ? *", "2026-11-21T10:30:00Z", &["2026-11-21T10:45:00Z", "2026-11-21T11:00:00Z"]),
        ("*/15 * * * ? *", "2026-11-21T10:46:00Z", &["2026-11-21T11:00:00Z"]),
        ("1/10 * * * ? *", "2026-11-21T10:51:00Z", &["2026-11-21T11:01:00Z", "2026-11-21T11:11:00Z"]),
        ("0/10 * ? * MON-FRI *", "2026-11-20T23:50:00Z", &["2026-11-23T00:00:00Z"]),
        ("0/5 8-17 ? * 2-6 *", "2026-11-23T17:55:00Z", &["2026-11-24T08:00:00Z"]),
        ("0/30 20-2 ? * MON-FRI *", "2026-11-23T02:30:00Z", &["2026-11-23T20:00:00Z"]),
        ("10-20/5 3 * * ? *", "2026-11-21T03:10:00Z", &["2026-11-21T03:15:00Z", "2026-11-21T03:20:00Z"]),
        ("10-20/5 3 * * ? *", "2026-11-21T03:20:00Z", &["2026-11-22T03:10:00Z"]),
        ("5,35,20 * * * ? *", "2026-11-21T10:05:00Z", &["2026-11-21T10:20:00Z", "2026-11-21T10:35:00Z"]),
        ("05 06 07 08 ? 2027", "2026-11-21T10:05:00Z", &["2027-08-07T06:05:00Z"]),
        ("0 0 1 JAN,jul ? *", "2026-11-21T00:00:00Z", &["2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z"]),
        ("0 0 1 NOV-FEB ? *", "2026-11-21T00:00:00Z", &["2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
        ("0 0 1 1/6 ? *", "2026-11-21T00:00:00Z", &["2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z"]),
        ("0 0 1/10 * ? *", "2026-11-21T00:00:00Z", &["2026-12-01T00:00:00Z", "2026-12-11T00:00:00Z"]),
        ("0 0 31 * ? *", "2026-11-21T00:00:00Z", &["2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z"]),
        ("0 0 29 2 ? *", "2026-11-21T00:00:00Z", &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
        ("0 0 L * ? *", "2027-01-31T00:00:00Z", &["2027-02-28T00:00:00Z", "2027-03-31T00:00:00Z"]),
        ("0 0 L 2 ? *", "2027-03-01T00:00:00Z", &["2028-02-29T00:00:00Z"]),
        ("0 0 LW * ? *", "2027-01-01T00:00:00Z", &["2027-01-29T00:00:00Z", "2027-02-26T00:00:00Z"]),
        // The 15th is a Sunday, a Tuesday, a Friday; the 21st is a Saturday.
        ("0 0 15W * ? *", "2026-11-01T00:00:00Z", &["2026-11-16T00:00:00Z", "2026-12-15T00:00:00Z"]),
        ("0 0 21W 11 ? *", "2026-11-01T00:00:00Z", &["2026-11-20T00:00:00Z"]),
        ("0 0 1W * ? *", "2027-04-15T00:00:00Z", &["2027-05-03T00:00:00Z"]),
        ("0 0 31W * ? *", "2027-01-01T00:00:00Z", &["2027-01-29T00:00:00Z", "2027-03-31T00:00:00Z"]),
        ("0 0 28W 2 ? *", "2027-01-01T00:00:00Z", &["2027-02-26T00:00:00Z"]),
        ("0 0 ? * 1 *", "2026-11-21T00:00:00Z", &["2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"]),
        ("0 0 ? * L *", "2026-11-21T00:00:00Z", &["2026-11-28T00:00:00Z"]),
        ("0 0 ? * FRI-MON *", "2026-11-21T00:00:00Z", &["2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"]),
        ("0 0 ? * MON-SUN *", "2026-11-21T00:00:00Z", &["2026-11-22T00:00:00Z"]),
        ("0 9 ? * 2#1 *", "2026-11-21T00:00:00Z", &["2026-12-07T09:00:00Z", "2027-01-04T09:00:00Z"]),
        ("0 9 ? * tue#5 *", "2026-11-21T00:00:00Z", &["2026-12-29T09:00:00Z", "2027-03-30T09:00:00Z"]),
        ("15 10 ? * 6L 2026-2027", "2026-11-21T00:00:00Z", &["2026-11-27T10:15:00Z", "2026-12-25T10:15:00Z"]),
        ("0 0 ? * SATL *", "2026-11-21T00:00:00Z", &["2026-11-28T00:00:00Z"]),
        ("0 0 1 1 ? 2030/5", "2026-11-21T00:00:00Z", &["2030-01-01T00:00:00Z", "2035-01-01T00:00:00Z"]),
        ("59 23 31 12 ? 2199", "2026-11-21T00:00:00Z", &["2199-12-31T23:59:00Z"]),
        ("0\t6  * * ? *", "2026-11-21T00:00:00Z", &["2026-11-21T06:00:00Z"]),
    ];
    for (fields, after, expected) in table {
        assert_eq!(
            firings(&rule(&format!("cron({fields})")), after, expected.len()),
            expected,
            "{fields} after {after}"
        );
    }
}

#[test]
fn a_cron_expression_without_a_future_match_does_not_fire() {
    for fields in ["0 0 30 2 ? *", "0 0 31 4,6,9,11 ? *", "0 0 1 1 ? 2020", "0 0 1 1 ? 1970-2026", "0 0 31W 2 ? *"] {
        assert_eq!(rule(&format!("cron({fields})")).next_after(time("2026-11-21T00:00:00Z")), None, "{fields}");
    }
    assert_eq!(rule("cron(59 23 31 12 ? 2199)").next_after(time("2199-12-31T23:59:00Z")), None);
    assert_eq!(rule("cron(* * * * ? *)").next_after(Timestamp::MAX), None);
}

#[test]
fn rates_count_from_their_start() {
    let created = time("2026-11-21T10:30:20Z");
    let rate = Schedule::for_rule("rate(5 minutes)", created).expect("valid");
    assert_eq!(rate.first(), Some(time("2026-11-21T10:35:20Z")));
    assert_eq!(rate.next_after(created), rate.first());
    assert_eq!(firings(&rate, "2026-11-21T10:35:20Z", 2), ["2026-11-21T10:40:20Z", "2026-11-21T10:45:20Z"]);
    assert_eq!(firings(&rate, "2026-11-21T10:41:00Z", 1), ["2026-11-21T10:45:20Z"]);
    let hourly = Schedule::for_rule("rate(1 hour)", created).expect("valid");
    assert_eq!(hourly.first(), Some(time("2026-11-21T11:30:20Z")));
    let daily = Schedule::for_rule("rate(1 day)", created).expect("valid");
    assert_eq!(firings(&daily, "2027-11-21T10:30:19Z", 1), ["2027-11-21T10:30:20Z"]);
}

#[test]
fn a_schedule_with_a_rate_fires_at_its_start_and_not_after_its_end() {
    let (start, end) = (time("2026-11-21T10:00:00Z"), time("2026-11-21T12:00:00Z"));
    let rate = Schedule::for_scheduler("rate(1 hours)", None, start, Some(end)).expect("valid");
    assert_eq!(rate.first(), Some(start));
    assert_eq!(firings(&rate, "2020-01-01T00:00:00Z", 9).len(), 3);
    assert_eq!(rate.next_after(end), None);
    let cron = Schedule::for_scheduler("cron(30 * * * ? *)", None, start, Some(end)).expect("valid");
    assert_eq!(firings(&cron, "2020-01-01T00:00:00Z", 9), ["2026-11-21T10:30:00Z", "2026-11-21T11:30:00Z"]);
}

#[test]
fn a_one_time_schedule_fires_once_in_its_time_zone() {
    let once = scheduler("at(2026-11-21T10:30:00)", "Europe/Berlin");
    assert_eq!(once.first(), Some(time("2026-11-21T09:30:00Z")));
    assert_eq!(firings(&once, "2026-11-21T09:29:59Z", 5), ["2026-11-21T09:30:00Z"]);
    assert_eq!(once.next_after(time("2026-11-21T09:30:00Z")), None);
    let late = Schedule::for_scheduler("at(2019-01-01T00:00:00)", None, time("2026-01-01T00:00:00Z"), None);
    assert_eq!(late.expect("valid").first(), Some(time("2019-01-01T00:00:00Z")));
}

#[test]
fn cron_follows_the_daylight_saving_time_of_its_zone() {
    let morning = scheduler("cron(0 8 * * ? *)", "Europe/Berlin");
    assert_eq!(firings(&morning, "2026-03-28T00:00:00Z", 2), ["2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z"]);
    let new_york = scheduler("cron(0 22 ? * FRI *)", "America/New_York");
    assert_eq!(firings(&new_york, "2026-11-21T00:00:00Z", 2), ["2026-11-21T03:00:00Z", "2026-11-28T03:00:00Z"]);
}

#[test]
fn a_skipped_local_time_does_not_fire() {
    // Clocks go from 2 to 3 on 29 March 2026.
    let skipped = scheduler("cron(30 2 * * ? *)", "Europe/Berlin");
    assert_eq!(firings(&skipped, "2026-03-28T00:00:00Z", 2), ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"]);
}

#[test]
fn a_repeated_local_time_fires_once() {
    // Clocks go from 3 back to 2 on 25 October 2026.
    let doubled = scheduler("cron(0/30 2-3 * * ? *)", "Europe/Berlin");
    assert_eq!(
        firings(&doubled, "2026-10-24T23:30:00Z", 4),
        ["2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z", "2026-10-25T02:30:00Z"],
    );
    assert_eq!(firings(&doubled, "2026-10-25T01:10:00Z", 1), ["2026-10-25T02:00:00Z"]);
}

#[test]
fn an_error_names_the_field_and_the_rule() {
    let check = |text: &str, message: &str| {
        assert_eq!(Expression::for_scheduler(text).expect_err(text).to_string(), message);
    };
    check("every day", r#""every day" is not a schedule expression of the form rate(…), cron(…) or at(…)"#);
    check("rate(0 minutes)", "rate(0 minutes): the value must be a positive whole number");
    check("rate(5)", "rate(5): must be a value and a unit with one space between them");
    check("rate(5 seconds)", "rate(5 seconds): the unit must be minute, minutes, hour, hours, day or days");
    check("rate(99999999999999999 days)", "rate(99999999999999999 days): the value is too large");
    check(
        "cron(0 6 * * ?)",
        "cron has six fields: minutes, hours, day-of-month, month, day-of-week and year; 5 were given",
    );
    check("cron(60 6 * * ? *)", r#"minutes "60": takes values from 0 to 59 and , - * /"#);
    check("cron(0 6 * * 2 *)", r#"exactly one of day-of-month "*" and day-of-week "2" must be "?""#);
    check("cron(0 6 ? * ? *)", r#"exactly one of day-of-month "?" and day-of-week "?" must be "?""#);
    check("cron(0 6 ? * 2#1,6#3 *)", r##"day-of-week "2#1,6#3": # takes one number from 1 to 5 after it"##);
    check("cron(0 6 L,15 * ? *)", r#"day-of-month "L,15": L and W take no lists, ranges or steps"#);
    check("at(2026-11-21)", "at(2026-11-21): must be a time of the form yyyy-mm-ddThh:mm:ss");
}

#[test]
fn invalid_fields_are_rejected() {
    let rejected = |fields: &str, expected: CronField| match Expression::for_rule(&format!("cron({fields})")) {
        Err(ScheduleError::Field { field, .. }) => assert_eq!(field, expected, "{fields}"),
        other => panic!("{fields} gave {other:?}"),
    };
    for minutes in
        ["-1", "+5", "60", "5-", "-", ",", "1,", "a", "0/0", "0/", "/5", "5/x", "?", "L", "1-2-3", "٣", "99999"]
    {
        rejected(&format!("{minutes} 0 * * ? *"), CronField::Minutes);
    }
    for hours in ["24", "0-24", "*-3", "JAN", "1.5"] {
        rejected(&format!("0 {hours} * * ? *"), CronField::Hours);
    }
    for days in ["0", "32", "W", "0W", "32W", "1-5W", "1,2W", "L-3", "LL", "WL", "5L", "3#2", "MON", "?,1"] {
        rejected(&format!("0 0 {days} * ? *"), CronField::DayOfMonth);
    }
    for months in ["0", "13", "JANUARY", "JA", "?", "L"] {
        rejected(&format!("0 0 1 {months} ? *"), CronField::Month);
    }
    for weekdays in
        ["0", "8", "MONDAY", "2/2", "#2", "2#", "2#0", "2#6", "*#2", "2-3#1", "8L", "2,L", "2-6L", "L-3", "3W"]
    {
        rejected(&format!("0 0 ? * {weekdays} *"), CronField::DayOfWeek);
    }
    for years in ["1969", "2200", "?", "2030-2020", "26"] {
        rejected(&format!("0 0 1 * ? {years}"), CronField::Year);
    }
}

#[test]
fn rules_reject_one_time_expressions_and_a_wrong_plural() {
    for text in ["at(2026-11-21T10:30:00)", "rate(1 minutes)", "rate(5 minute)", "rate(2 day)", "rate(1 hours)"] {
        assert!(Expression::for_rule(text).is_err(), "{text}");
        assert!(Expression::for_scheduler(text).is_ok(), "{text}");
    }
}

#[test]
fn other_forms_are_rejected() {
    let forms = "|rate|rate(|cron()|rate()|Rate(1 hour)| rate(1 hour)|rate(1 hour) |rate(-1 hour)|rate(+1 hour)|\
        rate(1.5 hours)|rate(1 hour 2)|rate(one hour)|0 6 * * ? *|cron(0 6 * * ? * *)|at()|at(2026-02-30T00:00:00)|\
        at(2026-11-21T10:30)|at(2026-11-21T10:30:00Z)|at(2026-11-21 10:30:00)|at(2026-11-21T24:00:00)|\
        at(2026-11-21T10:30:60)|at(2026-11-21T10:30:00.5)|at(２026-11-21T10:30:0)";
    for text in forms.split('|') {
        assert!(Expression::for_scheduler(text).is_err(), "{text:?}");
        assert!(Expression::for_rule(text).is_err(), "{text:?}");
    }
    let unknown = Schedule::for_scheduler("rate(1 hour)", Some("Mars/Olympus"), Timestamp::UNIX_EPOCH, None);
    assert_eq!(unknown.expect_err("no such zone"), ScheduleError::Zone { name: "Mars/Olympus".to_owned() });
}
