//! What a message means to a saga.

use std::fmt;

use jiff::Timestamp;

/// What a message means to a saga. It is made from the message alone, before anybody knows the saga's plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal<D> {
    /// The saga starts with this data; its plan is made from it.
    Start(D),
    /// A step is done.
    Done(StepRef),
    /// A step failed and there is nothing to undo, for this reason.
    Failed(StepRef, String),
    /// A step is undone. For the pivot: its owner has decided against it.
    Undone(StepRef, Option<String>),
    /// Somebody outside cancels the saga, for this reason. It counts until the pivot is done.
    Cancel(String),
    /// A deadline passed. The timer may publish it late or more than once.
    DeadlinePassed(Timestamp),
    /// An operator lets the saga go on that needs one.
    Resume,
    /// An operator aborts the saga, for this reason. It is possible until the pivot is done.
    Abort(String),
}

/// A step by its name, and what the message says of it besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRef {
    /// The name of the step.
    pub name: String,
    /// What must agree with the step's own detail, if the message says it.
    pub detail: Option<String>,
}

impl StepRef {
    /// The key under which a fact about the step is kept until the plan is known.
    pub(crate) fn key(name: &str, detail: Option<&str>) -> String {
        detail.map_or_else(|| name.to_owned(), |detail| format!("{name}#{detail}"))
    }
}

impl<D> Signal<D> {
    /// The step of this name is done.
    pub fn done(step: impl Into<String>) -> Self {
        Self::Done(StepRef { name: step.into(), detail: None })
    }

    /// The step of this name failed.
    pub fn failed(step: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Failed(StepRef { name: step.into(), detail: None }, reason.into())
    }

    /// The step of this name is undone.
    pub fn undone(step: impl Into<String>) -> Self {
        Self::Undone(StepRef { name: step.into(), detail: None }, None)
    }

    /// Adds the detail by which the step is told from another of its name: see [`Step::detail`](super::Step::detail).
    #[must_use]
    pub fn with(mut self, detail: impl fmt::Display) -> Self {
        if let Self::Done(step) | Self::Failed(step, _) | Self::Undone(step, _) = &mut self {
            step.detail = Some(detail.to_string());
        }
        self
    }

    /// Adds the reason why a step is undone.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        match self {
            Self::Undone(step, _) => Self::Undone(step, Some(reason.into())),
            Self::Failed(step, _) => Self::Failed(step, reason.into()),
            signal => signal,
        }
    }
}
