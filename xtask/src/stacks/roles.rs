//! The role of a function: what its route does decides its policies.

use causeway::{Kind, Route, delivery::bus::source_of as source_of_context};

use crate::stacks::pascal;

/// An execution role. Functions of one context with the same rights share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role {
    /// The logical id.
    pub(super) id: String,
    kind: &'static str,
    /// The managed policies of the main template, in the order in which the role lists them.
    pub(super) policies: Vec<&'static str>,
}

impl Role {
    /// Whether its functions publish rejections.
    pub(super) fn publishes_rejections(&self) -> bool {
        self.policies.contains(&"PublishRejections")
    }

    /// Whether its functions send e-mail.
    pub(super) fn sends_mail(&self) -> bool {
        self.policies.contains(&"SendMail")
    }

    /// What the functions of the role do, for its description.
    pub(super) fn description(&self) -> &'static str {
        match self.kind {
            "Projector" => "Updates the views",
            "OnceDecider" => "Decides the once-only commands",
            _ => "Decides the commands",
        }
    }
}

/// The role of a route's function.
pub(super) fn role_of(route: &Route) -> Role {
    let function = route.function();
    let is_event = source_of(route).is_some();
    let (kind, mut policies) = match () {
        () if ["inventory-on-receive-stock", "inventory-on-reserve-stock"].contains(&function.as_str()) => {
            ("OnceDecider", vec!["DenyLogMutation", "AppendToLog", "WriteOnceMarker", "PublishRejections"])
        }
        () if is_event && route.owner == route.context && route.message != "FulfilmentDeadlinePassed" => {
            ("Projector", vec!["DenyLogMutation", "ReadLog", "WriteViews"])
        }
        () => ("Decider", vec!["DenyLogMutation", "AppendToLog", "PublishRejections"]),
    };
    if route.claimed {
        policies.extend(["UseInbox", "SendMail"]);
    }
    if route.context == "stock-report" {
        policies.push("ReadViews");
    }
    Role { id: format!("{}{kind}Role", pascal(route.context)), kind, policies }
}

/// The source under which the route's event is published; commands come from any source.
pub(super) fn source_of(route: &Route) -> Option<String> {
    let catalogue = domain::catalogue();
    let entry = catalogue.iter().find(|entry| entry.description.name == route.message)?;
    (entry.description.kind == Kind::Event).then(|| source_of_context(route.owner))
}

/// The concurrency that is reserved for the function in production.
pub(super) fn reserved_concurrency(route: &Route) -> Option<u32> {
    match route.context {
        "notification" => Some(5),
        "stock-report" => Some(1),
        _ => None,
    }
}

/// The schedule that also invokes the function.
pub(super) fn schedule(route: &Route) -> Option<&'static str> {
    (route.context == "stock-report").then_some("cron(0 6 * * ? *)")
}
