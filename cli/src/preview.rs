//! A message body for people: its fields on one line, cut where it grows too long, or all of it indented.
//! The fields stand as they were written, the most important mostly first.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The fields on one line of at most this many letters.
pub fn preview(data: &RawValue, most: usize) -> String {
    preview_beside(data, "", most)
}

/// The same beside a text that is shown already: a field that only repeats it is left out.
pub fn preview_beside(data: &RawValue, shown: &str, most: usize) -> String {
    let text = match serde_json::from_str::<Fields<'_>>(data.get()) {
        Ok(fields) => fields.text(Some(shown)),
        Err(_) => compact(data),
    };
    cut(&text, most)
}

/// The whole body, every line indented by so many spaces.
pub fn whole(data: &RawValue, indent: usize) -> String {
    format!("{}{}", " ".repeat(indent), pretty(data, indent))
}

/// The text, with a sign where it was cut.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// An object's fields in their order.
struct Fields<'j>(Vec<(String, &'j RawValue)>);

impl Fields<'_> {
    fn text(&self, shown: Option<&str>) -> String {
        let fields = self.0.iter().map(|(name, value)| (name, compact(value)));
        let news = fields.filter(|(_, value)| shown != Some(value.as_str()));
        news.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
    }
}

impl<'de: 'j, 'j> Deserialize<'de> for Fields<'j> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(InOrder).map(Self)
    }
}

fn compact(value: &RawValue) -> String {
    let json = value.get();
    if let Ok(fields) = serde_json::from_str::<Fields<'_>>(json) {
        return format!("{{{}}}", fields.text(None));
    }
    if let Ok(values) = serde_json::from_str::<Vec<&RawValue>>(json) {
        return format!("[{}]", values.into_iter().map(compact).collect::<Vec<_>>().join(", "));
    }
    match serde_json::from_str::<String>(json) {
        Ok(text) if !text.is_empty() && !text.contains(char::is_control) => text,
        _ => json.to_owned(),
    }
}

fn pretty(value: &RawValue, indent: usize) -> String {
    let (json, margin, inside) = (value.get(), " ".repeat(indent), " ".repeat(indent + 2));
    let lines = |open: &str, parts: Vec<String>, close: &str| {
        let parts: Vec<String> = parts.into_iter().map(|part| format!("{inside}{part}")).collect();
        format!("{open}\n{}\n{margin}{close}", parts.join(",\n"))
    };
    if let Ok(fields) = serde_json::from_str::<Fields<'_>>(json)
        && !fields.0.is_empty()
    {
        let field = |(name, value): &(String, &RawValue)| format!("{}: {}", quoted(name), pretty(value, indent + 2));
        return lines("{", fields.0.iter().map(field).collect(), "}");
    }
    if let Ok(values) = serde_json::from_str::<Vec<&RawValue>>(json)
        && !values.is_empty()
    {
        return lines("[", values.into_iter().map(|value| pretty(value, indent + 2)).collect(), "]");
    }
    json.to_owned()
}

fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"orderId":"o-1","lines":[{"sku":"mug","quantity":2}],"why":"two\nlines","none":[]}"#;

    fn body() -> Box<RawValue> {
        RawValue::from_string(BODY.to_owned()).expect("a body")
    }

    #[test]
    fn a_body_is_shown_on_one_line_in_its_own_order_and_cut_where_it_grows_too_long() {
        let line = preview(&body(), 200);
        assert_eq!(line, r#"orderId: o-1, lines: [{sku: mug, quantity: 2}], why: "two\nlines", none: []"#);
        assert_eq!(preview(&body(), 5), "orde…");
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöü", 2), "ä…");
    }

    #[test]
    fn what_is_shown_beside_a_body_is_not_repeated() {
        assert!(preview_beside(&body(), "o-1", 200).starts_with("lines: "));
    }

    #[test]
    fn a_whole_body_is_indented_and_is_the_same_json() {
        let text = whole(&body(), 4);
        assert!(text.starts_with("    {\n      \"orderId\": \"o-1\",\n      \"lines\": [\n"), "{text}");
        let [read, written] = [text.as_str(), BODY].map(serde_json::from_str::<serde_json::Value>);
        assert_eq!(read.expect("JSON"), written.expect("JSON"));
    }
}
