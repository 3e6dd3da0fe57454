//! One field of a cron expression as the set of values it stands for: lists of single
//! values, ranges and steps, with names. A range that ends before it begins runs over the
//! end of the field and on from its start, except in the years.

use super::{Field, ScheduleError};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Field {
    /// The lowest and the highest value.
    pub(super) fn bounds(self) -> (i16, i16) {
        match self {
            Self::Minutes => (0, 59),
            Self::Hours => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::Month => (1, 12),
            Self::DayOfWeek => (1, 7),
            Self::Year => (1970, 2199),
        }
    }

    /// All values that the text stands for, in order.
    pub(super) fn values(self, text: &str) -> Result<Vec<i16>, ScheduleError> {
        let mut values = Vec::new();
        for item in text.split(',') {
            values.append(&mut self.item(text, item)?);
        }
        values.sort_unstable();
        values.dedup();
        Ok(values)
    }

    /// One value: a number within the bounds, or a name where the field has names.
    pub(super) fn value(self, text: &str, value: &str) -> Result<i16, ScheduleError> {
        let names: &[&str] = match self {
            Self::Month => &MONTHS,
            Self::DayOfWeek => &WEEKDAYS,
            Self::Minutes | Self::Hours | Self::DayOfMonth | Self::Year => &[],
        };
        if let Some(place) = names.iter().position(|name| name.eq_ignore_ascii_case(value)) {
            return i16::try_from(place + 1).map_err(|_| self.wrong(text, self.rule()));
        }
        let (low, high) = self.bounds();
        match number(value) {
            Some(number) if (low..=high).contains(&number) => Ok(number),
            _ => Err(self.wrong(text, self.rule())),
        }
    }

    pub(super) fn wrong(self, text: &str, rule: &'static str) -> ScheduleError {
        ScheduleError::Field { field: self, text: text.to_owned(), rule }
    }

    fn item(self, text: &str, item: &str) -> Result<Vec<i16>, ScheduleError> {
        let (low, high) = self.bounds();
        let (range, step) = match item.split_once('/') {
            None => (item, None),
            // The service lists no steps among what this field takes.
            Some(_) if self == Self::DayOfWeek => return Err(self.wrong(text, "takes no steps")),
            Some((range, step)) => match number(step) {
                Some(step @ 1..) => (range, Some(step)),
                _ => return Err(self.wrong(text, "a step must be a positive whole number")),
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
        let step = usize::try_from(step.unwrap_or(1)).map_err(|_| self.wrong(text, self.rule()))?;
        if first <= last {
            return Ok((first..=last).step_by(step).collect());
        }
        if self == Self::Year {
            return Err(self.wrong(text, "a range of years must not end before it begins"));
        }
        Ok((first..=high).chain(low..=last).step_by(step).collect())
    }

    fn rule(self) -> &'static str {
        match self {
            Self::Minutes => "takes values from 0 to 59 and , - * /",
            Self::Hours => "takes values from 0 to 23 and , - * /",
            Self::DayOfMonth => "takes values from 1 to 31 and , - * ? / L W",
            Self::Month => "takes values from 1 to 12 or JAN to DEC and , - * /",
            Self::DayOfWeek => "takes values from 1 to 7 or SUN to SAT and , - * ? L #",
            Self::Year => "takes values from 1970 to 2199 and , - * /",
        }
    }
}

// The parser of numbers would take a sign as well.
fn number(text: &str) -> Option<i16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
