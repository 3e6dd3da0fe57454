//! The calls about events: `PutEvents`, answered entry by entry, and `TestEventPattern`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    aws_error::AwsError,
    faults::{Kind, Part},
    pattern::{Event, Pattern},
};

use super::{
    Events,
    accept::Consequence,
    bus_name,
    entry::{Entry, Refused},
    request,
    state::State,
};

/// Entries of one call.
const MOST_ENTRIES: usize = 10;

/// A call must stay below this size, in bytes.
const SIZE_LIMIT: usize = 1_048_576;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TestEventPattern {
    event_pattern: Option<String>,
    event: Option<String>,
}

impl Events {
    pub(super) fn put_events(&self, body: Value) -> Result<Value, AwsError> {
        let request: PutEvents = request::read(body)?;
        let entries = request::required("entries", request.entries)?;
        check_all(&entries)?;
        let mut state = self.durable.state();
        let mut answers = Vec::with_capacity(entries.len());
        let (mut changes, mut activity, mut archived) = (Vec::new(), Vec::new(), Vec::new());
        for entry in &entries {
            match self.put_entry(&mut state, entry) {
                Ok((id, consequence)) => {
                    answers.push(json!({ "EventId": id }));
                    changes.extend(consequence.change);
                    archived.extend(consequence.archived);
                    activity.push(consequence.activity);
                }
                Err(refused) => answers.push(json!({ "ErrorCode": refused.code, "ErrorMessage": refused.message })),
            }
        }
        // Archived first: what nobody was told of may be archived, but nothing acknowledged is missing.
        self.keep(&state, &archived).map_err(request::not_remembered)?;
        self.durable.commit(&mut state, changes).map_err(request::not_remembered)?;
        let failed = answers.len() - activity.len();
        // Before anybody can deliver them, so that the news come in the order of things.
        activity.into_iter().for_each(|activity| self.announce(activity));
        drop(state);
        Ok(json!({ "FailedEntryCount": failed, "Entries": answers }))
    }

    fn put_entry(&self, state: &mut State, entry: &Entry) -> Result<(String, Consequence), Refused> {
        let now = self.ctx.clock.now();
        let said = entry.check(now)?;
        if let Some(strike) =
            self.ctx.faults.strike(Kind::Partial, Part::Events, &format!("PutEvents {}", said.detail_type))
        {
            return Err(Refused::in_passing(strike.unit_f64(0) < 0.5));
        }
        let id = self.new_id(state);
        let accepted = said.accept(id.clone(), &self.ctx.place, now).ok_or_else(Refused::malformed)?;
        let given = entry.event_bus_name.as_deref().unwrap_or("default");
        // The bus of another account or region is as unknown as one that does not exist.
        let known = !given.starts_with("arn:") || self.ctx.place.bus(bus_name(given)) == given;
        let bus = if known { bus_name(given) } else { given };
        Ok((id, self.consequence(state, bus, accepted)?))
    }
}

// What is wrong with the whole call.
fn check_all(entries: &[Entry]) -> Result<(), AwsError> {
    if entries.is_empty() || entries.len() > MOST_ENTRIES {
        let bound = if entries.is_empty() { "greater than or equal to 1" } else { "less than or equal to 10" };
        return Err(request::invalid(format!(
            "1 validation error detected: Value '{} entries' at 'entries' failed to satisfy constraint: Member must \
             have length {bound}",
            entries.len()
        )));
    }
    if entries.iter().map(Entry::size).sum::<usize>() >= SIZE_LIMIT {
        return Err(request::invalid("Total size of the entries in the request is over the limit."));
    }
    if entries.iter().all(|entry| entry.lacks().is_some()) {
        return Err(request::invalid("Every entry of the request lacks Source, DetailType or Detail."));
    }
    Ok(())
}

/// Whether a pattern wants an event; both are given, so nothing else is needed.
pub(super) fn test_event_pattern(body: Value) -> Result<Value, AwsError> {
    let request: TestEventPattern = request::read(body)?;
    let pattern = request::required("eventPattern", request.event_pattern)?;
    let event = request::required("event", request.event)?;
    let pattern = Pattern::parse(&pattern).map_err(|error| invalid_pattern(&error))?;
    let parsed = Event::parse(&event)
        .map_err(|error| request::invalid(format!("Parameter Event is not valid. Reason: {error}")))?;
    let fields: Value = serde_json::from_str(&event).unwrap_or_default();
    let lacking = ["id", "account", "source", "time", "region", "resources", "detail-type"]
        .into_iter()
        .find(|name| fields.get(name).is_none());
    if let Some(name) = lacking {
        return Err(request::invalid(format!("Parameter Event is not valid. Reason: the field {name} is missing.")));
    }
    Ok(json!({ "Result": pattern.matches(&parsed) }))
}

/// A pattern breaks a rule of the language.
pub(super) fn invalid_pattern(error: &crate::pattern::PatternError) -> AwsError {
    let mut reason = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        reason.push_str(": ");
        reason.push_str(&source.to_string());
    }
    AwsError::sender("InvalidEventPatternException", format!("Event pattern is not valid. Reason: {reason}"))
}
