//! Activity events of the local cloud, and messages on a bus: which of them a filter admits, and each as a line of text.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::display_name::display_name;

/// The number of messages whose later activity is recognised.
const MAX_MESSAGES: usize = 20_000;

/// A filter of messages. The default admits all of them.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The name.
    pub name: Option<String>,
    /// `<context>/<id>`, or the context or id alone.
    pub stream: Option<String>,
    /// The correlation id.
    pub correlation: Option<String>,
}

#[derive(Clone, Debug)]
struct Known {
    name: String,
    is_admitted: bool,
}

/// The published messages, by the ids that the bus gave them.
#[derive(Default)]
pub struct KnownMessages {
    known: BTreeMap<String, Known>,
    order: VecDeque<String>,
}

impl Filter {
    fn is_everything(&self) -> bool {
        self.name.is_none() && self.stream.is_none() && self.correlation.is_none()
    }

    /// The event pattern of a rule for at least all messages that the filter admits.
    pub(super) fn pattern(&self) -> Value {
        match &self.name {
            Some(name) => json!({ "detail-type": [name] }),
            None => json!({ "source": [{ "exists": true }] }),
        }
    }

    fn admits(&self, event: &Value) -> bool {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let name = self.name.as_ref().is_none_or(|name| name == text("/detail-type"));
        let (context, id) = (text("/detail/aggregateType"), text("/detail/aggregateId"));
        let stream = self.stream.as_ref().is_none_or(|stream| {
            *stream == format!("{context}/{id}") || stream == context && !context.is_empty() || is_named(event, stream)
        });
        // A message without a correlation id begins one with its own id, or else with that of the bus.
        let own = [text("/detail/metadata/correlationId"), text("/detail/eventId"), text("/id")];
        let correlation = own.into_iter().find(|id| !id.is_empty()).unwrap_or_default();
        stream && name && self.correlation.as_ref().is_none_or(|id| id == correlation)
    }
}

/// A command that was published by hand has no stream; its body has the id.
fn is_named(event: &Value, stream: &str) -> bool {
    let id = stream.rsplit('/').next().unwrap_or_default();
    let has_stream = event.pointer("/detail/aggregateId").is_some_and(Value::is_string);
    let body = event.pointer("/detail/data").and_then(Value::as_object);
    !has_stream && body.is_some_and(|fields| fields.values().any(|value| value.as_str() == Some(id)))
}

impl KnownMessages {
    /// Whether an activity event belongs to a message that the filter admits.
    pub fn admits(&mut self, activity: &Value, filter: &Filter) -> bool {
        let id = activity.get("eventId").and_then(Value::as_str);
        match (activity.get("kind").and_then(Value::as_str), id) {
            (Some("put" | "received"), Some(id)) => {
                let event = activity.get("event").unwrap_or(&Value::Null);
                let name = event.get("detail-type").and_then(Value::as_str).unwrap_or_default().to_owned();
                let known = Known { name, is_admitted: filter.admits(event) };
                let is_admitted = known.is_admitted;
                self.remember(id, known);
                is_admitted
            }
            // The log of a bus repeats the other activity events.
            (Some("busLog"), _) => false,
            (_, Some(id)) => filter.is_everything() || self.known.get(id).is_some_and(|known| known.is_admitted),
            // Activity without a message is printed without a filter only; errors always.
            (Some("error" | "missed"), None) => true,
            (_, None) => filter.is_everything(),
        }
    }

    /// The name of the message with this id.
    pub(super) fn name(&self, id: &str) -> Option<&str> {
        self.known.get(id).map(|known| known.name.as_str())
    }

