//! The application whose stack the commands work on.

use std::collections::BTreeMap;

use anyhow::Context;
use causeway::{Route, StreamId, command::dyn_fold::StreamFold, http::HttpFunction, view::ViewFold};

/// The parts of an application that the commands need at run time. Its messages come with [`crate::samples`].
#[derive(Clone, Copy, Debug)]
pub struct Application {
    /// The routes of all its functions.
    pub routes: fn() -> Vec<Route>,
    /// The functions of its HTTP API.
    pub http_functions: fn() -> Vec<HttpFunction>,
    /// One fold per context, for the state of the context's streams.
    pub folds: fn() -> Vec<StreamFold>,
    /// Its sagas.
    pub sagas: &'static [SagaNames],
    /// What the console plots.
    pub plots: &'static [Plot],
}

/// A plot of the rows of a view whose lists are days.
#[derive(Clone, Copy, Debug)]
pub struct Plot {
    /// The heading.
    pub title: &'static str,
    /// The view.
    pub view: &'static str,
    /// The column along the horizontal axis.
    pub along: &'static str,
    /// The column whose values are plotted as lines of their own, such as a currency.
    pub by: Option<&'static str>,
    /// The column whose values are plotted.
    pub column: &'static str,
    /// The factor of the values: 0.01 for amounts in cents.
    pub factor: f64,
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
    /// The fold of a stream's context.
    pub fn fold(&self, stream: &StreamId) -> anyhow::Result<StreamFold> {
        let fold = (self.folds)().into_iter().find(|fold| fold.context == stream.context());
        fold.with_context(|| {
            format!("no aggregate folds {stream}: contexts with streams are {}", self.contexts().join(", "))
        })
    }

    /// The fold of the view of this name.
    pub fn view(&self, name: &str) -> anyhow::Result<ViewFold> {
        let views: BTreeMap<&str, ViewFold> =
            (self.routes)().into_iter().flat_map(|route| route.views).map(|view| (view.view, view)).collect();
        let known = || views.keys().copied().collect::<Vec<_>>().join(", ");
        views.get(name).copied().with_context(|| format!("no view is called {name:?}: there are {}", known()))
    }

    /// The names of the contexts with streams.
    pub fn contexts(&self) -> Vec<&'static str> {
        (self.folds)().iter().map(|fold| fold.context).collect()
    }
}
