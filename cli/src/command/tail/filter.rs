//! Which news are wanted: those of messages that fit the filters, and all that follows from them.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

/// So many messages are remembered, to know what is told of them later.
const REMEMBERED: usize = 20_000;

/// What is asked for. Nothing asked for is everything.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    /// The message's name.
    pub(super) name: Option<String>,
    /// `<context>/<id>`, or one of both.
    pub(super) stream: Option<String>,
    pub(super) correlation: Option<String>,
}

/// What is remembered of a message: its name and whether it was wanted.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) name: String,
    is_wanted: bool,
}

/// The messages that were put, by the bus's ids.
#[derive(Default)]
pub(super) struct Memory {
    known: BTreeMap<String, Known>,
    order: VecDeque<String>,
}

impl Filter {
    fn is_everything(&self) -> bool {
        self.name.is_none() && self.stream.is_none() && self.correlation.is_none()
    }

    /// The pattern of a rule that hears everything that may be wanted.
    pub(super) fn pattern(&self) -> Value {
        match &self.name {
            Some(name) => json!({ "detail-type": [name] }),
            None => json!({ "source": [{ "exists": true }] }),
        }
    }

    fn wants(&self, event: &Value) -> bool {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let name = self.name.as_ref().is_none_or(|name| name == text("/detail-type"));
        let (context, id) = (text("/detail/aggregateType"), text("/detail/aggregateId"));
        let stream = self.stream.as_ref().is_none_or(|stream| {
            *stream == format!("{context}/{id}") || stream == context && !context.is_empty() || is_named(event, stream)
        });
        // A message without a correlation begins one under its own id, and without an id under the bus's.
        let own = [text("/detail/metadata/correlationId"), text("/detail/eventId"), text("/id")];
        let correlation = own.into_iter().find(|id| !id.is_empty()).unwrap_or_default();
        stream && name && self.correlation.as_ref().is_none_or(|wanted| wanted == correlation)
    }
}

/// A command sent by hand has no stream yet: its body names it by the id alone.
fn is_named(event: &Value, stream: &str) -> bool {
    let id = stream.rsplit('/').next().unwrap_or_default();
    let has_stream = event.pointer("/detail/aggregateId").is_some_and(Value::is_string);
    let body = event.pointer("/detail/data").and_then(Value::as_object);
    !has_stream && body.is_some_and(|fields| fields.values().any(|value| value.as_str() == Some(id)))
}

impl Memory {
    /// Whether these news are wanted; a message that was put is remembered.
    pub(super) fn admits(&mut self, news: &Value, wanted: &Filter) -> bool {
        let id = news.get("eventId").and_then(Value::as_str);
        match (news.get("kind").and_then(Value::as_str), id) {
            (Some("put" | "heard"), Some(id)) => {
                let event = news.get("event").unwrap_or(&Value::Null);
                let name = event.get("detail-type").and_then(Value::as_str).unwrap_or_default().to_owned();
                let known = Known { name, is_wanted: wanted.wants(event) };
                let is_wanted = known.is_wanted;
                self.remember(id, known);
                is_wanted
            }
            // What a bus logs repeats, step by step, what the other news say.
            (Some("busLog"), _) => false,
            (_, Some(id)) => wanted.is_everything() || self.known.get(id).is_some_and(|known| known.is_wanted),
            // What belongs to no message is told to those who want everything. Trouble is told to all.
            (Some("trouble" | "missed"), None) => true,
            (_, None) => wanted.is_everything(),
        }
    }

    /// The name of the message with this id of the bus.
    pub(super) fn name(&self, id: &str) -> Option<&str> {
        self.known.get(id).map(|known| known.name.as_str())
    }

    fn remember(&mut self, id: &str, known: Known) {
        if self.known.insert(id.to_owned(), known).is_none() {
            self.order.push_back(id.to_owned());
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(id: &str, name: &str, detail: &Value) -> Value {
        json!({ "kind": "put", "eventId": id, "rules": [],
            "event": { "id": id, "detail-type": name, "source": "s", "detail": detail } })
    }

    fn admitted(wanted: &Filter, news: &[Value]) -> Vec<bool> {
        let mut memory = Memory::default();
        news.iter().map(|news| memory.admits(news, wanted)).collect()
    }

    #[test]
    fn what_follows_from_a_wanted_message_is_wanted_too() {
        let fact = json!({ "aggregateType": "order", "aggregateId": "o-1", "metadata": { "correlationId": "c-1" } });
        let other = json!({ "aggregateType": "order", "aggregateId": "o-2", "metadata": { "correlationId": "c-2" } });
        let delivery = |id: &str| json!({ "kind": "delivery", "eventId": id });
        let news = [put("1", "OrderPlaced", &fact), put("2", "OrderLost", &other), delivery("1"), delivery("2")];
        let of = |name: Option<&str>, stream: Option<&str>, correlation: Option<&str>| {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            admitted(&Filter { name: owned(name), stream: owned(stream), correlation: owned(correlation) }, &news)
        };
        assert_eq!(of(None, None, None), [true; 4]);
        assert_eq!(of(Some("OrderPlaced"), None, None), [true, false, true, false]);
        assert_eq!(of(None, Some("order/o-2"), None), [false, true, false, true]);
        assert_eq!(of(None, Some("order"), None), [true; 4]);
        assert_eq!(of(None, None, Some("c-1")), [true, false, true, false]);
        assert_eq!(of(Some("OrderPlaced"), None, Some("c-2")), [false; 4]);
    }

    #[test]
    fn a_command_sent_by_hand_is_found_by_the_stream_that_its_body_names() {
        let wanted = Filter { stream: Some("order/o-1".to_owned()), ..Filter::default() };
        let command = |order: &str| put("1", "PlaceOrder", &json!({ "data": { "orderId": order } }));
        assert_eq!(admitted(&wanted, &[command("o-1"), command("o-2")]), [true, false]);
    }

    #[test]
    fn trouble_is_told_to_all_and_other_news_without_a_message_only_to_those_who_want_everything() {
        let news = [json!({ "kind": "trouble" }), json!({ "kind": "mapping" })];
        assert_eq!(admitted(&Filter::default(), &news), [true, true]);
        let picky = Filter { name: Some("OrderPlaced".to_owned()), ..Filter::default() };
        assert_eq!(admitted(&picky, &news), [true, false]);
    }
}
