//! The application whose stack the commands work on.

use causeway::{Route, command::dyn_fold::StreamFold};

/// The parts of an application that the commands need at run time. Its messages come with [`crate::samples`].
#[derive(Clone, Copy, Debug)]
pub struct Application {
    /// The routes of all its functions.
    pub routes: fn() -> Vec<Route>,
    /// One fold per context, for the state of the context's streams.
    pub folds: fn() -> Vec<StreamFold>,
}

impl Application {
    /// The names of the contexts with streams.
    pub fn contexts(&self) -> Vec<&'static str> {
        (self.folds)().iter().map(|fold| fold.context).collect()
    }
}
