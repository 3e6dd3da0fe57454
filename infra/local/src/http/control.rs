//! The paths of the local cloud itself: its health, its activity feed, and its clock.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::stream;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::{
    protocol::{Payload, Protocol, fields},
    state::HttpState,
};
use crate::{aws_error::AwsError, clock::Clock};

/// Default real time for one stop on the way: longer than any function of the template.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest advance from timer to timer.
const LONGEST_ADVANCE: SignedDuration = SignedDuration::from_hours(24 * 366);

/// The fields of a tick.
const FIELDS: [&str; 4] = ["seconds", "until", "settle", "patience"];

/// `GET /_causeway/health`: the status, the time, and the amount of pending work.
pub(super) async fn health(State(state): State<HttpState>) -> Response {
    let services = &state.services;
    Protocol::Rest.answer(Ok(json!({
        "status": "ready",
        "now": services.clock.now().to_string(),
        "paused": services.clock.is_paused(),
        "undelivered": services.aws.events.undelivered(),
        "invokes": services.aws.invokes.pending(),
        "schedules": services.aws.scheduler.pending_executions(),
    })))
}

/// `GET /_causeway/feed`: the activity from now on, as server-sent events. A reader that is too slow gets the number
/// of missed events.
pub(super) async fn feed(State(state): State<HttpState>) -> Response {
    let events = stream::unfold(state.services.activity.subscribe(), |mut feed| async move {
        let event = match feed.recv().await {
            Ok(text) => Event::default().data(text),
            Err(RecvError::Lagged(missed)) => {
                Event::default().event("missed").data(json!({ "missed": missed }).to_string())
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok::<_, Infallible>(event), feed))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// `POST /_causeway/tick` with `{"seconds": N}` or `{"until": "…"}`: advances the clock there from timer to
/// timer, and returns its time. With `"settle": false` it jumps; `"patience"` is how many seconds one stop may take.
pub(super) async fn tick(State(state): State<HttpState>, payload: Payload) -> Response {
    let args = fields(payload).and_then(|fields| TickArgs::read(&fields, &state.services.clock));
    let args = match args {
        Ok(args) => args,
        Err(error) => return Protocol::Rest.refuse(&error),
    };
    let time_driver = &state.services.time_driver;
    Protocol::Rest.answer(Ok(match args.settle {
        false => json!({ "now": time_driver.jump(args.target).await.to_string(), "wakes": 0, "settled": false }),
        true => {
            let advanced = time_driver.advance(args.target, args.patience).await;
            json!({ "now": advanced.now.to_string(), "wakes": advanced.wakes, "settled": advanced.settled })
        }
    }))
}

/// `POST /_causeway/pause`: stops the clock.
pub(super) async fn pause(State(state): State<HttpState>) -> Response {
    state.services.clock.pause();
    clock_response(&state.services.clock)
}

/// `POST /_causeway/resume`: lets the clock run, at its speed.
pub(super) async fn resume(State(state): State<HttpState>) -> Response {
    state.services.clock.resume();
    clock_response(&state.services.clock)
}

fn clock_response(clock: &Clock) -> Response {
    Protocol::Rest.answer(Ok(json!({ "now": clock.now().to_string(), "paused": clock.is_paused() })))
}

struct TickArgs {
    target: Timestamp,
    settle: bool,
    patience: Duration,
}

impl TickArgs {
    fn read(fields: &Map<String, Value>, clock: &Clock) -> Result<Self, AwsError> {
        if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return Err(invalid(format!("{unknown} is not known; a tick takes {}.", FIELDS.join(", "))));
        }
        let now = clock.now();
        let target = match (fields.get("seconds"), fields.get("until")) {
            (Some(given), None) => {
                let duration = given.as_f64().and_then(|given| SignedDuration::try_from_secs_f64(given).ok());
                let duration = duration.filter(|duration| !duration.is_negative());
                let must = || invalid("seconds must be a number that is not negative.");
                now.checked_add(duration.ok_or_else(must)?).map_err(|_| invalid("seconds is too far away."))?
            }
            (None, Some(given)) => {
                let moment = given.as_str().and_then(|given| given.parse::<Timestamp>().ok());
                let must = || invalid("until must be a time such as 2026-11-24T05:00:00Z.");
                moment.ok_or_else(must)?
            }
            (Some(_), Some(_)) => return Err(invalid("seconds and until exclude each other; give one.")),
            (None, None) => return Err(invalid("seconds or until must be given.")),
        };
        if target < now {
            let message = format!("until must not lie before {now}, the time of the clock, which never goes back.");
            return Err(invalid(message));
        }
        let settle = match fields.get("settle") {
            None => true,
            Some(given) => given.as_bool().ok_or_else(|| invalid("settle must be true or false."))?,
        };
        if settle && target.duration_since(now) > LONGEST_ADVANCE {
            let message = "a tick of more than 366 days is not settled; set \"settle\": false to jump, or tick twice.";
            return Err(invalid(message));
        }
        let patience = match fields.get("patience") {
            None => PATIENCE,
            Some(given) => {
                let patience = given.as_f64().and_then(|given| Duration::try_from_secs_f64(given).ok());
                let is_short = |patience: &Duration| *patience <= Duration::from_secs(3_600);
                let must = || invalid("patience must be a number of seconds from 0 to 3600.");
                patience.filter(is_short).ok_or_else(must)?
            }
        };
        Ok(Self { target, settle, patience })
    }
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::sender("ValidationException", message)
}
