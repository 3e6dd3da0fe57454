//! `/commands/{command}`: POST takes the name of a command, which is checked and published. What becomes of it is decided
//! later, by its rules; GET takes its id and has the outcome.

use causeway::{
    App, DecodeError, Kind, MessageId, RawValue,
    delivery::{CommandOutcome, Entry, PublishOutcome},
    http::{Answers, Caller, HttpFunction, HttpRequest, HttpResponse, HttpRight, Pauses, Problem, function::OUTSIDE},
    message::{Envelope, MAX_MESSAGE_BYTES, Metadata, json},
};
use domain::{Context, account::AccountBalance, fulfilment::FulfilmentDeadlinePassed, order::OrderSummary};
use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, json_schema, schema_for};
use serde::Serialize;
use serde_json::{Value, json};

use super::accounts;

/// The most seconds that a request waits for an outcome.
const MAX_WAIT: u32 = 20;

/// The longest key of a repeated request, in bytes.
const MAX_KEY: usize = 255;

/// An accepted command.
#[derive(Debug, Serialize, JsonSchema)]
struct Accepted {
    /// The id of the command, under which its outcome is known.
    id: MessageId,
}

/// What a user must own to send a command. All other commands are an operator's.
enum Owned {
    /// This field has the id of the user.
    User(&'static str),
    /// This field has the id of an order of the user.
    Order(&'static str),
    /// This field has the id of an account of the user.
    Account(&'static str),
}

/// The commands of users.
const OF_USERS: [(&str, Owned); 13] = [
    ("RegisterUser", Owned::User("userId")),
    ("UpdateUserProfile", Owned::User("userId")),
    ("UpdateUserEmail", Owned::User("userId")),
    ("ViewProduct", Owned::User("userId")),
    ("AddToCart", Owned::User("userId")),
    ("RemoveFromCart", Owned::User("userId")),
    ("CheckOutCart", Owned::User("userId")),
    ("PlaceOrder", Owned::User("userId")),
    ("CancelOrder", Owned::Order("orderId")),
    ("OpenAccount", Owned::User("userId")),
    ("Withdraw", Owned::Account("accountId")),
    ("CloseAccount", Owned::Account("accountId")),
    ("RequestTransfer", Owned::Account("from")),
];

/// The function.
pub fn function() -> HttpFunction {
    let answers = Answers::Accepted(|| schema_for!(Accepted));
    HttpFunction::new("commands", [HttpRight::PublishCommands, HttpRight::ReadViews, HttpRight::ReadOutcomes])
        .route("POST", "/commands/{command}", "Publishes a command.", answers, publish)
        .route("GET", "/commands/{command}", "What became of a command.", Answers::Body(outcome_schema), outcome)
        .query("wait", "How long to wait for the outcome, 0s to 20s; without it, not at all.")
}

/// The schema of an outcome.
fn outcome_schema() -> Schema {
    json_schema!({
        "type": "object",
        "required": ["commandId", "status"],
        "properties": {
            "commandId": { "type": "string" },
            "status": { "enum": ["pending", "done", "rejected", "dead-lettered"] },
            "command": { "type": "string" },
            "at": { "type": "string", "format": "date-time" },
            "events": { "type": "array", "items": { "type": "object" } },
            "rule": { "type": "string" },
            "reason": { "type": "string" },
        },
    })
}

/// The outcome of a command. One that nobody sent, and one of another user, look as if they were pending.
async fn outcome(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id: MessageId = request.id("command")?;
    let wait = wait(request.parameter("wait"))?;
    let is_visible = |outcome: &CommandOutcome| {
        request.caller.is_operator() || outcome.user_id.as_deref() == request.caller.subject()
    };
    let mut pauses = Pauses::of(wait);
    loop {
        let outcome = app.outcome(&id).await.map_err(|_| Problem::unavailable("the outcomes did not answer"))?;
        if let Some(outcome) = outcome.filter(is_visible) {
            return HttpResponse::json(200, &outcome);
        }
        if !pauses.pause(&app).await {
            break;
        }
    }
    let pending = json!({ "commandId": id, "status": "pending" });
    Ok(HttpResponse::json(200, &pending)?.with("retry-after", "1"))
}

/// A time such as `5s`.
fn wait(text: Option<&str>) -> Result<SignedDuration, Problem> {
    let Some(text) = text else { return Ok(SignedDuration::ZERO) };
    let seconds = text.strip_suffix('s').unwrap_or(text).parse::<u32>().ok().filter(|seconds| *seconds <= MAX_WAIT);
    let seconds = seconds.ok_or_else(|| Problem::invalid("wait", "must be a number of seconds from 0s to 20s"))?;
    Ok(SignedDuration::from_secs(seconds.into()))
}

/// The commands that may come from outside. What a timer publishes may not.
pub fn commands() -> Vec<domain::Entry> {
    let is_outside = |entry: &domain::Entry| {
        entry.description.kind == Kind::Command
            && entry.description.name != <FulfilmentDeadlinePassed as causeway::Message>::NAME
    };
    domain::catalogue().into_iter().filter(is_outside).collect()
}

async fn publish(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let name = request.path_text("command");
    let entry = commands().into_iter().find(|entry| entry.description.name == name);
    let description = entry.ok_or_else(|| Problem::not_found("command"))?.description;
    let contexts = domain::contexts();
    let context = contexts.iter().find(|context| context.name == description.context);
    let context = context.ok_or_else(|| Problem::not_found("command"))?;
    let data = body(&request)?;
    check(context, name, description.version, &data)?;
    let fields: Value = serde_json::from_str(data.get()).map_err(|_| Problem::invalid("body", "must be JSON"))?;
    check_owner(&app, &request.caller, name, &fields).await?;
    let id = command_id(&app, &request, name)?;
    let aggregate_id = fields.get(context.id_field).and_then(Value::as_str);
    let envelope = Envelope {
        event_id: id.clone(),
        event_type: name.to_owned(),
        event_version: description.version,
        aggregate_type: context.name.to_owned(),
        aggregate_id: aggregate_id.map_or_else(|| id.to_string(), str::to_owned),
        version: None,
        timestamp: app.clock().now(),
        data,
        metadata: Metadata {
            correlation_id: id.clone(),
            causation_id: id.clone(),
            user_id: request.caller.subject().map(str::to_owned),
            traceparent: None,
            hops: 0,
        },
    };
    match app.ports().bus.publish(&[Entry { source: OUTSIDE.to_owned(), envelope }]).await.into_iter().next() {
        Some(PublishOutcome::Accepted) => {
            Ok(HttpResponse::json(202, &Accepted { id: id.clone() })?.with("location", format!("/commands/{id}")))
        }
        Some(PublishOutcome::Permanent { code, .. }) => Err(Problem::new(500, format!("the bus refused it: {code}"))),
        Some(PublishOutcome::Transient(_)) | None => Err(Problem::unavailable("the bus did not answer")),
    }
}

/// The body as strict JSON.
fn body(request: &HttpRequest) -> Result<Box<RawValue>, Problem> {
    let media = request.header("content-type").map(|media| media.split(';').next().unwrap_or_default().trim());
    if media.is_some_and(|media| !media.eq_ignore_ascii_case("application/json")) {
        let rule = "must be application/json";
        return Err(Problem { status: 415, ..Problem::invalid("Content-Type", rule) });
    }
    if request.body.len() > MAX_MESSAGE_BYTES {
        let rule = format!("must have at most {MAX_MESSAGE_BYTES} bytes");
        return Err(Problem { status: 413, ..Problem::invalid("body", rule) });
    }
    let text = std::str::from_utf8(&request.body).map_err(|_| Problem::invalid("body", "must be UTF-8"))?;
    json::check(text).map_err(|error| Problem::invalid("body", error.to_string()))?;
    serde_json::from_str(text.trim()).map_err(|error| Problem::invalid("body", error.to_string()))
}

/// Reads the body as the type of the command does.
fn check(context: &Context, name: &str, version: u32, data: &RawValue) -> Result<(), Problem> {
    let has = |family: &&domain::Family| family.descriptions.iter().any(|one| one.name == name);
    let family = context.families.iter().find(has).ok_or_else(|| Problem::not_found("command"))?;
    match (family.upcast)(name, version, data) {
        Ok(_) => Ok(()),
        Err(error) => Err(match error.downcast_ref::<DecodeError>() {
            Some(DecodeError::Malformed { field, reason, .. }) => malformed(field, reason),
            _ => Problem::invalid("body", error.to_string()),
        }),
    }
}

/// The field and the rule of a body that its type refuses. Serde names a missing field in its reason only, and adds places.
fn malformed(field: &str, reason: &str) -> Problem {
    let rule = reason.split(" at line ").next().unwrap_or(reason);
    match rule.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        Some(missing) if field == "." => Problem::invalid(missing, "is missing"),
        Some(missing) => Problem::invalid(format!("{field}.{missing}"), "is missing"),
        None => Problem::invalid(field, rule),
    }
}

/// Refuses the command of a user about what is not their own.
async fn check_owner(app: &App, caller: &Caller, name: &str, fields: &Value) -> Result<(), Problem> {
    if caller.is_operator() {
        return Ok(());
    }
    let text = |field: &str| fields.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let owned = OF_USERS.iter().find(|(command, _)| *command == name).map(|(_, owned)| owned);
    let (field, is_own) = match owned {
        None => return Err(Problem::forbidden("the token needs the scope operator")),
        Some(Owned::User(field)) => (field, caller.acts_for(&text(field))),
        Some(Owned::Order(field)) => {
            let order = app.row::<OrderSummary>(&text(field)).await?;
            (field, order.is_some_and(|order| caller.acts_for(order.user_id.as_str())))
        }
        Some(Owned::Account(field)) => {
            let account = app.row::<AccountBalance>(&text(field)).await?;
            (field, account.is_some_and(|account| accounts::is_own(caller, &account)))
        }
    };
    match is_own {
        true => Ok(()),
        false => Err(Problem { field: Some((*field).to_owned()), ..Problem::forbidden("must be the user's own") }),
    }
}

/// A new id, or the one that follows from the user, the command and the key of the request: a repeat is the same
/// command. The body is no part of it, so of two bodies under one key the first is the command.
fn command_id(app: &App, request: &HttpRequest, name: &str) -> Result<MessageId, Problem> {
    let Some(key) = request.header("idempotency-key") else {
        return Ok(app.ids().uuid(app.clock().now()).into());
    };
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(Problem::invalid("Idempotency-Key", "must have 1 to 255 bytes"));
    }
    let outside: MessageId = OUTSIDE.parse().map_err(|_| Problem::new(500, "the source is no id"))?;
    let user = request.caller.subject().unwrap_or_default();
    Ok(outside.derived(&format!("{}:{user}/{name}/{key}", user.len())))
}
