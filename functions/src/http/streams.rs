//! `/streams/{context}/{id}`: the state of a stream at a version or at a time, for operators.

use causeway::{
    App, StreamId,
    http::{Answers, HttpFunction, HttpRequest, HttpResponse, HttpRight, Problem},
    log::{Moment, ReadError, check_contiguous},
};
use jiff::Timestamp;
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::Value;

/// A state, and the event after which it was so.
#[derive(Debug, Serialize, JsonSchema)]
struct StateAt {
    stream: String,
    version: u64,
    #[schemars(with = "String", extend("format" = "date-time"))]
    at: Timestamp,
    state: Value,
}

/// The function.
pub fn function() -> HttpFunction {
    let answers = Answers::Body(|| schema_for!(StateAt));
    HttpFunction::new("streams", [HttpRight::ReadLog])
        .route("GET", "/streams/{context}/{id}", "The state of a stream; operators only.", answers, state)
        .query("at", "A version, or a time such as 2026-01-15T12:00:00Z; without it, now.")
}

async fn state(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    super::access::check_operator(&request)?;
    let context = request.path_text("context");
    let all = domain::contexts();
    let fold = all.iter().find(|known| known.name == context).map(|known| known.fold);
    let fold = fold.ok_or_else(|| Problem::invalid("context", "must be the name of a context with streams"))?;
    let id: causeway::Id<str> = request.id("id")?;
    let (stream, at) = (StreamId::new(fold.context, &id), moment(request.parameter("at"))?);
    let commits = app.store().since(&stream, 1).await.map_err(|error| problem(&error))?;
    check_contiguous(&stream, 1, &commits).map_err(|error| problem(&error))?;
    let unreadable = || Problem::new(500, format!("{stream} holds an event that cannot be decoded"));
    let (mut folding, mut last) = (fold.begin(), None);
    for commit in commits.into_iter().filter_map(|commit| at.cut(commit)) {
        for event in &commit.events {
            folding.follow(event).map_err(|_| unreadable())?;
        }
        last = Some((commit.last_version(), commit.at));
    }
    let Some((version, at)) = last else { return Err(Problem::not_found("stream at that moment")) };
    let state = folding.state().map_err(|_| unreadable())?;
    Ok(HttpResponse::json(200, &StateAt { stream: stream.to_string(), version, at, state })?.tagged(&request))
}

fn moment(text: Option<&str>) -> Result<Moment, Problem> {
    let Some(text) = text else { return Ok(Moment::Now) };
    let version = text.parse().ok().map(Moment::Version);
    let moment = version.or_else(|| text.parse::<Timestamp>().ok().map(Moment::Time));
    moment.ok_or_else(|| Problem::invalid("at", "must be a version or a time such as 2026-01-15T12:00:00Z"))
}

fn problem(error: &ReadError) -> Problem {
    match error {
        ReadError::Unavailable(_) => Problem::unavailable("the log did not answer"),
        other => Problem::new(500, other.to_string()),
    }
}
