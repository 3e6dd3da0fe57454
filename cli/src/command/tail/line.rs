//! One line for one thing that happened, as people read it.

use serde_json::Value;

use crate::display_name::display_name;

/// The line. What kind of news this is, is told by its first word; unknown news are shown as they are.
pub(super) fn line(news: &Value, name: Option<&str>, stack: &str) -> String {
    let short = |name| display_name(name, stack);
    let text = |pointer: &str| news.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let name = name.unwrap_or("a message");
    match text("/kind") {
        "put" => put(news, stack),
        "heard" => format!("heard      {}", what(news)),
        "delivery" => {
            let way = format!("{name} → {}", short(text("/target")));
            let took = format!("try {}, {}", number(news, "/attempt"), milliseconds(news, "/latencyMs"));
            let reason = || format!("{}: {}", text("/code"), text("/message"));
            match text("/outcome") {
                "delivered" => format!("delivered  {way} ({took})"),
                "again" => format!("retry      {way} ({took}) {}; again at {}", reason(), text("/at")),
                "deadLettered" => format!("DEAD       {way} ({took}) {}; in the rule's dead-letter queue", reason()),
                _ => format!("LOST       {way} ({took}) {}; nobody keeps it", reason()),
            }
        }
        "invoke" => {
            let who = short(text("/function"));
            let took = format!("try {}, {}", number(news, "/tries"), milliseconds(news, "/tookMs"));
            match text("/outcome") {
                "done" => format!("ran        {who} ({took})"),
                "failed" => format!("FAILED     {who} ({took}) {}", text("/message")),
                "told" => format!("DEAD       {who}: {}", text("/message")),
                other => format!("LOST       {who}: {other}: {}", text("/message")),
            }
        }
        "mapping" => mapping(news, stack),
        "fault" => format!("fault      {}: {}", text("/fault"), short(text("/subject"))),
        "log" => {
            let said = news.get("line").unwrap_or(&Value::Null);
            let said = said.as_str().map_or_else(|| said.to_string(), str::to_owned);
            format!("log        {}: {said}", short(text("/function")))
        }
        "trouble" => format!("TROUBLE    {}", text("/message")),
        _ if news.get("missed").is_some() => {
            format!("TROUBLE    {} things happened too fast to be shown", number(news, "/missed"))
        }
        _ => news.to_string(),
    }
}

fn put(news: &Value, stack: &str) -> String {
    let list = |pointer: &str| news.pointer(pointer).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let rules: Vec<&str> =
        list("/rules").iter().filter_map(Value::as_str).map(|rule| display_name(rule, stack)).collect();
    let mut line = format!("put        {}", what(news));
    if !rules.is_empty() {
        return format!("{line} → {}", rules.join(", "));
    }
    line.push_str(" → nobody wants it");
    for near in list("/nearest") {
        let at = |field: &str| near.get(field).and_then(Value::as_str).unwrap_or_default();
        line.push_str(&format!("\n               {} does not: {}", display_name(at("rule"), stack), at("why")));
    }
    line
}

/// The message, its stream and who said it.
fn what(news: &Value) -> String {
    let text = |pointer: &str| news.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (name, source) = (text("/event/detail-type"), text("/event/source"));
    match (text("/event/detail/aggregateType"), text("/event/detail/aggregateId")) {
        ("", _) | (_, "") => format!("{name} from {source}"),
        (context, id) => format!("{name} {context}/{id} from {source}"),
    }
}

fn mapping(news: &Value, stack: &str) -> String {
    let text = |pointer: &str| news.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let who = display_name(text("/mapping"), stack);
    let records = number(news, "/records");
    match text("/outcome") {
        "done" => format!("read       {who}: {records} records"),
        "failed" => format!("FAILED     {who}: {records} records: {}", text("/message")),
        "told" => format!("DEAD       {who}: {records} records: {}", text("/message")),
        "stuck" => format!("STUCK      {who}: {}", text("/message")),
        _ => format!("LOST       {who}: {records} records: {}", text("/message")),
    }
}

fn number(news: &Value, pointer: &str) -> u64 {
    news.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

fn milliseconds(news: &Value, pointer: &str) -> String {
    format!("{:.1} ms", news.pointer(pointer).and_then(Value::as_f64).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_that_nobody_wants_says_why() {
        let event = json!({ "detail-type": "OrderPlaced", "source": "till" });
        let nearest = json!([{ "rule": "billing", "why": "source: wanted \"shop\", found \"till\"" }]);
        let news = json!({ "kind": "put", "eventId": "1", "event": event, "rules": [], "nearest": nearest });
        let said = line(&news, None, "shop");
        assert!(said.starts_with("put        OrderPlaced from till → nobody wants it\n"), "{said}");
        assert!(said.ends_with("billing does not: source: wanted \"shop\", found \"till\""), "{said}");
    }

    #[test]
    fn deliveries_and_invokes_say_whom_how_often_how_long_and_what_came_of_it() {
        let mut news = json!({
            "kind": "delivery", "target": "arn:aws:lambda:r:1:function:order-on-place-order", "attempt": 2,
            "latencyMs": 1.25, "outcome": "delivered",
        });
        assert_eq!(
            line(&news, Some("PlaceOrder"), "shop"),
            "delivered  PlaceOrder → order-on-place-order (try 2, 1.2 ms)"
        );
        news["outcome"] = json!("deadLettered");
        news["code"] = json!("NO_RESOURCE");
        assert!(
            line(&news, None, "shop")
                .starts_with("DEAD       a message → order-on-place-order (try 2, 1.2 ms) NO_RESOURCE")
        );
        let news = json!({ "kind": "invoke", "function": "f", "tries": 1, "outcome": "failed", "tookMs": 3.0,
            "message": "no stock" });
        assert_eq!(line(&news, None, "shop"), "FAILED     f (try 1, 3.0 ms) no stock");
    }

    #[test]
    fn news_of_an_unknown_kind_are_shown_as_they_are() {
        assert_eq!(line(&json!({ "kind": "rain" }), None, "shop"), r#"{"kind":"rain"}"#);
        assert!(line(&json!({ "missed": 7 }), None, "shop").contains("7 things"));
    }
}
