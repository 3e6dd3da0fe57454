//! What a saga declares, and its routes: one per message that it waits for.

use std::any::type_name;

#[doc(hidden)]
pub use jiff::Timestamp;

use crate::{
    app::App,
    command::{Decider, Effect},
    delivery::HandlerInput,
    failure::Outcome,
    message::{Cause, Message, Messages, Received, StreamId},
    routing::{Binding, Role, Route, routed},
    saga::{
        engine::{self, SagaRejection},
        event::Event,
        plan::{Plan, Step},
        process::Process,
        signal::Signal,
        state::SagaState,
    },
};

/// The name of the one timer of a saga.
pub const DEADLINE: &str = "deadline";

/// A saga: its plan. [`saga!`](crate::saga!) declares its messages and what each message means to it.
pub trait Saga:
    SagaMessages
    + Process
    + Decider<
        State = SagaState<<Self as SagaMessages>::Data>,
        Command = SagaInput<Self>,
        Event = <Self as SagaMessages>::Events,
        Rejection = SagaRejection,
    >
{
    /// The plan of the saga of this id, made from its data and from nothing else.
    fn plan(id: &Self::Id, data: &Self::Data) -> Plan;
}

/// The messages of a saga; [`saga!`](crate::saga!) implements it.
pub trait SagaMessages: Sized + Send + Sync + 'static {
    /// The id of a saga.
    type Id: Clone + Send + Sync;
    /// What the plan is made from.
    type Data: Clone + Send + Sync;
    /// The eight events.
    type Events: Messages;

    /// The event under its own name.
    fn event(id: &Self::Id, event: Event<Self::Data>) -> Self::Events;

    /// The saga's id and the event without its own name.
    fn parts(event: &Self::Events) -> (&Self::Id, Event<Self::Data>);

    /// The stream of a saga.
    fn stream(id: &Self::Id) -> StreamId;

    /// Sets the timer of this deadline.
    fn set_timer(id: &Self::Id, deadline: Timestamp) -> Effect;

    /// One route per message that the saga waits for.
    fn routes() -> Vec<Route>;
}

/// A message that the saga waits for; [`saga!`](crate::saga!) implements it.
pub trait Waits<M: Message>: Saga {
    /// How the message is verified before the saga handles it.
    type Input: HandlerInput<Message = M>;

    /// The id of the saga that the message is about, and what it means to it.
    fn signal(message: &M) -> (Self::Id, Signal<Self::Data>);
}

/// The input of a saga.
#[derive(Clone, Debug)]
pub struct SagaInput<S: SagaMessages> {
    /// The id of the saga.
    pub id: S::Id,
    /// The time of the change.
    pub at: Timestamp,
    /// What has happened.
    pub signal: Signal<S::Data>,
}

/// The routes of a saga: one for each message that it waits for, for its timer, and for an operator's commands.
pub fn saga<S: Saga>() -> Vec<Route> {
    S::routes()
}

/// Decides for a saga; used by the code that `saga!` makes.
#[doc(hidden)]
pub fn decide<S: Saga>(state: &SagaState<S::Data>, input: &SagaInput<S>) -> Result<Vec<S::Events>, SagaRejection> {
    let events = engine::decide(state, input.at, &input.signal, |data| S::plan(&input.id, data))?;
    Ok(events.into_iter().map(|event| S::event(&input.id, event)).collect())
}

/// Folds an event of a saga; used by the code that `saga!` makes.
#[doc(hidden)]
pub fn evolve<S: Saga>(state: SagaState<S::Data>, event: &S::Events) -> SagaState<S::Data> {
    state.evolve(&S::parts(event).1)
}

/// The commands and timers of an event; used by the code that `saga!` makes.
#[doc(hidden)]
pub fn effects<S: Saga>(after: &SagaState<S::Data>, event: &S::Events) -> Vec<Effect> {
    let (id, event) = S::parts(event);
    let Some(next) = event.next() else { return vec![Effect::cancel_timer(DEADLINE)] };
    let Some(data) = after.data.as_ref().filter(|_| !next.is_empty()) else { return Vec::new() };
    let plan = S::plan(id, data);
    let reason = after.reason.as_deref().unwrap_or_default();
    let step = |name: &String| plan.find(name).map(|(_, step)| step);
    let run = next.run.iter().filter_map(step).filter_map(Step::run_command);
    let undo = next.undo.iter().filter_map(step).filter_map(|step| step.undo_command(reason));
    run.chain(undo).chain(next.deadline.map(|deadline| S::set_timer(id, deadline))).collect()
}

/// The route of one message to a saga; used by the code that `saga!` makes.
#[doc(hidden)]
pub fn saga_route<S: Waits<M>, M: Message>() -> Route {
    routed(S::CONTEXT, Role::Decide, Binding::Saga { saga: type_name::<S>() }, handle_signal::<S, M>)
}

/// Lets the saga that a message is about react to it.
pub async fn handle_signal<S: Waits<M>, M: Message>(app: App, input: S::Input) -> Outcome {
    let received = input.received();
    let (id, signal) = S::signal(&received.data);
    let cause = cause(received, &signal);
    let stream = S::stream(&id);
    app.execute_on::<S>(stream, &SagaInput { id, at: app.clock().now(), signal }, &cause).await
}

/// The cause of what follows. An answer is counted as near to the saga's beginning as the command that it answers:
/// a saga sends each command a bounded number of times, so a long plan is no loop. What starts a saga is counted in
/// full, so sagas that start each other are found.
fn cause<M: Message, D>(received: &Received<M>, signal: &Signal<D>) -> Cause {
    let mut cause = received.cause();
    if !matches!(signal, Signal::Start(_)) {
        cause.metadata.hops = received.metadata.hops.saturating_sub(2);
    }
    cause
}
