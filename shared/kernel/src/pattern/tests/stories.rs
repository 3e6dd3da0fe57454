//! Each kind of pattern as an example.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    message::MessageId,
    pattern::{Event, EventOutcome, KeyState, PatternLimits, PatternSpec, Patterns},
    stream::stored_id::StoredId,
};

/// Runs events of one key: name, minutes after noon, data. Their ids are their numbers.
struct Story {
    patterns: Patterns,
    state: Option<KeyState>,
    events: usize,
}

impl Story {
    fn new(spec: Value) -> Self {
        let spec: PatternSpec = serde_json::from_value(spec).unwrap();
        Self { patterns: Patterns::compile(&[spec]).unwrap(), state: None, events: 0 }
    }

    fn late(spec: Value, lateness: i64) -> Self {
        let limits = PatternLimits { lateness: jiff::SignedDuration::from_mins(lateness), ..PatternLimits::default() };
        let spec: PatternSpec = serde_json::from_value(spec).unwrap();
        Self { patterns: Patterns::compile_with(&[spec], limits).unwrap(), state: None, events: 0 }
    }

    fn event(&mut self, name: &str, minute: f64, data: Value) -> EventOutcome {
        self.events += 1;
        let id: MessageId = self.events.to_string().parse().unwrap();
        let event = Event { name, id: &id, at: at(minute), data: &data };
        let key = self.patterns.keys(&event).remove(0);
        let state = self.state.get_or_insert_with(|| KeyState::new(key));
        self.patterns.on_event(state, &event)
    }

    fn advance(&mut self, minute: f64) {
        self.patterns.advance(self.state.as_mut().unwrap(), at(minute));
    }

    /// The ids of the events of each match.
    fn matches(&self) -> Vec<String> {
        let ids = |events: &[MessageId]| events.iter().map(MessageId::as_str).collect::<Vec<_>>().join(" ");
        self.state.iter().flat_map(KeyState::matches).map(|found| ids(&found.events)).collect()
    }
}

fn at(minute: f64) -> Timestamp {
    let noon: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    noon + jiff::SignedDuration::from_secs_f64(minute * 60.0)
}

const ACCEPTED: EventOutcome = EventOutcome::Accepted { dropped: 0 };

#[test]
fn three_failed_payments_of_one_user_in_ten_minutes() {
    let mut story = Story::new(json!({
        "name": "payments-fail",
        "key": "userId",
        "pattern": { "count": { "of": { "event": "PaymentFailed" }, "at_least": 3, "within": "PT10M" } },
    }));
    let user = json!({ "userId": "u-1" });
    for minute in [0.0, 5.0, 10.1] {
        assert_eq!(story.event("PaymentFailed", minute, user.clone()), ACCEPTED);
    }
    assert_eq!(story.matches(), [""; 0]);
    assert_eq!(story.event("PaymentFailed", 15.0, user.clone()), ACCEPTED);
    assert_eq!(story.matches(), ["2 3 4"]);
    // The three are used up.
    assert_eq!(story.event("PaymentFailed", 15.1, user), ACCEPTED);
    assert_eq!(story.matches(), ["2 3 4"]);
}

#[test]
fn a_large_order_within_an_hour_of_a_new_mail_address() {
    let mut story = Story::new(json!({
        "name": "order-after-new-address",
        "key": { "UserEmailUpdated": "userId", "OrderPlaced": "buyer.id" },
        "pattern": { "sequence": { "within": "PT1H", "steps": [
            { "event": "UserEmailUpdated" },
            { "event": "OrderPlaced", "where": [{ "field": "total.minor", "at_least": 100_000 }] },
        ] } },
    }));
    let order = |minor: i64| json!({ "buyer": { "id": "u-1" }, "userId": "u-2", "total": { "minor": minor } });
    assert_eq!(story.event("OrderPlaced", 0.0, order(200_000)), ACCEPTED);
    assert_eq!(story.event("UserEmailUpdated", 1.0, json!({ "userId": "u-1" })), ACCEPTED);
    assert_eq!(story.event("OrderPlaced", 2.0, order(99_999)), ACCEPTED);
    assert_eq!(story.event("OrderPlaced", 61.0, order(100_000)), ACCEPTED);
    assert_eq!(story.matches(), ["2 4"]);
    assert_eq!(story.event("UserEmailUpdated", 100.0, json!({ "userId": "u-1" })), ACCEPTED);
    assert_eq!(story.event("OrderPlaced", 160.1, order(100_000)), ACCEPTED);
    assert_eq!(story.matches(), ["2 4"]);
    // An event of another user is not for this state.
    let other = json!({ "userId": "u-3" });
    let (id, state) = ("x".parse().unwrap(), story.state.as_mut().unwrap());
    let event = Event { name: "UserEmailUpdated", id: &id, at: at(170.0), data: &other };
    assert_eq!(story.patterns.on_event(state, &event), EventOutcome::OtherKey);
    assert_eq!(story.patterns.keys(&event)[0].key, "u-3");
}

