//! Cron expressions: six fields and the next minute that matches them, in local time of a time zone. A local time that the
//! clock skips does not fire, and one that occurs twice fires only the first time.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone},
};

use super::error::{CronField, ScheduleError};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The minutes that match six fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: Vec<i16>,
    hours: Vec<i16>,
    days: Days,
    months: Vec<i16>,
    years: Vec<i16>,
}

/// The days selected by the day-of-month and day-of-week fields together.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Days {
    /// Days of the month.
    Month(Vec<i16>),
    /// `L`: the last day of the month.
    Last,
    /// `LW`: the last weekday (Monday to Friday) of the month.
    LastWeekday,
    /// `15W`: the weekday nearest to that day, within the month.
    NearestWeekday(i16),
    /// Days of the week, 1 for Sunday.
    Week(Vec<i16>),
    /// `6#3`: the third Friday.
    Nth(i16, i16),
    /// `6L`: the last Friday.
    LastOfWeek(i16),
}

impl Cron {
    pub(super) fn parse(inner: &str) -> Result<Self, ScheduleError> {
        let fields: Vec<&str> = inner.split_whitespace().collect();
        let [minutes, hours, day_of_month, month, day_of_week, year] = fields.as_slice() else {
            return Err(ScheduleError::FieldCount { found: fields.len() });
        };
        Ok(Self {
            minutes: CronField::Minutes.values(minutes)?,
            hours: CronField::Hours.values(hours)?,
            days: Days::parse(day_of_month, day_of_week)?,
            months: CronField::Month.values(month)?,
            years: CronField::Year.values(year)?,
        })
    }

    pub(super) fn next_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = zone.to_datetime(after).date();
        let years = self.years.iter().filter(|year| **year >= today.year());
        let months = years.flat_map(|year| self.months.iter().map(move |month| (*year, *month)));
        let months = months.filter_map(|(year, month)| Date::new(year, i8::try_from(month).ok()?, 1).ok());
        let months = months.filter(|month| *month >= today.first_of_month());
        let days = months.flat_map(|month| {
            let days = self.days.in_month(month).into_iter();
            days.filter_map(move |day| month.with().day(day).build().ok())
        });
        let mut times = days.filter(|day| *day >= today).flat_map(|day| self.times(day));
        times.find_map(|local| resolve(local, zone).filter(|time| *time > after))
    }

    fn times(&self, day: Date) -> impl Iterator<Item = DateTime> {
        let times = self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)));
        times.filter_map(move |(hour, minute)| {
            let (hour, minute) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?);
            Some(day.at(hour, minute, 0, 0))
        })
    }
}

impl Days {
    fn parse(day_of_month: &str, day_of_week: &str) -> Result<Self, ScheduleError> {
        match (day_of_month, day_of_week) {
            ("?", "?") => {}
            (text, "?") => return parse_days_of_month(text),
            ("?", text) => return parse_days_of_week(text),
            _ => {}
        }
        Err(ScheduleError::Days { day_of_month: day_of_month.to_owned(), day_of_week: day_of_week.to_owned() })
    }

    /// Returns the selected days in the month of this date, in order.
    fn in_month(&self, month: Date) -> Vec<i8> {
        let (first, last) = (month.first_of_month(), month.last_of_month());
        let mut all = 1..=last.day();
        match self {
            Self::Month(days) => all.filter(|day| days.contains(&i16::from(*day))).collect(),
            Self::Last => vec![last.day()],
            Self::LastWeekday => vec![nearest_weekday(last)],
            Self::NearestWeekday(day) => {
                let same = all.filter(|one| i16::from(*one) == *day);
                same.filter_map(|day| first.with().day(day).build().ok()).map(nearest_weekday).collect()
            }
            Self::Week(weekdays) => all.filter(|day| weekdays.contains(&weekday(first, *day))).collect(),
            Self::Nth(expected, nth) => {
                let mut same = all.filter(|day| weekday(first, *day) == *expected);
                same.nth(usize::try_from(nth - 1).unwrap_or(usize::MAX)).into_iter().collect()
            }
            Self::LastOfWeek(expected) => all.rfind(|day| weekday(first, *day) == *expected).into_iter().collect(),
        }
    }
}

impl CronField {
    /// Parses a list of single values, ranges and steps. Returns all values in order. A range that ends before it begins wraps
    /// around, except in the years.
    fn values(self, text: &str) -> Result<Vec<i16>, ScheduleError> {
        let mut values = Vec::new();
        for item in text.split(',') {
            values.append(&mut self.item(text, item)?);
        }
        values.sort_unstable();
        values.dedup();
        Ok(values)
    }

