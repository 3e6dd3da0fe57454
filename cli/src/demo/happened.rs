//! From the news of the feed to one line for each thing that belongs to the story.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{tally::Tally, words::words};
use crate::{display_name::display_name, preview::cut, up::STACK};

/// So wide are the names of a cause and its effect.
const NAMES: usize = 48;

/// What a failure says is cut after so many letters; `causeway tail` has it whole.
const LONGEST: usize = 100;

/// How a thing is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// All is well.
    Plain,
    /// Something went wrong on purpose.
    Fault,
    /// Something failed and is tried again.
    Retry,
    /// Something was given up.
    GivenUp,
}

/// A thing that happened in the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Happened {
    /// How it is to be seen.
    pub(super) mark: Mark,
    /// What it is.
    pub(super) text: String,
}

/// What is known of the messages so far.
pub(super) struct Memory {
    tag: String,
    /// What is cut off the names of things, for people.
    run: String,
    by_bus_id: BTreeMap<String, String>,
    by_own_id: BTreeMap<String, String>,
}

impl Memory {
    /// Knows what follows from messages whose ids begin with this tag.
    pub(super) fn new(tag: &str, run: &str) -> Self {
        let run = format!("-{run}");
        Self { tag: tag.to_owned(), run, by_bus_id: BTreeMap::new(), by_own_id: BTreeMap::new() }
    }

    /// The thing, if it belongs to the story and is worth a line. It is counted in any case.
    pub(super) fn take(&mut self, news: &Value, tally: &mut Tally) -> Option<Happened> {
        let text = |pointer: &str| news.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let about = self.by_bus_id.get(text("/eventId"));
        match (text("/kind"), about) {
            ("put", _) => self.put(news, tally),
            ("delivery", Some(name)) => delivery(news, name, tally),
            ("invoke", Some(name)) => invoke(news, name, tally),
            ("mapping", _) => mapping(news, tally),
            ("fault", _) => {
                tally.faults += 1;
                let what = format!("{}: {}", text("/fault"), shortened(text("/subject")));
                Some(Happened { mark: Mark::Fault, text: what })
            }
            ("trouble", _) => Some(Happened { mark: Mark::GivenUp, text: text("/message").to_owned() }),
            _ => None,
        }
    }

    fn put(&mut self, news: &Value, tally: &mut Tally) -> Option<Happened> {
        let text = |pointer: &str| news.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (name, id) = (text("/event/detail-type"), text("/event/detail/eventId"));
        let correlation = text("/event/detail/metadata/correlationId");
        if ![id, correlation].iter().any(|id| id.starts_with(&self.tag)) {
            return None;
        }
        self.by_bus_id.insert(text("/eventId").to_owned(), name.to_owned());
        let is_new = tally.message(name, id);
        self.by_own_id.insert(id.to_owned(), name.to_owned());
        let cause = self.by_own_id.get(text("/event/detail/metadata/causationId"));
        let cause = cause.map_or("you", String::as_str);
        let data = news.pointer("/event/detail/data").unwrap_or(&Value::Null);
        let said = words(name, data).replace(&self.run, "");
        let again = if is_new { "" } else { " (the same once more)" };
        let text = format!("{:<NAMES$}  {said}{again}", format!("{cause} → {name}"));
        Some(Happened { mark: Mark::Plain, text: text.trim_end().to_owned() })
    }
}

fn delivery(news: &Value, name: &str, tally: &mut Tally) -> Option<Happened> {
    let text = |field: &str| news.get(field).and_then(Value::as_str).unwrap_or_default();
    let way = format!("{name} → {}", display_name(text("target"), STACK));
    let why = format!("{}: {}", text("code"), text("message"));
    match text("outcome") {
        "delivered" => None,
        "again" => Some(retry(format!("{way} did not arrive: {why}"), tally)),
        "deadLettered" => Some(given_up(format!("{way} lies with the rule's dead letters: {why}"), tally)),
        _ => Some(given_up(format!("{way} is lost, because the rule has no dead letters: {why}"), tally)),
    }
}

fn invoke(news: &Value, name: &str, tally: &mut Tally) -> Option<Happened> {
    let text = |field: &str| news.get(field).and_then(Value::as_str).unwrap_or_default();
    let who = format!("{name} → {}", display_name(text("function"), STACK));
    match text("outcome") {
        "done" => {
            tally.invokes += 1;
            None
        }
        "failed" => {
            tally.invokes += 1;
            let wait = match news.get("tries").and_then(Value::as_u64) {
                Some(1) => "; the next try comes in 1 minute of the cloud's clock",
                Some(2) => "; the next try comes in 2 minutes of the cloud's clock",
                _ => "",
            };
            Some(retry(format!("{who} failed: {}{wait}", cut(text("message"), LONGEST)), tally))
        }
        "told" => Some(given_up(format!("{who} lies with the dead letters: {}", text("message")), tally)),
        _ => Some(given_up(format!("{who} is lost: {}", text("message")), tally)),
    }
}

/// The relay reads for all; what fails there is told in every story that is played meanwhile.
fn mapping(news: &Value, tally: &mut Tally) -> Option<Happened> {
    let text = |field: &str| news.get(field).and_then(Value::as_str).unwrap_or_default();
    let who = display_name(text("mapping"), STACK);
    match text("outcome") {
        "done" => None,
        "failed" => Some(retry(format!("{who} failed: {}", text("message")), tally)),
        "stuck" => Some(retry(format!("{who} is stuck: {}", text("message")), tally)),
        "told" => Some(given_up(format!("{who}: records lie with the dead letters: {}", text("message")), tally)),
        _ => Some(given_up(format!("{who}: records are lost: {}", text("message")), tally)),
    }
}

/// Every name in it as people know it.
fn shortened(subject: &str) -> String {
    let last = |word: &'_ str| word.rsplit('/').next().map(|name| display_name(name, STACK).to_owned());
    subject.split(' ').filter_map(last).collect::<Vec<_>>().join(" ")
}

fn retry(text: String, tally: &mut Tally) -> Happened {
    tally.retries += 1;
    Happened { mark: Mark::Retry, text }
}

fn given_up(text: String, tally: &mut Tally) -> Happened {
    tally.given_up += 1;
    Happened { mark: Mark::GivenUp, text }
}

#[cfg(test)]
mod tests;
