//! Routes: which context handles which message, how the function is deployed, and with which rights.
//! [`commands`] and [`views`] declare the routes of a decider and of views by type; [`route`] takes a handler written
//! by hand.

#[cfg(test)]
mod tests;

use std::{any::type_name, sync::Arc};

use futures::future::BoxFuture;
use heck::ToKebabCase;

use crate::{
    app::App,
    command::Decider,
    delivery::{HandlerInput, Verification, answer::Answer, handle},
    failure::Outcome,
    message::{Delivery, Kind, Message, Messages, Received, StreamId},
    view::{View, ViewFold},
};

/// A function that handles one message type: `async fn(App, A) -> Outcome`.
pub trait Handler<A: HandlerInput>: Clone + Send + Sync + 'static {
    /// Handles the message.
    fn call(&self, app: App, input: A) -> BoxFuture<'static, Outcome>;
}

impl<A, F, Answer> Handler<A> for F
where
    A: HandlerInput,
    F: Fn(App, A) -> Answer + Clone + Send + Sync + 'static,
    Answer: Future<Output = Outcome> + Send + 'static,
{
    fn call(&self, app: App, input: A) -> BoxFuture<'static, Outcome> {
        Box::pin(self(app, input))
    }
}

/// What a function does with its aggregate or view; it decides the function's execution role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Loads a stream, decides and appends; publishes rejections.
    Decide,
    /// The same for commands that are executed once only: it also writes a marker to the inbox.
    DecideOnce,
    /// Reads the log and updates view rows.
    Project,
}

/// A right that a handler needs besides those of its role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Claims messages in the inbox.
    UseInbox,
    /// Sends e-mail.
    SendMail,
    /// Reads view rows and lists.
    ReadViews,
    /// Calls this outside system over HTTP, behind the circuit breaker that all functions share.
    CallHttp(&'static str),
}

/// What the generated binary of a route serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// A command of a decider.
    Command {
        /// The path of the decider's type.
        decider: &'static str,
    },
    /// An event, for a set of views.
    Views {
        /// The paths of the views' types.
        views: Vec<&'static str>,
    },
    /// A message that a saga waits for.
    Saga {
        /// The path of the saga's type.
        saga: &'static str,
    },
    /// A handler written by hand.
    Handler {
        /// The path of the function.
        path: &'static str,
    },
}

/// The wiring of one function: which context handles which message, and how.
#[derive(Clone)]
pub struct Route {
    /// The context that handles the message.
    pub context: &'static str,
    /// The name of the message.
    pub message: &'static str,
    /// The context that owns the message.
    pub owner: &'static str,
    /// Event or command.
    pub kind: Kind,
    /// Whether the handler claims its messages in the inbox.
    pub claimed: bool,
    /// What is verified of its messages before the handler runs.
    pub verification: Verification,
    /// What the function does.
    pub role: Role,
    /// The rights that it needs besides those of its role.
    pub rights: Vec<Right>,
    /// The concurrency that is reserved for the function in production.
    pub reserved_concurrency: Option<u32>,
    /// A schedule that also invokes the function: `cron(0 6 * * ? *)`.
    pub schedule: Option<&'static str>,
    /// What its binary serves.
    pub binding: Binding,
    /// The views that it updates.
    pub views: Vec<ViewFold>,
    handle: Arc<HandleFn>,
}

type HandleFn = dyn Fn(App, String, Delivery) -> BoxFuture<'static, Outcome> + Send + Sync;

/// A route of this role and binding.
pub(crate) fn routed<A: HandlerInput>(
    context: &'static str,
    role: Role,
    binding: Binding,
    handler: impl Handler<A>,
) -> Route {
    Route {
        context,
        message: A::Message::NAME,
        owner: A::Message::CONTEXT,
        kind: A::Message::KIND,
        claimed: A::CLAIMED,
        verification: A::VERIFICATION,
        role,
        rights: if A::CLAIMED { vec![Right::UseInbox] } else { Vec::new() },
        reserved_concurrency: None,
        schedule: None,
        binding,
        views: Vec::new(),
        handle: Arc::new(move |app, consumer, delivery| {
            let handler = handler.clone();
            Box::pin(async move { handle_with(&app, &consumer, &delivery, &handler).await })
        }),
    }
}

