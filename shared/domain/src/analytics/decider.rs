//! The rules: each window is published once, and each day has one report.

use causeway::{Decider, command::Rejection};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    days::{REPORT_LATENESS, end_of},
    events::{AnalyticsEvent, DailyReportProduced, MetricsUpdated},
};
use crate::ids::DayId;

/// The rules of the analytics of a day.
#[derive(Debug)]
pub struct Analytics;

/// What was published of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnalyticsState {
    /// The end of the last window of which the sales are published.
    #[schemars(with = "Option<String>")]
    pub updated_to: Option<Timestamp>,
    /// Whether the report is produced.
    pub reported: bool,
}

/// What is to be published.
#[derive(Clone, Debug, PartialEq)]
pub enum AnalyticsInput {
    /// The sales of a window.
    Metrics(MetricsUpdated),
    /// The report of a day.
    Report {
        /// The report.
        report: DailyReportProduced,
        /// The time at which it is made.
        now: Timestamp,
    },
}

/// Why nothing is published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnalyticsRejection {
    /// The text is no day.
    #[error("day: {day} is no day such as 2026-01-15")]
    InvalidDay {
        /// The text.
        day: DayId,
    },
    /// Events of the day may still come.
    #[error("day: {day} can be reported from {from} on")]
    DayNotOver {
        /// The day.
        day: DayId,
        /// The earliest time of its report.
        from: Timestamp,
    },
}

impl Rejection for AnalyticsRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::InvalidDay { .. } => "InvalidDay",
            Self::DayNotOver { .. } => "DayNotOver",
        }
    }
}

impl Decider for Analytics {
    const CONTEXT: &'static str = "analytics";
    type State = AnalyticsState;
    type Command = AnalyticsInput;
    type Event = AnalyticsEvent;
    type Rejection = AnalyticsRejection;

    fn decide(state: &AnalyticsState, input: &AnalyticsInput) -> Result<Vec<AnalyticsEvent>, AnalyticsRejection> {
        match input {
            AnalyticsInput::Metrics(metrics) => {
                let is_new = state.updated_to.is_none_or(|last| last < metrics.to);
                Ok(if is_new && !metrics.sales.is_empty() { vec![metrics.clone().into()] } else { Vec::new() })
            }
            AnalyticsInput::Report { report, now } => {
                let day = report.day.clone();
                let Some(end) = end_of(&day) else { return Err(AnalyticsRejection::InvalidDay { day }) };
                let from = end.saturating_add(REPORT_LATENESS).unwrap_or(end);
                if *now < from {
                    return Err(AnalyticsRejection::DayNotOver { day, from });
                }
                Ok(if state.reported { Vec::new() } else { vec![report.clone().into()] })
            }
        }
    }

    fn evolve(state: AnalyticsState, event: &AnalyticsEvent) -> AnalyticsState {
        match event {
            AnalyticsEvent::MetricsUpdated(metrics) => AnalyticsState { updated_to: Some(metrics.to), ..state },
            AnalyticsEvent::DailyReportProduced(_) => AnalyticsState { reported: true, ..state },
        }
    }
}
