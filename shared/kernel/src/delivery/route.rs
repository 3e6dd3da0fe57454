//! Routes: which context handles which message, how it is deployed, and with which rights.

use std::{any::type_name, sync::Arc};

use futures::future::BoxFuture;
use heck::ToKebabCase;

use crate::{
    app::App,
    delivery::{
        handle::{Handler, handle},
        input::HandlerInput,
        verify::Verification,
    },
    failure::Outcome,
    message::{
        contract::{Kind, Message},
        envelope::Delivery,
    },
};

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
}

/// What the generated binary of a route serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The commands of a decider; the path of its type.
    Command {
        /// The path of the decider's type.
        decider: &'static str,
    },
    /// Views; the paths of their types.
    Views {
        /// The paths of the views' types.
        views: Vec<&'static str>,
    },
    /// A handler written by hand; the path of the function.
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
    /// The rights that it needs besides.
    pub rights: Vec<Right>,
    /// The concurrency that is reserved for the function in production.
    pub reserved_concurrency: Option<u32>,
    /// A schedule that also invokes the function: `cron(0 6 * * ? *)`.
    pub schedule: Option<&'static str>,
    /// What its binary serves.
    pub binding: Binding,
    handle: Arc<dyn Fn(App, String, Delivery) -> BoxFuture<'static, Outcome> + Send + Sync>,
}

/// A route of a handler written by hand: `context` handles the message of the handler's argument.
pub fn route<A: HandlerInput, H: Handler<A>>(context: &'static str, handler: H) -> Route {
    routed(context, Role::Decide, Binding::Handler { path: type_name::<H>() }, handler)
}

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
        handle: Arc::new(move |app, consumer, delivery| {
            let handler = handler.clone();
            Box::pin(async move { handle(&app, &consumer, &delivery, &handler).await })
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

    /// The function's name: `<context>-on-<message>`.
    pub fn function(&self) -> String {
        function_name(self.context, self.message)
    }

    /// The same route with something around it that sees each delivery first, and hands it on as it thinks right.
    #[must_use]
    pub fn wrapped(
        self,
        around: impl Fn(Self, App, Delivery) -> BoxFuture<'static, Outcome> + Send + Sync + 'static,
    ) -> Self {
        let inner = self.clone();
        Self { handle: Arc::new(move |app, _, delivery| around(inner.clone(), app, delivery)), ..self }
    }

    /// Hands a delivery to the handler.
    pub async fn handle(&self, app: &App, delivery: &Delivery) -> Outcome {
        (self.handle)(app.clone(), self.function(), delivery.clone()).await
    }
}

/// The name of the function with which `context` hears `message`: its binary, file and logical id.
///
/// ```
/// assert_eq!(causeway::function_name("inventory", "OrderPlaced"), "inventory-on-order-placed");
/// ```
pub fn function_name(context: &str, message: &str) -> String {
    format!("{context}-on-{}", message.to_kebab_case())
}
