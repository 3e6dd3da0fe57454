//! Routes declared by type: one per command of a decider, one per event of a set of views.

use std::any::type_name;

use crate::{
    app::App,
    command::decider::Decider,
    delivery::route::{Binding, Role, Route, routed},
    failure::Outcome,
    message::{
        contract::{Message, Messages},
        envelope::Received,
        id::StreamId,
    },
    view::view_store::View,
};

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

    /// Updates every view of the set.
    fn project<M: Message + Into<Self::Event>>(app: &App, event: &Received<M>) -> impl Future<Output = Outcome> + Send;
}

impl<V: View<Event: EventFamily>> ViewSet for V {
    type Event = V::Event;

    fn types() -> Vec<&'static str> {
        vec![type_name::<V>()]
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

/// One route for each command of a decider: it loads the aggregate that the command names, decides and appends.
pub fn commands<D: Decider<Command: CommandFamily>>() -> Vec<Route> {
    D::Command::command_routes::<D>()
}

/// One route for each event of these views: it updates all of them.
pub fn views<V: ViewSet>() -> Vec<Route> {
    V::Event::view_routes::<V>()
}

/// The route of one command; used by the code that `events!` makes.
#[doc(hidden)]
pub fn command_route<D, M>() -> Route
where
    D: Decider,
    M: Addressed + Into<D::Command>,
{
    let role = if D::ONCE.may_apply_to(M::NAME) { Role::DecideOnce } else { Role::Decide };
    routed(M::CONTEXT, role, Binding::Command { decider: type_name::<D>() }, handle_command::<D, M>)
}

/// The route of one event into views; used by the code that `events!` makes.
#[doc(hidden)]
pub fn view_route<M, V>() -> Route
where
    M: Message + Into<V::Event>,
    V: ViewSet,
{
    routed(M::CONTEXT, Role::Project, Binding::Views { views: V::types() }, handle_event::<M, V>)
}

/// Executes a command on the aggregate that it names.
pub async fn handle_command<D, M>(app: App, command: Received<M>) -> Outcome
where
    D: Decider,
    M: Addressed + Into<D::Command>,
{
    app.execute_on::<D>(command.data.stream(), &command.data.clone().into(), &command.cause()).await
}

/// Updates the views of an event's stream.
pub async fn handle_event<M, V>(app: App, event: Received<M>) -> Outcome
where
    M: Message + Into<V::Event>,
    V: ViewSet,
{
    V::project(&app, &event).await
}