    /// Parses one value: a number within the bounds, or the name of a month or a weekday.
    fn value(self, text: &str, value: &str) -> Result<i16, ScheduleError> {
        let names: &[&str] = match self {
            Self::Month => &MONTHS,
            Self::DayOfWeek => &WEEKDAYS,
            Self::Minutes | Self::Hours | Self::DayOfMonth | Self::Year => &[],
        };
        let (_, low, high, rule) = self.spec();
        if let Some(index) = names.iter().position(|name| name.eq_ignore_ascii_case(value)) {
            return i16::try_from(index + 1).map_err(|_| self.invalid(text, rule));
        }
        match parse_number(value) {
            Some(number) if (low..=high).contains(&number) => Ok(number),
            _ => Err(self.invalid(text, rule)),
        }
    }

    fn invalid(self, text: &str, rule: &'static str) -> ScheduleError {
        ScheduleError::Field { field: self, text: text.to_owned(), rule }
    }

    fn item(self, text: &str, item: &str) -> Result<Vec<i16>, ScheduleError> {
        let (_, low, high, rule) = self.spec();
        let (range, step) = match item.split_once('/') {
            None => (item, None),
            // The service does not document steps for this field.
            Some(_) if self == Self::DayOfWeek => return Err(self.invalid(text, "takes no steps")),
            Some((range, step)) => match parse_number(step) {
                Some(step @ 1..) => (range, Some(step)),
                _ => return Err(self.invalid(text, "a step must be a positive whole number")),
            },
        };
        let (first, last) = match (range, range.split_once('-')) {
            ("*", _) => (low, high),
            (_, Some((first, last))) => (self.value(text, first)?, self.value(text, last)?),
            (single, None) => {
                let first = self.value(text, single)?;
                (first, if step.is_some() { high } else { first })
            }
        };
        let step = usize::try_from(step.unwrap_or(1)).map_err(|_| self.invalid(text, rule))?;
        if first <= last {
            return Ok((first..=last).step_by(step).collect());
        }
        if self == Self::Year {
            return Err(self.invalid(text, "a range of years must not end before it begins"));
        }
        Ok((first..=high).chain(low..=last).step_by(step).collect())
    }
}

// A local time that the clock skips has no timestamp; one that occurs twice has the earlier one.
fn resolve(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(time);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => None,
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
    }
}

fn parse_days_of_month(text: &str) -> Result<Days, ScheduleError> {
    let field = CronField::DayOfMonth;
    match (text, text.strip_suffix('W')) {
        ("L", _) => Ok(Days::Last),
        ("LW", _) => Ok(Days::LastWeekday),
        (_, Some(day)) if !text.contains([',', '-', '/']) => field.value(text, day).map(Days::NearestWeekday),
        _ if text.contains(['L', 'W']) => Err(field.invalid(text, "L and W take no lists, ranges or steps")),
        _ => field.values(text).map(Days::Month),
    }
}

fn parse_days_of_week(text: &str) -> Result<Days, ScheduleError> {
    let field = CronField::DayOfWeek;
    if let Some((weekday, nth)) = text.split_once('#') {
        let weekday =
            field.value(text, weekday).map_err(|_| field.invalid(text, "# takes one day of the week before it"))?;
        return match (nth, parse_number(nth)) {
            ("1" | "2" | "3" | "4" | "5", Some(nth)) => Ok(Days::Nth(weekday, nth)),
            _ => Err(field.invalid(text, "# takes one number from 1 to 5 after it")),
        };
    }
    match text.strip_suffix('L') {
        // The last day of the week is Saturday.
        Some("") => Ok(Days::Week(vec![7])),
        Some(weekday) => match field.value(text, weekday) {
            Ok(weekday) => Ok(Days::LastOfWeek(weekday)),
            Err(_) => Err(field.invalid(text, "L stands alone or after one day of the week")),
        },
        None => field.values(text).map(Days::Week),
    }
}

fn weekday(first_of_month: Date, day: i8) -> i16 {
    let first = i16::from(first_of_month.weekday().to_sunday_one_offset());
    (first - 1 + i16::from(day) - 1).rem_euclid(7) + 1
}

// Stays within the month: a Saturday the 1st becomes Monday the 3rd.
fn nearest_weekday(date: Date) -> i8 {
    let (day, last) = (date.day(), date.days_in_month());
    match date.weekday().to_sunday_one_offset() {
        7 if day == 1 => 3,
        7 => day - 1,
        1 if day == last => day - 2,
        1 => day + 1,
        _ => day,
    }
}

// The standard parser would accept a sign as well.
fn parse_number(text: &str) -> Option<i16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