#[test]
fn money_that_only_passes_through_three_times() {
    let mut story = Story::new(json!({
        "name": "pass-through",
        "key": "accountId",
        "pattern": { "sequence": { "within": "PT5M", "steps": [
            { "event": "MoneyDeposited", "as": "deposit" },
            { "event": "MoneyWithdrawn", "where": [
                { "field": "amount", "at_least": { "step": "deposit", "field": "amount", "percent": 90 } },
            ] },
        ] } },
        "repeat": { "times": 3, "within": "PT24H" },
    }));
    let mut money = |name: &str, minute: f64, amount: i64| {
        let outcome = story.event(name, minute, json!({ "accountId": 7, "amount": amount }));
        assert_eq!(outcome, ACCEPTED);
    };
    money("MoneyDeposited", 0.0, 1_001);
    money("MoneyWithdrawn", 1.0, 900); // Less than 900.9.
    money("MoneyWithdrawn", 5.0, 901);
    money("MoneyDeposited", 60.0, 500);
    money("MoneyWithdrawn", 65.1, 500); // Too late.
    money("MoneyDeposited", 70.0, 10);
    money("MoneyWithdrawn", 71.0, 9);
    money("MoneyDeposited", 80.0, 100);
    assert_eq!(story.matches(), [""; 0]);
    assert_eq!(story.event("MoneyWithdrawn", 84.0, json!({ "accountId": 7, "amount": 100 })), ACCEPTED);
    assert_eq!(story.matches(), ["1 3 6 7 8 9"]);
}

fn silent_sensor() -> Value {
    json!({
        "name": "silent-sensor",
        "key": "sensorId",
        "pattern": { "absence": {
            "after": { "event": "SensorReading" }, "not": { "event": "SensorReading" }, "within": "PT5M" } },
    })
}

#[test]
fn a_sensor_that_is_silent_for_five_minutes() {
    let mut story = Story::new(silent_sensor());
    let reading = json!({ "sensorId": "s-1", "celsius": 21.5 });
    for minute in [0.0, 5.0, 8.0] {
        assert_eq!(story.event("SensorReading", minute, reading.clone()), ACCEPTED);
    }
    let deadline = story.patterns.next_deadline(story.state.as_ref().unwrap()).unwrap();
    assert_eq!(deadline, at(13.0) + jiff::SignedDuration::from_micros(1));
    story.advance(13.0);
    assert_eq!(story.matches(), [""; 0]);
    story.advance(13.1);
    assert_eq!(story.matches(), ["3"]);
    let state = story.state.as_ref().unwrap();
    assert_eq!((state.matches()[0].end, story.patterns.next_deadline(state)), (at(13.0), None));
    // Without a timer the next reading shows the silence as well.
    assert_eq!(story.event("SensorReading", 20.0, reading.clone()), ACCEPTED);
    assert_eq!(story.event("SensorReading", 26.0, reading), ACCEPTED);
    assert_eq!(story.matches(), ["3", "4"]);
}

#[test]
fn a_late_reading_is_in_time_for_the_wait_and_one_that_is_too_late_is_not() {
    let mut story = Story::late(silent_sensor(), 2);
    let reading = json!({ "sensorId": "s-1" });
    assert_eq!(story.event("SensorReading", 0.0, reading.clone()), ACCEPTED);
    assert_eq!(story.event("SensorReading", 6.0, reading.clone()), ACCEPTED);
    assert_eq!(story.event("SensorReading", 4.5, reading.clone()), ACCEPTED);
    assert_eq!(story.event("SensorReading", 3.9, reading.clone()), EventOutcome::Late);
    assert_eq!(story.state.as_ref().unwrap().waiting_events(), 2);
    story.advance(13.0);
    assert_eq!(story.matches(), [""; 0]);
    story.advance(13.1);
    assert_eq!(story.matches(), ["2"]);
}

