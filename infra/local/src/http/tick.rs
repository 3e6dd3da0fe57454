//! Controls the clock: advances, pauses and resumes it.

use std::time::Duration;

use axum::{extract::State, response::Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::{aws_error::AwsError, clock::Clock};

use super::{
    HttpState,
    answer::Protocol,
    request::{Payload, fields},
};

/// Default real time for one stop on the way: longer than any function of the template.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest advance from timer to timer.
const LONGEST_ADVANCE: SignedDuration = SignedDuration::from_hours(24 * 366);

/// The fields of a tick.
const FIELDS: [&str; 4] = ["seconds", "until", "settle", "patience"];

/// `POST /_causeway/tick` with `{"seconds": N}` or `{"until": "…"}`: walks the clock there from wake to wake, and
/// answers what it shows then. With `"settle": false` it leaps; `"patience"` is how many seconds one stop may take.
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
            return Err(refused(format!("{unknown} is not known; a tick takes {}.", FIELDS.join(", "))));
        }
        let now = clock.now();
        let target = match (fields.get("seconds"), fields.get("until")) {
            (Some(given), None) => {
                let duration = given.as_f64().and_then(|given| SignedDuration::try_from_secs_f64(given).ok());
                let duration = duration.filter(|duration| !duration.is_negative());
                let must = || refused("seconds must be a number that is not negative.".to_owned());
                now.checked_add(duration.ok_or_else(must)?)
                    .map_err(|_| refused("seconds is too far away.".to_owned()))?
            }
            (None, Some(given)) => {
                let moment = given.as_str().and_then(|given| given.parse::<Timestamp>().ok());
                let must = || refused("until must be a time such as 2026-11-24T05:00:00Z.".to_owned());
                moment.ok_or_else(must)?
            }
            (Some(_), Some(_)) => return Err(refused("seconds and until exclude each other; give one.".to_owned())),
            (None, None) => return Err(refused("seconds or until must be given.".to_owned())),
        };
        if target < now {
            return Err(refused(format!(
                "until must not lie before {now}, the time of the clock, which never goes back."
            )));
        }
        let settle = match fields.get("settle") {
            None => true,
            Some(given) => given.as_bool().ok_or_else(|| refused("settle must be true or false.".to_owned()))?,
        };
        if settle && target.duration_since(now) > LONGEST_ADVANCE {
            let message = "a tick of more than 366 days is not settled; set \"settle\": false to jump, or tick twice.";
            return Err(refused(message.to_owned()));
        }
        let patience = match fields.get("patience") {
            None => PATIENCE,
            Some(given) => {
                let patience = given.as_f64().and_then(|given| Duration::try_from_secs_f64(given).ok());
                let is_short = |patience: &Duration| *patience <= Duration::from_secs(3_600);
                let must = || refused("patience must be a number of seconds from 0 to 3600.".to_owned());
                patience.filter(is_short).ok_or_else(must)?
            }
        };
        Ok(Self { target, settle, patience })
    }
}

fn refused(message: String) -> AwsError {
    AwsError::sender("ValidationException", message)
}
