//! Why a schedule expression is refused: one variant for each kind of rule.
//! A cron expression's error names the field, what stood there and the rule it breaks.

use std::fmt;

/// A field of a cron expression, in the order in which they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59.
    Minutes,
    /// 0 to 23.
    Hours,
    /// 1 to 31.
    DayOfMonth,
    /// 1 to 12 or JAN to DEC.
    Month,
    /// 1 to 7 or SUN to SAT.
    DayOfWeek,
    /// 1970 to 2199.
    Year,
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::DayOfMonth => "day-of-month",
            Self::Month => "month",
            Self::DayOfWeek => "day-of-week",
            Self::Year => "year",
        })
    }
}

/// Why a schedule expression is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It is none of the forms that the service takes.
    #[error("{text:?} is not a schedule expression of the form {wanted}")]
    Form {
        /// What was given.
        text: String,
        /// The forms that are taken.
        wanted: &'static str,
    },
    /// A rate is a positive whole number and a unit.
    #[error("rate({text}): {rule}")]
    Rate {
        /// What stood in the brackets.
        text: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// A cron expression has six fields.
    #[error("cron has six fields: minutes, hours, day-of-month, month, day-of-week and year; {found} were given")]
    FieldCount {
        /// How many there were.
        found: usize,
    },
    /// A field cannot be read.
    #[error("{field} {text:?}: {rule}")]
    Field {
        /// The field.
        field: Field,
        /// What stood there, as it was spelled.
        text: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// One of the two fields for days says `?`, and the other does not.
    #[error("exactly one of day-of-month {day_of_month:?} and day-of-week {day_of_week:?} must be \"?\"")]
    Days {
        /// What stood in the third field.
        day_of_month: String,
        /// What stood in the fifth field.
        day_of_week: String,
    },
    /// A single time has no zone and no fraction of a second.
    #[error("at({text}): must be a time of the form yyyy-mm-ddThh:mm:ss")]
    At {
        /// What stood in the brackets.
        text: String,
    },
    /// There is no such time zone.
    #[error("unknown time zone {name:?}")]
    Zone {
        /// As it was spelled.
        name: String,
    },
}
