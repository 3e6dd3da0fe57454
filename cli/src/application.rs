//! The application whose stack the commands work on.

use causeway::{Route, command::dyn_fold::StreamFold};

/// The parts of an application that the commands need at run time. Its messages come with [`crate::samples`].
#[derive(Clone, Copy, Debug)]
pub struct Application {
    /// The routes of all its functions.
    pub routes: fn() -> Vec<Route>,
    /// One fold per context, for the state of the context's streams.
    pub folds: fn() -> Vec<StreamFold>,
    /// Its sagas.
    pub sagas: &'static [SagaNames],
}

/// The names of a saga: what the commands for operators read and publish.
#[derive(Clone, Copy, Debug)]
pub struct SagaNames {
    /// The context of its streams.
    pub context: &'static str,
    /// The view with a list per status.
    pub board: &'static str,
    /// The field of its commands that has its id.
    pub id_field: &'static str,
    /// The command that lets it go on.
    pub resume: &'static str,
    /// The command that aborts it.
    pub abort: &'static str,
}

impl Application {
    /// The names of the contexts with streams.
    pub fn contexts(&self) -> Vec<&'static str> {
        (self.folds)().iter().map(|fold| fold.context).collect()
    }
}