    fn remember(&mut self, id: &str, known: Known) {
        if self.known.insert(id.to_owned(), known).is_none() {
            self.order.push_back(id.to_owned());
        }
        if self.order.len() > MAX_MESSAGES
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

/// The line of an activity event. Its first word is the kind; unknown kinds are printed as JSON.
pub(super) fn line(activity: &Value, name: Option<&str>, stack: &str) -> String {
    let short = |name| display_name(name, stack);
    let text = |pointer: &str| activity.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let name = name.unwrap_or("a message");
    match text("/kind") {
        "put" => put(activity, stack),
        "received" => format!("received   {}", message(activity)),
        "delivery" => {
            let way = format!("{name} → {}", short(text("/target")));
            let took = format!("try {}, {}", number(activity, "/attempt"), milliseconds(activity, "/latencyMs"));
            let reason = || format!("{}: {}", text("/code"), text("/message"));
            match text("/outcome") {
                "delivered" => format!("delivered  {way} ({took})"),
                "retried" => format!("retry      {way} ({took}) {}; again at {}", reason(), text("/at")),
                "deadLettered" => format!("DEAD       {way} ({took}) {}; in the rule's dead-letter queue", reason()),
                _ => format!("LOST       {way} ({took}) {}; there is no dead-letter queue", reason()),
            }
        }
        "invoke" => {
            let who = short(text("/function"));
            let took = format!("try {}, {}", number(activity, "/tries"), milliseconds(activity, "/tookMs"));
            match text("/outcome") {
                "done" => format!("ran        {who} ({took})"),
                "failed" => format!("FAILED     {who} ({took}) {}", text("/message")),
                "deadLettered" => format!("DEAD       {who}: {}", text("/message")),
                other => format!("LOST       {who}: {other}: {}", text("/message")),
            }
        }
        "mapping" => mapping(activity, stack),
        "fault" => format!("fault      {}: {}", text("/fault"), short(text("/subject"))),
        "log" => {
            let logged = activity.get("line").unwrap_or(&Value::Null);
            let logged = logged.as_str().map_or_else(|| logged.to_string(), str::to_owned);
            format!("log        {}: {logged}", short(text("/function")))
        }
        "error" => format!("ERROR      {}", text("/message")),
        _ if activity.get("missed").is_some() => {
            format!("ERROR      {} activity events were dropped", number(activity, "/missed"))
        }
        _ => activity.to_string(),
    }
}

fn put(activity: &Value, stack: &str) -> String {
    let list = |pointer: &str| activity.pointer(pointer).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let rules: Vec<&str> =
        list("/rules").iter().filter_map(Value::as_str).map(|rule| display_name(rule, stack)).collect();
    let mut line = format!("put        {}", message(activity));
    if !rules.is_empty() {
        return format!("{line} → {}", rules.join(", "));
    }
    line.push_str(" → no rule matches");
    for near in list("/nearest") {
        let at = |field: &str| near.get(field).and_then(Value::as_str).unwrap_or_default();
        line.push_str(&format!("\n               {} does not match: {}", display_name(at("rule"), stack), at("why")));
    }
    line
}

/// The message, its stream and its source.
fn message(activity: &Value) -> String {
    let text = |pointer: &str| activity.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (name, source) = (text("/event/detail-type"), text("/event/source"));
    match (text("/event/detail/aggregateType"), text("/event/detail/aggregateId")) {
        ("", _) | (_, "") => format!("{name} from {source}"),
        (context, id) => format!("{name} {context}/{id} from {source}"),
    }
}

fn mapping(activity: &Value, stack: &str) -> String {
    let text = |pointer: &str| activity.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let who = display_name(text("/mapping"), stack);
    let records = number(activity, "/records");
    match text("/outcome") {
        "done" => format!("read       {who}: {records} records"),
        "failed" => format!("FAILED     {who}: {records} records: {}", text("/message")),
        "deadLettered" => format!("DEAD       {who}: {records} records: {}", text("/message")),
        "stalled" => format!("STUCK      {who}: {}", text("/message")),
        _ => format!("LOST       {who}: {records} records: {}", text("/message")),
    }
}

fn number(activity: &Value, pointer: &str) -> u64 {
    activity.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

fn milliseconds(activity: &Value, pointer: &str) -> String {
    format!("{:.1} ms", activity.pointer(pointer).and_then(Value::as_f64).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(id: &str, name: &str, detail: &Value) -> Value {
        json!({ "kind": "put", "eventId": id, "rules": [],
            "event": { "id": id, "detail-type": name, "source": "s", "detail": detail } })
    }

    fn admitted(filter: &Filter, activity: &[Value]) -> Vec<bool> {
        let mut known = KnownMessages::default();
        activity.iter().map(|activity| known.admits(activity, filter)).collect()
    }

    #[test]
    fn activity_of_an_admitted_message_is_admitted_too() {
        let detail = json!({ "aggregateType": "order", "aggregateId": "o-1", "metadata": { "correlationId": "c-1" } });
        let other = json!({ "aggregateType": "order", "aggregateId": "o-2", "metadata": { "correlationId": "c-2" } });
        let delivery = |id: &str| json!({ "kind": "delivery", "eventId": id });
        let activity = [put("1", "OrderPlaced", &detail), put("2", "OrderLost", &other), delivery("1"), delivery("2")];
        let of = |name: Option<&str>, stream: Option<&str>, correlation: Option<&str>| {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            admitted(&Filter { name: owned(name), stream: owned(stream), correlation: owned(correlation) }, &activity)
        };
        assert_eq!(of(None, None, None), [true; 4]);
        assert_eq!(of(Some("OrderPlaced"), None, None), [true, false, true, false]);
        assert_eq!(of(None, Some("order/o-2"), None), [false, true, false, true]);
        assert_eq!(of(None, Some("order"), None), [true; 4]);
        assert_eq!(of(None, None, Some("c-1")), [true, false, true, false]);
        assert_eq!(of(Some("OrderPlaced"), None, Some("c-2")), [false; 4]);
    }

    #[test]
    fn a_command_published_by_hand_is_admitted_by_the_id_in_its_body() {
        let filter = Filter { stream: Some("order/o-1".to_owned()), ..Filter::default() };
        let command = |order: &str| put("1", "PlaceOrder", &json!({ "data": { "orderId": order } }));
        assert_eq!(admitted(&filter, &[command("o-1"), command("o-2")]), [true, false]);
    }

    #[test]
    fn errors_are_always_admitted_and_other_activity_without_a_message_only_without_a_filter() {
        let activity = [json!({ "kind": "error" }), json!({ "kind": "mapping" })];
        assert_eq!(admitted(&Filter::default(), &activity), [true, true]);
        let picky = Filter { name: Some("OrderPlaced".to_owned()), ..Filter::default() };
        assert_eq!(admitted(&picky, &activity), [true, false]);
    }

    #[test]
    fn a_message_without_a_matching_rule_says_why() {
        let event = json!({ "detail-type": "OrderPlaced", "source": "till" });
        let nearest = json!([{ "rule": "billing", "why": "source: expected \"shop\", found \"till\"" }]);
        let activity = json!({ "kind": "put", "eventId": "1", "event": event, "rules": [], "nearest": nearest });
        let text = line(&activity, None, "shop");
        assert!(text.starts_with("put        OrderPlaced from till → no rule matches\n"), "{text}");
        assert!(text.ends_with("billing does not match: source: expected \"shop\", found \"till\""), "{text}");
    }

    #[test]
    fn deliveries_and_invocations_have_target_attempt_duration_and_outcome() {
        let mut activity = json!({
            "kind": "delivery", "target": "arn:aws:lambda:r:1:function:order-on-place-order", "attempt": 2,
            "latencyMs": 1.25, "outcome": "delivered",
        });
        assert_eq!(
            line(&activity, Some("PlaceOrder"), "shop"),
            "delivered  PlaceOrder → order-on-place-order (try 2, 1.2 ms)"
        );
        activity["outcome"] = json!("deadLettered");
        activity["code"] = json!("NO_RESOURCE");
        assert!(
            line(&activity, None, "shop")
                .starts_with("DEAD       a message → order-on-place-order (try 2, 1.2 ms) NO_RESOURCE")
        );
        let activity = json!({ "kind": "invoke", "function": "f", "tries": 1, "outcome": "failed", "tookMs": 3.0,
            "message": "no stock" });
        assert_eq!(line(&activity, None, "shop"), "FAILED     f (try 1, 3.0 ms) no stock");
    }

    #[test]
    fn activity_of_an_unknown_kind_is_printed_as_json() {
        assert_eq!(line(&json!({ "kind": "rain" }), None, "shop"), r#"{"kind":"rain"}"#);
        assert!(line(&json!({ "missed": 7 }), None, "shop").contains("7 activity events"));
    }
}
