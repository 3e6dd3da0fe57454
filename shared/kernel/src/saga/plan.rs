//! The plan of a saga: stages in order, each of parallel steps, with at most one pivot.
//! A plan holds no progress. It is made from the saga's data whenever it is needed, and never stored.

use std::{fmt, sync::Arc};

use jiff::SignedDuration;

use crate::{
    command::Effect,
    message::{Id, Message},
};

/// Makes a command; it gets the reason for the compensation.
type MakeCommand = Arc<dyn Fn(&str) -> Effect + Send + Sync>;

/// What a saga does, in order.
///
/// A plan depends on the saga's data and on nothing else, so that a running saga keeps the plan it began with. To
/// change the plan of sagas to come, give the data a field that says which plan applies.
///
/// ```
/// # use jiff::SignedDuration; use schemars::JsonSchema; use serde::{Serialize, Deserialize};
/// # use causeway::Id;
/// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)] struct ReserveRoom {}
/// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)] struct FreeRoom {}
/// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)] struct ConfirmTrip {}
/// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)] struct CancelTrip { reason: String }
/// # causeway::events! { enum Commands: commands to "trip" {
/// #     ReserveRoom = 1, FreeRoom = 1, ConfirmTrip = 1, CancelTrip = 1 } }
/// use causeway::saga::{Plan, Stage, Step};
/// let trip: Id<str> = "t-1".parse()?;
/// let quarter = SignedDuration::from_mins(15);
/// let plan = Plan::new()
///     .stage(Stage::new("reserve", quarter, [Step::new("room", &trip, ReserveRoom {}).undo(&trip, FreeRoom {})]))
///     .pivot("confirm", quarter, Step::new("confirm", &trip, ConfirmTrip {})
///         .undo_because(&trip, |reason| CancelTrip { reason: reason.to_owned() }));
/// assert_eq!(plan.stages().len(), 2);
/// # Ok::<(), causeway::InvalidId>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Plan {
    stages: Vec<Stage>,
    pivot: Option<usize>,
}

/// Steps that run in parallel. The next stage starts when all of them are done.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The name: a verb, such as `reserve`.
    pub name: String,
    /// The time for its steps, and later for undoing them.
    pub within: SignedDuration,
    /// The steps; at most 100 of them send a command.
    pub steps: Vec<Step>,
}

/// One step: the command that does it and the command that undoes it. A step without a command is done by somebody else,
/// and the saga waits for it.
///
/// The owner of a step answers a command once, whatever is repeated, and answers every undo, also when there was
/// nothing to undo.
#[derive(Clone)]
pub struct Step {
    /// The name; unique in the plan.
    pub name: String,
    /// What an answer must say besides the name to belong to this step, such as a quantity.
    pub detail: Option<String>,
    run: Option<MakeCommand>,
    undo: Option<MakeCommand>,
}

impl Plan {
    /// A plan without stages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a stage.
    #[must_use]
    pub fn stage(mut self, stage: Stage) -> Self {
        self.stages.push(stage);
        self
    }

    /// Adds the pivot: a stage of one step whose owner decides for all. Once it is done there is no way back.
    ///
    /// The command that undoes it means "cancel, unless it is done": the owner answers with the event that says done
    /// or with the one that says undone, and the saga follows. Every compensation asks for that first. Only the owner
    /// itself may take the decision back, and only until a later step is done: then the saga compensates.
    #[must_use]
    pub fn pivot(mut self, name: &str, within: SignedDuration, step: Step) -> Self {
        self.pivot = Some(self.stages.len());
        self.stage(Stage::new(name, within, [step]))
    }

    /// The stages in their order.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The pivot: its stage's index and its step.
    pub fn pivot_step(&self) -> Option<(usize, &Step)> {
        let index = self.pivot?;
        Some((index, self.stages.get(index)?.steps.first()?))
    }

    /// The step of this name, with its stage's index.
    pub fn find(&self, name: &str) -> Option<(usize, &Step)> {
        let steps =
            self.stages.iter().enumerate().flat_map(|(index, stage)| stage.steps.iter().map(move |s| (index, s)));
        steps.into_iter().find(|(_, step)| step.name == name)
    }
}

impl Stage {
    /// A stage of these steps.
    pub fn new(name: &str, within: SignedDuration, steps: impl IntoIterator<Item = Step>) -> Self {
        Self { name: name.to_owned(), within, steps: steps.into_iter().collect() }
    }
}

impl Step {
    /// A step that is done by this command to the aggregate of `id`.
    pub fn new<T: ?Sized>(name: impl Into<String>, id: &Id<T>, command: impl Message) -> Self {
        let run = Some(make(id, move |_| command.clone()));
        Self { name: name.into(), detail: None, run, undo: None }
    }

    /// A step that somebody else does without a command of the saga, such as a delivery by a carrier.
    pub fn wait(name: impl Into<String>) -> Self {
        Self { name: name.into(), detail: None, run: None, undo: None }
    }

    /// This command undoes it. A step without one is left as it is by a compensation.
    #[must_use]
    pub fn undo<T: ?Sized>(self, id: &Id<T>, command: impl Message) -> Self {
        self.undo_because(id, move |_| command.clone())
    }

    /// A command that carries the reason for the compensation undoes it.
    #[must_use]
    pub fn undo_because<T: ?Sized, M: Message>(
        mut self,
        id: &Id<T>,
        command: impl Fn(&str) -> M + Send + Sync + 'static,
    ) -> Self {
        self.undo = Some(make(id, command));
        self
    }

    /// Only an answer with this detail belongs to the step. An answer without any always does.
    #[must_use]
    pub fn detail(mut self, detail: impl ToString) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// Whether a compensation can undo it.
    pub fn can_be_undone(&self) -> bool {
        self.undo.is_some()
    }

    /// Whether an answer with this detail belongs to it.
    pub fn answers_to(&self, detail: Option<&str>) -> bool {
        match (&self.detail, detail) {
            (Some(expected), Some(detail)) => expected == detail,
            (_, None) | (None, Some(_)) => true,
        }
    }

    /// The command that does it, if the saga sends one.
    pub fn run_command(&self) -> Option<Effect> {
        self.run.as_ref().map(|run| run(""))
    }

    /// The command that undoes it for this reason.
    pub fn undo_command(&self, reason: &str) -> Option<Effect> {
        self.undo.as_ref().map(|undo| undo(reason))
    }
}

fn make<T: ?Sized, M: Message>(id: &Id<T>, command: impl Fn(&str) -> M + Send + Sync + 'static) -> MakeCommand {
    let id: Id<str> = id.cast();
    Arc::new(move |reason| Effect::send(&id, &command(reason)))
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, detail, undo, .. } = self;
        f.debug_struct("Step").field("name", name).field("detail", detail).field("undo", &undo.is_some()).finish()
    }
}
