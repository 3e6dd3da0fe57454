//! The eight events of a saga, without the names and the id that its own messages have.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

/// An event of a saga. The messages that [`saga!`](crate::saga!) declares carry the same, under the saga's own names.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<D> {
    /// The saga started, or an operator started it again where it stood.
    Started {
        /// What the plan is made from.
        data: D,
        /// The steps about which events had arrived before.
        early: BTreeMap<String, Progress>,
        /// What follows.
        next: Next,
    },
    /// A step is done.
    StepDone {
        /// The step.
        step: String,
        /// What follows.
        next: Next,
    },
    /// A step failed, or did not answer in time.
    StepFailed {
        /// The step.
        step: String,
        /// The reason.
        reason: String,
        /// What follows.
        next: Next,
    },
    /// The saga compensates: it undoes what was done or may have been done. A pivot that is in doubt is decided first.
    Compensating {
        /// The reason.
        reason: String,
        /// What follows.
        next: Next,
    },
    /// A step is undone.
    StepUndone {
        /// The step.
        step: String,
        /// The reason, if its owner gave one.
        reason: Option<String>,
        /// What follows.
        next: Next,
    },
    /// Every step is done. An end.
    Completed,
    /// Everything is undone. An end.
    Compensated {
        /// The reason for the compensation.
        reason: String,
    },
    /// An operator must look. An end that only an operator's command leaves.
    NeedsOperator {
        /// What the saga waited for in vain.
        reason: String,
    },
}

/// What follows from an event: the commands that its commit sends, and the deadline that it sets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct Next {
    /// The stage that starts or starts again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The steps whose command is sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<String>,
    /// The steps whose undo is sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<String>,
    /// The time by which the answers must be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub deadline: Option<Timestamp>,
}

impl Serialize for Next {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Next {
    /// Reads an object only. The derived function would also read a list by position, and an empty one as nothing.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Next;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Next, A::Error> {
                Next::deserialize(MapAccessDeserializer::new(entries))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

impl Next {
    /// Whether nothing follows.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl<D> Event<D> {
    /// What follows from it. Nothing follows from an end.
    pub fn next(&self) -> Option<&Next> {
        match self {
            Self::Started { next, .. }
            | Self::StepDone { next, .. }
            | Self::StepFailed { next, .. }
            | Self::Compensating { next, .. }
            | Self::StepUndone { next, .. } => Some(next),
            Self::Completed | Self::Compensated { .. } | Self::NeedsOperator { .. } => None,
        }
    }

    /// The event as one line of a timeline: `room: done; runs confirm until 2026-01-01T00:15:00Z`.
    pub fn summary(&self) -> String {
        let what = match self {
            Self::Started { .. } => "started".to_owned(),
            Self::StepDone { step, .. } => format!("{step}: done"),
            Self::StepFailed { step, reason, .. } => format!("{step}: failed, {reason}"),
            Self::Compensating { reason, .. } => format!("compensating: {reason}"),
            Self::StepUndone { step, reason: Some(reason), .. } => format!("{step}: undone, {reason}"),
            Self::StepUndone { step, .. } => format!("{step}: undone"),
            Self::Completed => "completed".to_owned(),
            Self::Compensated { reason } => format!("compensated: {reason}"),
            Self::NeedsOperator { reason } => format!("needs an operator: {reason}"),
        };
        let Some(next) = self.next() else { return what };
        let part = |verb: &str, steps: &[String]| match steps.is_empty() {
            true => String::new(),
            false => format!("; {verb} {}", steps.join(", ")),
        };
        let until = next.deadline.map_or_else(String::new, |deadline| format!(" until {deadline}"));
        format!("{what}{}{}{until}", part("runs", &next.run), part("undoes", &next.undo))
    }
}

/// How far a step is. A step that is not in the state was never requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Progress {
    /// Requested; the answer is open.
    Requested,
    /// Done.
    Done,
    /// Failed: there is nothing to undo.
    Failed,
    /// Its undo is requested; the answer is open.
    UndoRequested,
    /// Undone.
    Undone,
}
