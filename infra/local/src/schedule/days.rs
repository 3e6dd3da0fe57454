//! Which days of a month a cron expression means: days of the month or days of the week,
//! with `L` for the last, `W` for the nearest working day and `#` for the n-th.

use jiff::civil::Date;

use super::{Field, ScheduleError};

/// What the two fields for days say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Days {
    /// Days of the month.
    Month(Vec<i16>),
    /// `L`: the last day of the month.
    Last,
    /// `LW`: the last day from Monday to Friday.
    LastWorking,
    /// `15W`: the day from Monday to Friday nearest to that day, within the month.
    NearestWorking(i16),
    /// Days of the week, 1 for Sunday.
    Week(Vec<i16>),
    /// `6#3`: the third Friday.
    Nth(i16, i16),
    /// `6L`: the last Friday.
    LastOfWeek(i16),
}

impl Days {
    pub(super) fn parse(day_of_month: &str, day_of_week: &str) -> Result<Self, ScheduleError> {
        match (day_of_month, day_of_week) {
            ("?", "?") => {}
            (text, "?") => return of_month(text),
            ("?", text) => return of_week(text),
            _ => {}
        }
        Err(ScheduleError::Days { day_of_month: day_of_month.to_owned(), day_of_week: day_of_week.to_owned() })
    }

    /// The days that are meant in the month of this date, in order.
    pub(super) fn in_month(&self, month: Date) -> Vec<i8> {
        let (first, last) = (month.first_of_month(), month.last_of_month());
        let mut all = 1..=last.day();
        match self {
            Self::Month(days) => all.filter(|day| days.contains(&i16::from(*day))).collect(),
            Self::Last => vec![last.day()],
            Self::LastWorking => vec![nearest_working(last)],
            Self::NearestWorking(day) => {
                let wanted = all.filter(|one| i16::from(*one) == *day);
                wanted.filter_map(|day| first.with().day(day).build().ok()).map(nearest_working).collect()
            }
            Self::Week(weekdays) => all.filter(|day| weekdays.contains(&weekday(first, *day))).collect(),
            Self::Nth(wanted, nth) => {
                let mut same = all.filter(|day| weekday(first, *day) == *wanted);
                same.nth(usize::try_from(nth - 1).unwrap_or(usize::MAX)).into_iter().collect()
            }
            Self::LastOfWeek(wanted) => all.rfind(|day| weekday(first, *day) == *wanted).into_iter().collect(),
        }
    }
}

fn of_month(text: &str) -> Result<Days, ScheduleError> {
    let field = Field::DayOfMonth;
    match (text, text.strip_suffix('W')) {
        ("L", _) => Ok(Days::Last),
        ("LW", _) => Ok(Days::LastWorking),
        (_, Some(day)) if !text.contains([',', '-', '/']) => field.value(text, day).map(Days::NearestWorking),
        _ if text.contains(['L', 'W']) => Err(field.wrong(text, "L and W take no lists, ranges or steps")),
        _ => field.values(text).map(Days::Month),
    }
}

fn of_week(text: &str) -> Result<Days, ScheduleError> {
    let field = Field::DayOfWeek;
    if let Some((weekday, nth)) = text.split_once('#') {
        let weekday =
            field.value(text, weekday).map_err(|_| field.wrong(text, "# takes one day of the week before it"))?;
        return match nth {
            "1" => Ok(Days::Nth(weekday, 1)),
            "2" => Ok(Days::Nth(weekday, 2)),
            "3" => Ok(Days::Nth(weekday, 3)),
            "4" => Ok(Days::Nth(weekday, 4)),
            "5" => Ok(Days::Nth(weekday, 5)),
            _ => Err(field.wrong(text, "# takes one number from 1 to 5 after it")),
        };
    }
    match text.strip_suffix('L') {
        // The last day of the week is Saturday.
        Some("") => Ok(Days::Week(vec![7])),
        Some(weekday) => match field.value(text, weekday) {
            Ok(weekday) => Ok(Days::LastOfWeek(weekday)),
            Err(_) => Err(field.wrong(text, "L stands alone or after one day of the week")),
        },
        None => field.values(text).map(Days::Week),
    }
}

fn weekday(first_of_month: Date, day: i8) -> i16 {
    let first = i16::from(first_of_month.weekday().to_sunday_one_offset());
    (first - 1 + i16::from(day) - 1).rem_euclid(7) + 1
}

// Never leaves the month: a Saturday the 1st moves on to Monday the 3rd.
fn nearest_working(date: Date) -> i8 {
    let (day, last) = (date.day(), date.days_in_month());
    match date.weekday().to_sunday_one_offset() {
        7 if day == 1 => 3,
        7 => day - 1,
        1 if day == last => day - 2,
        1 => day + 1,
        _ => day,
    }
}