impl Route {
    /// The same route with rights that its handler needs besides those of its role.
    #[must_use]
    pub fn with(mut self, rights: impl IntoIterator<Item = Right>) -> Self {
        self.rights.extend(rights);
        self
    }

    /// The outside system that its handler calls over HTTP.
    pub fn calls(&self) -> Option<&'static str> {
        self.rights.iter().find_map(|right| match right {
            Right::CallHttp(party) => Some(*party),
            Right::UseInbox | Right::SendMail | Right::ReadViews => None,
        })
    }

    /// The same route, whose handler executes commands that are [`Once`](crate::Once) only.
    #[must_use]
    pub fn once(self) -> Self {
        Self { role: Role::DecideOnce, ..self }
    }

    /// The same route, whose handler updates views or projections and decides nothing.
    #[must_use]
    pub fn projects(self) -> Self {
        Self { role: Role::Project, ..self }
    }

    /// The same route with reserved concurrency in production.
    #[must_use]
    pub fn reserved_concurrency(self, reserved: u32) -> Self {
        Self { reserved_concurrency: Some(reserved), ..self }
    }

    /// The same route, also invoked by a schedule.
    #[must_use]
    pub fn scheduled(self, schedule: &'static str) -> Self {
        Self { schedule: Some(schedule), ..self }
    }

    /// The same route with a wrapper that gets each delivery first and may call the inner route.
    #[must_use]
    pub fn wrapped(
        self,
        wrapper: impl Fn(Self, App, Delivery) -> BoxFuture<'static, Outcome> + Send + Sync + 'static,
    ) -> Self {
        let inner = self.clone();
        Self { handle: Arc::new(move |app, _, delivery| wrapper(inner.clone(), app, delivery)), ..self }
    }

    /// The function's name: `<context>-on-<message>`.
    pub fn function(&self) -> String {
        function_name(self.context, self.message)
    }

    /// Handles a delivery, with the function's name as the consumer. See [`handle`](fn@handle).
    pub async fn handle(&self, app: &App, delivery: &Delivery) -> Outcome {
        (self.handle)(app.clone(), self.function(), delivery.clone()).await
    }
}

/// The name of the function with which `context` handles `message`: of its binary, its file and its logical id.
///
/// ```
/// assert_eq!(causeway::function_name("inventory", "OrderPlaced"), "inventory-on-order-placed");
/// ```
pub fn function_name(context: &str, message: &str) -> String {
    format!("{context}-on-{}", message.to_kebab_case())
}

/// Handles a delivery on an app with a [`Handler`]. See [`handle`](fn@handle).
pub async fn handle_with<A: HandlerInput>(
    app: &App,
    consumer: &str,
    delivery: &Delivery,
    handler: &impl Handler<A>,
) -> Outcome {
    let answer = Answer::to::<A::Message>(delivery);
    let answering = app.answering(answer.clone());
    let handled = handle(app.ports(), consumer, delivery, |input| handler.call(answering, input)).await?;
    if let Some(answer) = answer {
        answer.record::<A::Message>(app.ports(), delivery, handled).await?;
    }
    Ok(handled)
}

/// A route of a handler written by hand: `context` handles the message of the handler's argument.
pub fn route<A: HandlerInput, H: Handler<A>>(context: &'static str, handler: H) -> Route {
    routed(context, Role::Decide, Binding::Handler { path: type_name::<H>() }, handler)
}

/// One route for each command of a decider: it loads the aggregate that the command names, decides and appends.
pub fn commands<D: Decider<Command: CommandFamily>>() -> Vec<Route> {
    D::Command::command_routes::<D>()
}

/// The routes of [`commands`] without that of one command, which has a handler of its own.
pub fn commands_except<D: Decider<Command: CommandFamily>, M: Message>() -> Vec<Route> {
    let mut routes = commands::<D>();
    routes.retain(|route| route.message != M::NAME);
    routes
}

