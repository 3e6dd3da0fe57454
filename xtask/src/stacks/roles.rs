//! The role of a function: what its route does decides its policies.

use causeway::{Kind, Right, Route, delivery::bus::source_of as source_of_context};

use heck::ToPascalCase as _;

/// An execution role. Functions of one context with the same rights share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role {
    /// The logical id.
    pub(super) id: String,
    pub(super) kind: &'static str,
    /// The managed policies of the main template, in the order in which the role lists them.
    pub(super) policies: Vec<&'static str>,
}

impl Role {
    /// Whether its functions send e-mail.
    pub(super) fn sends_mail(&self) -> bool {
        self.policies.contains(&"SendMail")
    }

    /// What the functions of the role do, for its description.
    pub(super) fn description(&self) -> &'static str {
        match self.kind {
            "Projector" => "Updates the views",
            "OnceDecider" => "Decides the once-only commands",
            "ReadingDecider" => "Decides on the views",
            "Reader" => "Reads the views",
            "LogReader" => "Reads the log",
            "Publisher" => "Publishes commands from outside",
            _ => "Decides the commands",
        }
    }
}

/// The role of a route's function.
pub(super) fn role_of(route: &Route) -> Role {
    let (kind, mut policies) = match route.role {
        causeway::Role::Decide => {
            let kind = if route.rights.contains(&Right::ReadViews) { "ReadingDecider" } else { "Decider" };
            (kind, vec!["DenyLogMutation", "AppendToLog", "PublishRejections", "RecordOutcomes"])
        }
        causeway::Role::DecideOnce => (
            "OnceDecider",
            vec!["DenyLogMutation", "AppendToLog", "WriteOnceMarker", "PublishRejections", "RecordOutcomes"],
        ),
        causeway::Role::Project => ("Projector", vec!["DenyLogMutation", "ReadLog", "WriteViews"]),
    };
    policies.extend(route.rights.iter().map(|right| match right {
        Right::UseInbox => "UseInbox",
        Right::SendMail => "SendMail",
        Right::ReadViews => "ReadViews",
        Right::CallHttp(_) => "UseCircuits",
    }));
    policies.push("PublishSystemEvents");
    Role { id: format!("{}{kind}Role", route.context.to_pascal_case()), kind, policies }
}

/// The source under which the route's event is published; commands come from any source.
pub(super) fn source_of(route: &Route) -> Option<String> {
    (route.kind == Kind::Event).then(|| source_of_context(route.owner))
}