#[test]
fn too_many_partial_matches_drop_the_oldest() {
    let pair = json!({
        "name": "pair", "key": "k",
        "pattern": { "sequence": { "within": "PT1H", "steps": [{ "event": "A" }, { "event": "B" }] } },
    });
    let mut story = Story::new(pair);
    let key = json!({ "k": "1" });
    for number in 0..102 {
        let dropped = u64::from(number >= 100);
        assert_eq!(story.event("A", 0.1, key.clone()), EventOutcome::Accepted { dropped });
    }
    assert_eq!(story.event("B", 0.2, key), ACCEPTED);
    assert_eq!(story.matches(), ["3 103"]);
    let state = story.state.as_ref().unwrap();
    assert_eq!((state.dropped(), state.partial_matches()), (2, 99));
}

#[test]
fn a_batch_that_is_handed_in_again_leaves_the_same_matches() {
    let mut story = Story::new(silent_sensor());
    let reading = json!({ "sensorId": "s-1" });
    for _ in 0..2 {
        story.events = 0;
        for minute in [0.0, 6.0] {
            let repeated = story.event("SensorReading", minute, reading.clone());
            assert!(repeated == ACCEPTED || !story.matches().is_empty());
        }
        assert_eq!(story.matches(), ["1"]);
    }
    let state = story.state.as_mut().unwrap();
    let published = [state.matches()[0].id.clone()];
    state.confirm(&published);
    assert_eq!(state.matches(), []);
}

#[test]
fn a_changed_pattern_begins_anew() {
    let pair = |within: &str| {
        let steps = json!([{ "event": "A" }, { "event": "B" }]);
        json!({ "name": "pair", "key": "k", "pattern": { "sequence": { "within": within, "steps": steps } } })
    };
    let mut story = Story::new(pair("PT1H"));
    assert_eq!(story.event("A", 0.0, json!({ "k": "1" })), ACCEPTED);
    let mut changed = Story { state: story.state.take(), ..Story::new(pair("PT2H")) };
    changed.events = 1;
    assert_eq!(changed.event("B", 1.0, json!({ "k": "1" })), ACCEPTED);
    assert_eq!(changed.matches(), [""; 0]);
    changed.advance(2.0);
    assert_eq!(changed.state.unwrap().partial_matches(), 0);
}

#[test]
fn a_captured_number_is_the_same_after_a_reload() {
    let mut story = Story::new(json!({
        "name": "same", "key": "k",
        "pattern": { "sequence": { "within": "PT1H", "steps": [
            { "event": "A", "as": "a" },
            { "event": "B", "where": [{ "field": "n", "equals": { "step": "a", "field": "n" } }] },
        ] } },
    }));
    for number in [json!(0.1 + 0.2), json!(1e300), json!(i64::MAX), json!(true), json!("text")] {
        assert_eq!(story.event("A", 0.0, json!({ "k": "1", "n": number.clone() })), ACCEPTED);
        let text = serde_json::to_string(story.state.as_ref().unwrap()).unwrap();
        story.state = Some(serde_json::from_str(&text).unwrap());
        assert_eq!(story.event("B", 0.0, json!({ "k": "1", "n": number })), ACCEPTED);
    }
    assert_eq!(story.matches(), ["1 2", "3 4", "5 6", "7 8", "9 10"]);
}

#[test]
fn events_that_no_partial_match_has_are_let_go() {
    let of = json!({ "event": "A" });
    let mut story = Story::new(
        json!({ "name": "three", "key": "k", "pattern": { "count": { "of": of, "at_least": 3, "within": "PT10H" } } }),
    );
    for number in 0..30 {
        assert_eq!(story.event("A", f64::from(number), json!({ "k": "1" })), ACCEPTED);
        let state = story.state.as_ref().unwrap();
        assert!(state.partials.events.len() <= 4, "{:?}", state.partials);
    }
    assert_eq!(story.matches().len(), 10);
    assert_eq!(story.matches()[9], "28 29 30");
}

#[test]
fn ids_keep_their_spelling_and_the_order_of_their_texts() {
    let ids = ["01920000-0000-7000-8000-00000000000A", "01920000-0000-7000-8000-00000000000a", "02", "01920000x", "z"];
    let ids = ids.map(|id| id.parse::<MessageId>().unwrap());
    let mut stored = ids.each_ref().map(StoredId::from);
    let texts = serde_json::to_string(&stored).unwrap();
    assert_eq!(
        (texts.clone(), serde_json::from_str(&texts).ok()),
        (serde_json::to_string(&ids).unwrap(), Some(stored.clone()))
    );
    assert_eq!(stored.each_ref().map(MessageId::from), ids);
    let mut sorted = ids;
    sorted.sort();
    stored.sort();
    assert_eq!(stored.each_ref().map(MessageId::from), sorted);
}