/// One route for each event of these views: it updates all of them.
pub fn views<V: ViewSet>() -> Vec<Route> {
    V::Event::view_routes::<V>()
}

/// A command that names its aggregate. `events!` implements it for families declared with `by <field>`.
pub trait Addressed: Message {
    /// The stream of the aggregate that decides.
    fn stream(&self) -> StreamId;
}

/// The commands of a decider. `events!` implements it for families declared with `by <field>`.
pub trait CommandFamily: Messages {
    /// One route per command.
    fn command_routes<D: Decider<Command = Self>>() -> Vec<Route>;
}

/// The events of a stream. `events!` implements it for families of events.
pub trait EventFamily: Messages {
    /// One route per event, which updates all views of the set.
    fn view_routes<V: ViewSet<Event = Self>>() -> Vec<Route>;
}

/// Views of the same events: a view, or a tuple of views.
pub trait ViewSet: 'static {
    /// The events.
    type Event: EventFamily;

    /// The paths of the view types.
    fn types() -> Vec<&'static str>;

    /// The folds of the views.
    fn folds() -> Vec<ViewFold>;

    /// Updates every view of the set, one write each.
    fn project<M: Message + Into<Self::Event>>(app: &App, event: &Received<M>) -> impl Future<Output = Outcome> + Send;
}

impl<V: View<Event: EventFamily>> ViewSet for V {
    type Event = V::Event;

    fn types() -> Vec<&'static str> {
        vec![type_name::<V>()]
    }

    fn folds() -> Vec<ViewFold> {
        vec![ViewFold::of::<V>()]
    }

    async fn project<M: Message + Into<Self::Event>>(app: &App, event: &Received<M>) -> Outcome {
        app.project::<V>(event).await
    }
}

macro_rules! view_sets {
    ($($first:ident $($view:ident)+;)+) => {$(
        impl<$first: ViewSet, $($view: ViewSet<Event = $first::Event>),+> ViewSet for ($first, $($view),+) {
            type Event = $first::Event;

            fn types() -> Vec<&'static str> {
                [$first::types(), $($view::types()),+].concat()
            }

            fn folds() -> Vec<ViewFold> {
                [$first::folds(), $($view::folds()),+].concat()
            }

            async fn project<M: Message + Into<Self::Event>>(app: &App, event: &Received<M>) -> Outcome {
                $first::project(app, event).await?;
                view_sets!(@rest app, event, $($view)+)
            }
        }
    )+};
    (@rest $app:ident, $event:ident, $last:ident) => { $last::project($app, $event).await };
    (@rest $app:ident, $event:ident, $view:ident $($rest:ident)+) => {{
        $view::project($app, $event).await?;
        view_sets!(@rest $app, $event, $($rest)+)
    }};
}

view_sets! {
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
}

/// The route of one command, for the code that `events!` makes.
#[doc(hidden)]
pub fn command_route<D: Decider, M: Addressed + Into<D::Command>>() -> Route {
    let role = if D::ONCE.may_apply_to(M::NAME) { Role::DecideOnce } else { Role::Decide };
    routed(M::CONTEXT, role, Binding::Command { decider: type_name::<D>() }, handle_command::<D, M>)
}

/// The route of one event to views, for the code that `events!` makes.
#[doc(hidden)]
pub fn view_route<M: Message + Into<V::Event>, V: ViewSet>() -> Route {
    let binding = Binding::Views { views: V::types() };
    Route { views: V::folds(), ..routed(M::CONTEXT, Role::Project, binding, handle_event::<M, V>) }
}

/// Executes a command on the aggregate that it names.
pub async fn handle_command<D: Decider, M: Addressed + Into<D::Command>>(app: App, command: Received<M>) -> Outcome {
    app.execute_on::<D>(command.data.stream(), &command.data.clone().into(), &command.cause()).await
}

/// Updates the views of an event's stream.
pub async fn handle_event<M: Message + Into<V::Event>, V: ViewSet>(app: App, event: Received<M>) -> Outcome {
    V::project(&app, &event).await
}
