//! Twenty thousand inputs that nobody thought of: the samples of the catalogue, bent and broken by rng.

use causeway::{
    App, Handled, Kind, Ports, VerificationPolicy,
    delivery::{VerifyEvents, bus::source_of},
    memory::Memory,
    message::envelope::Delivery,
    testing::sim::Rng,
    time::clock::Ids as _,
};
use domain::{Entry, catalogue};
use futures::FutureExt as _;
use serde_json::{Value, json, value::RawValue};

/// How many inputs are made.
const INPUTS: u64 = 20_000;

#[test]
fn twenty_thousand_generated_inputs_crash_nothing_and_change_nothing_unless_they_are_valid() {
    let heard: Vec<Entry> = catalogue().into_iter().filter(|entry| hears(entry.description.name)).collect();
    let valid: Vec<jsonschema::Validator> = heard.iter().map(validator).collect();
    let rng = Rng::seeded(20_000);
    let mut counts = [0_u32; 3];
    for input in 0..INPUTS {
        let which = rng.index(heard.len());
        let (entry, valid) = (&heard[which], &valid[which]);
        let text = bent(&rng, &envelope(entry));
        let Ok(detail) = RawValue::from_string(text.clone()) else {
            // No bus takes what is no JSON; the edge is asked all the same, and must not crash.
            let broken = super::bad_input::payload(entry.description.name, &text);
            assert!(super::bad_input::invoke(Memory::new(input).app(), "PlaceOrder", &broken).is_ok(), "{text}");
            counts[0] += 1;
            continue;
        };
        let well_formed = is_valid(entry, valid, &text);
        for route in functions::routes().into_iter().filter(|route| route.message == entry.description.name) {
            let memory = Memory::new(input);
            // What nobody thought of stands in no log, and shall come as far as the handlers.
            let trust = VerificationPolicy { account: None, verify_events: VerifyEvents::None };
            let app = App::new(Ports { verification: trust, ..memory.ports() });
            let handled = route.handle(&app, &delivery(entry, detail.clone())).now_or_never().unwrap();
            let changed = !memory.store.streams().is_empty() || !memory.views.rows().is_empty();
            match handled.unwrap() {
                Handled::Done => assert!(well_formed, "{} took {text}", route.function()),
                Handled::Rejected | Handled::Duplicate => assert!(well_formed && !changed, "{text}"),
                Handled::DeadLettered => {
                    let published: Vec<_> = memory.bus.deliveries().into_iter().map(|it| it.detail_type).collect();
                    assert!(!changed && published == ["ErrorOccurred"], "{text}");
                    assert_eq!(memory.dead_letters.all().len(), 1, "{text}");
                }
            }
            counts[if well_formed { 2 } else { 1 }] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 500), "all kinds of input were made: {counts:?}");
}

fn hears(message: &str) -> bool {
    functions::routes().iter().any(|route| route.message == message)
}

fn validator(entry: &Entry) -> jsonschema::Validator {
    jsonschema::validator_for((entry.description.schema)().as_value()).unwrap()
}

fn envelope(entry: &Entry) -> Value {
    let mut envelope = json!({
        "eventId": "e-1",
        "eventType": entry.description.name,
        "eventVersion": entry.description.version,
        "aggregateType": entry.description.context,
        "aggregateId": "o-1001",
        "timestamp": "2026-01-01T00:00:00Z",
        "data": entry.sample,
        "metadata": { "correlationId": "c-1", "causationId": "c-1", "hops": 1 },
    });
    if entry.description.kind == Kind::Event {
        envelope["version"] = json!(1);
    }
    envelope
}

fn delivery(entry: &Entry, detail: Box<RawValue>) -> Delivery {
    let (time, account) = (jiff::Timestamp::UNIX_EPOCH, None);
    let (source, detail_type) = (source_of(entry.description.context), entry.description.name.to_owned());
    Delivery { id: "b-1".to_owned(), source, account, detail_type, time, detail, replay_name: None }
}

/// Whether the published schema allows the body. An older version is not looked at closely.
fn is_valid(entry: &Entry, valid: &jsonschema::Validator, text: &str) -> bool {
    let Ok(detail) = serde_json::from_str::<Value>(text) else { return false };
    let version = detail.get("eventVersion").and_then(Value::as_u64);
    if version.is_some_and(|version| version < u64::from(entry.description.version)) {
        return true;
    }
    detail.get("data").is_some_and(|data| valid.is_valid(data))
}

/// The sample with something done to it: to a value in it, or to its text.
fn bent(rng: &Rng, sample: &Value) -> String {
    let mut value = sample.clone();
    for _ in 0..rng.below(3) {
        bend(rng, &mut value);
    }
    let mut text = value.to_string();
    if rng.random() < 0.3 {
        scratch(rng, &mut text);
    }
    text
}

/// Goes down to any place of the value and changes it.
fn bend(rng: &Rng, value: &mut Value) {
    let deeper = rng.random() < 0.8;
    match value {
        Value::Object(fields) if deeper && !fields.is_empty() => {
            let name = fields.keys().nth(rng.index(fields.len())).cloned().unwrap();
            if rng.random() < 0.1 {
                fields.remove(&name);
            } else if let Some(field) = fields.get_mut(&name) {
                bend(rng, field);
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let place = rng.index(items.len());
            if rng.random() < 0.1 {
                let item = items[place].clone();
                items.push(item);
            } else {
                bend(rng, &mut items[place]);
            }
        }
        _ => *value = anything(rng),
    }
}

fn anything(rng: &Rng) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1),
        json!(2.5),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(""),
        json!("o-1001"),
        json!("o/1"),
        json!("\u{0}"),
        json!("ünïcode \u{1f600}"),
        json!("x".repeat(70)),
        json!("EUR"),
        json!("2026-13-01T00:00:00Z"),
        json!([]),
        json!({}),
        json!([[[[]]]]),
        json!({ "a": { "b": [1, 2] } }),
    ];
    values[rng.index(values.len())].clone()
}

/// Changes, drops or doubles a character of the text.
fn scratch(rng: &Rng, text: &mut String) {
    let mut characters: Vec<char> = text.chars().collect();
    let place = rng.index(characters.len());
    let ink = ['{', '}', '[', ']', '"', ',', ':', '0', '-', 'e', '\\', ' ', 'ß'];
    match rng.below(4) {
        0 => characters[place] = ink[rng.index(ink.len())],
        1 => characters.insert(place, ink[rng.index(ink.len())]),
        2 => {
            characters.remove(place);
        }
        _ => characters.truncate(place),
    }
    *text = characters.into_iter().collect();
}
