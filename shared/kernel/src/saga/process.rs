//! Process managers: deciders whose input is what others said.
//! `Steps` is the memory of one: what was asked, done, refused and undone. It only moves forward, so no step is
//! asked twice and none is undone twice, however often a message comes.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::command::decider::Decider;

/// A decider that ends.
pub trait Process: Decider {
    /// Where the process stands.
    fn status(state: &Self::State) -> Status;
}

/// Where a process stands. The last three are ends, and a process reaches one of them, once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Nothing has happened.
    #[default]
    NotStarted,
    /// On its way.
    Running,
    /// Undoing what was done.
    Compensating,
    /// All done.
    Completed,
    /// All undone.
    Compensated,
    /// Neither could be: somebody must look.
    NeedsOperator,
}

impl Status {
    /// Whether this is an end.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Compensated | Self::NeedsOperator)
    }
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Progress {
    /// Asked for; the answer is open.
    Asked,
    /// Done.
    Done,
    /// Refused: there is nothing to undo.
    Refused,
    /// Its undoing is asked for.
    UndoAsked,
    /// Undone.
    Undone,
}

/// The steps of a process, in the order in which they were asked for.
///
/// ```
/// use causeway::saga::process::{Progress, Steps};
/// let mut steps = Steps::default();
/// assert!(steps.ask("reserve"));
/// assert!(steps.ask("pay"));
/// assert!(steps.done(&"reserve"));
/// assert!(!steps.done(&"reserve"), "a second answer changes nothing");
/// // `pay` may have happened: its answer is open, so it is undone as well, and first.
/// assert_eq!(steps.to_undo(), [&"pay", &"reserve"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Steps<S> {
    steps: Vec<(S, Progress)>,
}

impl<S> Default for Steps<S> {
    fn default() -> Self {
        Self { steps: Vec::new() }
    }
}

impl<S: PartialEq> Steps<S> {
    /// Where the step stands.
    pub fn progress(&self, step: &S) -> Option<Progress> {
        self.steps.iter().find(|(known, _)| known == step).map(|(_, progress)| *progress)
    }

    /// The step is asked for. False when it was before.
    pub fn ask(&mut self, step: S) -> bool {
        if self.progress(&step).is_some() {
            return false;
        }
        self.steps.push((step, Progress::Asked));
        true
    }

    /// The step is done. False when that is no news, or comes too late.
    pub fn done(&mut self, step: &S) -> bool {
        self.go(step, &[Progress::Asked], Progress::Done)
    }

    /// The step is refused. False when that is no news.
    pub fn refused(&mut self, step: &S) -> bool {
        self.go(step, &[Progress::Asked], Progress::Refused)
    }

    /// The step's undoing is asked for. False when that is no news, or there is nothing to undo.
    pub fn undo_asked(&mut self, step: &S) -> bool {
        self.go(step, &[Progress::Asked, Progress::Done], Progress::UndoAsked)
    }

    /// The step is undone. False when that is no news.
    pub fn undone(&mut self, step: &S) -> bool {
        self.go(step, &[Progress::UndoAsked], Progress::Undone)
    }

    /// What is left to undo, the last step first. A step whose answer is open may have been done, so it counts.
    pub fn to_undo(&self) -> Vec<&S> {
        let open = |progress: &Progress| matches!(progress, Progress::Asked | Progress::Done);
        self.steps.iter().rev().filter(|(_, progress)| open(progress)).map(|(step, _)| step).collect()
    }

    /// Whether every step that was asked for is done.
    pub fn all_done(&self) -> bool {
        self.steps.iter().all(|(_, progress)| *progress == Progress::Done)
    }

    /// Whether nothing is left to undo and no undoing is under way.
    pub fn all_undone(&self) -> bool {
        self.steps.iter().all(|(_, progress)| matches!(progress, Progress::Refused | Progress::Undone))
    }

    /// The steps in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&S, Progress)> {
        self.steps.iter().map(|(step, progress)| (step, *progress))
    }

    fn go(&mut self, step: &S, from: &[Progress], to: Progress) -> bool {
        let known = self.steps.iter_mut().find(|(known, progress)| known == step && from.contains(progress));
        match known {
            Some((_, progress)) => {
                *progress = to;
                true
            }
            None => false,
        }
    }
}
