//! The state of a saga: its data and how far each step is. Folding knows no plan and no rule.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::saga::{
    event::{Event, Next, Progress},
    process::Status,
};

/// The state of a saga.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SagaState<D> {
    /// What the plan is made from; none before the saga starts.
    pub data: Option<D>,
    /// The status.
    pub status: Status,
    /// The steps about which something is known. Before the start, answers are kept here under `<step>#<detail>`.
    pub steps: BTreeMap<String, StepState>,
    /// The reason for the compensation, or for needing an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The current deadline; none before the start and after an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub deadline: Option<Timestamp>,
    /// How often the current stage was tried again.
    #[serde(default)]
    pub retries: u32,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepState {
    /// How far the step is.
    pub progress: Progress,
    /// Whether its done event has arrived, so that a late one is undone once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seen_done: bool,
    /// Whether it was undone once, so that a second delivery of that event is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seen_undone: bool,
}

impl<D> Default for SagaState<D> {
    fn default() -> Self {
        let status = Status::NotStarted;
        Self { data: None, status, steps: BTreeMap::new(), reason: None, deadline: None, retries: 0 }
    }
}

impl<D: Clone> SagaState<D> {
    /// How far the step is; none if it was never requested.
    pub fn progress(&self, step: &str) -> Option<Progress> {
        self.steps.get(step).map(|step| step.progress)
    }

    /// Whether the step's done event has arrived since the step was requested last.
    pub(crate) fn seen_done(&self, step: &str) -> bool {
        self.steps.get(step).is_some_and(|step| step.seen_done)
    }

    /// Whether the step was undone before, by whomever.
    pub(crate) fn seen_undone(&self, step: &str) -> bool {
        self.steps.get(step).is_some_and(|step| step.seen_undone)
    }

    /// The state after the event.
    #[must_use]
    pub fn evolve(mut self, event: &Event<D>) -> Self {
        match event {
            Event::Started { data, early, .. } => {
                if self.data.is_none() {
                    self.steps = early.iter().map(|(step, progress)| (step.clone(), (*progress).into())).collect();
                    // What was undone before the start was done before that, if at all.
                    self.steps.values_mut().for_each(|step| step.seen_done |= step.seen_undone);
                    self.data = Some(data.clone());
                }
                self.status = Status::Running;
                self.retries = 0;
            }
            Event::StepDone { step, next } => {
                let late = next.undo.contains(step);
                let known = self.steps.entry(step.clone()).or_insert(Progress::Done.into());
                known.seen_done = true;
                if !late {
                    known.progress = Progress::Done;
                }
                if next.stage.is_some() {
                    self.status = Status::Running;
                    self.retries = 0;
                }
            }
            Event::StepFailed { step, reason, next } => {
                self.set(step, Progress::Failed);
                self.keep_early_reason(Some(reason));
                self.retries += u32::from(!next.run.is_empty());
            }
            Event::Compensating { reason, .. } => {
                self.status = Status::Compensating;
                self.reason = Some(reason.clone());
            }
            Event::StepUndone { step, reason, .. } => {
                let known = self.steps.entry(step.clone()).or_insert(Progress::Undone.into());
                known.progress = Progress::Undone;
                known.seen_undone = true;
                self.keep_early_reason(reason.as_ref());
            }
            Event::Completed => self.end(Status::Completed),
            Event::Compensated { reason } => {
                self.reason = Some(reason.clone());
                self.end(Status::Compensated);
            }
            Event::NeedsOperator { reason } => {
                self.reason.get_or_insert_with(|| reason.clone());
                self.end(Status::NeedsOperator);
            }
        }
        if let Some(next) = event.next() {
            self.request(next);
        }
        self
    }

    /// Before the start, the first reason is kept for the compensation that the start will begin with.
    fn keep_early_reason(&mut self, reason: Option<&String>) {
        if self.data.is_none() && self.reason.is_none() {
            self.reason = reason.cloned();
        }
    }

    fn request(&mut self, next: &Next) {
        for step in &next.run {
            self.set(step, Progress::Requested);
        }
        for step in &next.undo {
            let known = self.steps.entry(step.clone()).or_insert(Progress::UndoRequested.into());
            // An owner that has undone it before does not answer again, so nobody waits.
            known.progress = if known.seen_undone { Progress::Undone } else { Progress::UndoRequested };
        }
        self.deadline = next.deadline.or(self.deadline);
    }

    fn set(&mut self, step: &str, progress: Progress) {
        let seen_undone = self.seen_undone(step);
        self.steps.insert(step.to_owned(), StepState { seen_undone, ..progress.into() });
    }

    fn end(&mut self, status: Status) {
        self.status = status;
        self.deadline = None;
    }
}

impl From<Progress> for StepState {
    fn from(progress: Progress) -> Self {
        Self { progress, seen_done: progress == Progress::Done, seen_undone: progress == Progress::Undone }
    }
}
