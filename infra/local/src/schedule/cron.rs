//! The six fields of a cron expression and the next minute that they describe, on the clock
//! of a zone: a time that the clock skips does not fire, and one that it shows twice fires
//! the first time only.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone},
};

use super::{Field, ScheduleError, days::Days};

/// All minutes that six fields describe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: Vec<i16>,
    hours: Vec<i16>,
    days: Days,
    months: Vec<i16>,
    years: Vec<i16>,
}

impl Cron {
    pub(super) fn parse(inner: &str) -> Result<Self, ScheduleError> {
        let fields: Vec<&str> = inner.split_whitespace().collect();
        let [minutes, hours, day_of_month, month, day_of_week, year] = fields.as_slice() else {
            return Err(ScheduleError::FieldCount { found: fields.len() });
        };
        Ok(Self {
            minutes: Field::Minutes.values(minutes)?,
            hours: Field::Hours.values(hours)?,
            days: Days::parse(day_of_month, day_of_week)?,
            months: Field::Month.values(month)?,
            years: Field::Year.values(year)?,
        })
    }

    pub(super) fn next_after(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = zone.to_datetime(moment).date();
        let years = self.years.iter().filter(|year| **year >= today.year());
        let months = years.flat_map(|year| self.months.iter().map(move |month| (*year, *month)));
        let months = months.filter_map(|(year, month)| Date::new(year, i8::try_from(month).ok()?, 1).ok());
        let months = months.filter(|month| *month >= today.first_of_month());
        let days = months.flat_map(|month| {
            let days = self.days.in_month(month).into_iter();
            days.filter_map(move |day| month.with().day(day).build().ok())
        });
        let mut times = days.filter(|day| *day >= today).flat_map(|day| self.times(day));
        times.find_map(|time| shown(time, zone).filter(|shown| *shown > moment))
    }

    fn times(&self, day: Date) -> impl Iterator<Item = DateTime> {
        let times = self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)));
        times.filter_map(move |(hour, minute)| {
            let (hour, minute) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?);
            Some(day.at(hour, minute, 0, 0))
        })
    }
}

fn shown(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(time);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => None,
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
    }
}
