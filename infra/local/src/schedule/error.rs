//! The reasons why a schedule expression is rejected. The error of a cron expression names the field, its text and the rule
//! that it breaks.

use std::fmt;

/// The fields of a cron expression, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CronField {
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

impl CronField {
    /// The name, the lowest and the highest value, and the rule for error messages.
    pub(super) fn spec(self) -> (&'static str, i16, i16, &'static str) {
        match self {
            Self::Minutes => ("minutes", 0, 59, "takes values from 0 to 59 and , - * /"),
            Self::Hours => ("hours", 0, 23, "takes values from 0 to 23 and , - * /"),
            Self::DayOfMonth => ("day-of-month", 1, 31, "takes values from 1 to 31 and , - * ? / L W"),
            Self::Month => ("month", 1, 12, "takes values from 1 to 12 or JAN to DEC and , - * /"),
            Self::DayOfWeek => ("day-of-week", 1, 7, "takes values from 1 to 7 or SUN to SAT and , - * ? L #"),
            Self::Year => ("year", 1970, 2199, "takes values from 1970 to 2199 and , - * /"),
        }
    }
}

impl fmt::Display for CronField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.spec().0)
    }
}

/// The reason why a schedule expression is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The text is in none of the forms that the service accepts.
    #[error("{text:?} is not a schedule expression of the form {expected}")]
    Form {
        /// The text that was given.
        text: String,
        /// The accepted forms, for the message.
        expected: &'static str,
    },
    /// A rate is not a positive whole number and a unit.
    #[error("rate({text}): {rule}")]
    Rate {
        /// The text between the brackets.
        text: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// A cron expression does not have six fields.
    #[error("cron has six fields: minutes, hours, day-of-month, month, day-of-week and year; {found} were given")]
    FieldCount {
        /// The number of fields.
        found: usize,
    },
    /// A field is invalid.
    #[error("{field} {text:?}: {rule}")]
    Field {
        /// The invalid field.
        field: CronField,
        /// The text of the field.
        text: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// Not exactly one of the two day fields is `?`.
    #[error("exactly one of day-of-month {day_of_month:?} and day-of-week {day_of_week:?} must be \"?\"")]
    Days {
        /// The text of the third field.
        day_of_month: String,
        /// The text of the fifth field.
        day_of_week: String,
    },
    /// An `at` time is not a local time in whole seconds.
    #[error("at({text}): must be a time of the form yyyy-mm-ddThh:mm:ss")]
    At {
        /// The text between the brackets.
        text: String,
    },
    /// The time zone is unknown.
    #[error("unknown time zone {name:?}")]
    Zone {
        /// The name that was given.
        name: String,
    },
}
