//! Scenarios of devices, and their windows beside a plain count.

use std::collections::{BTreeMap, BTreeSet};

use causeway::{
    Decider, Effect,
    testing::{given, given_view, sim::Rng},
};
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::ids::DeviceId;

fn device() -> DeviceId {
    "d-1".parse().unwrap()
}

/// So many seconds after the beginning of 2026.
fn second(second: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

/// A reading `r-<at>` of this second.
fn reading(at: i64, value: i64) -> Reading {
    Reading { reading_id: format!("r-{at}").parse().unwrap(), at: second(at), value }
}

/// Readings, received at this second.
fn readings(now: i64, readings: impl IntoIterator<Item = Reading>) -> DeviceInput {
    let record = RecordReadings { device_id: device(), readings: readings.into_iter().collect() };
    DeviceInput::Readings(record, second(now))
}

fn measured(at: i64, value: i64, now: i64) -> DeviceEvent {
    let Reading { reading_id, at, value } = reading(at, value);
    SensorReading { device_id: device(), reading_id, at, value, received_at: second(now) }.into()
}

fn became_active(now: i64) -> DeviceEvent {
    DeviceBecameActive { device_id: device(), silent_at: second(now) + SILENCE }.into()
}

fn closed(start: i64, [count, min, max, mean]: [i64; 4]) -> DeviceEvent {
    let (start, end) = (second(start), second(start) + WINDOW);
    ReadingWindowClosed { device_id: device(), start, end, count: count as u64, min, max, mean }.into()
}

fn threshold(threshold: Option<i64>) -> DeviceInput {
    DeviceInput::Threshold(SetThreshold { device_id: device(), threshold })
}

fn exceeded(at: i64, value: i64, threshold: i64) -> DeviceEvent {
    let Reading { reading_id, at, value } = reading(at, value);
    ThresholdExceeded { device_id: device(), reading_id, at, value, threshold }.into()
}

fn silence_due(now: i64) -> DeviceInput {
    DeviceInput::SilenceDue(DeviceSilenceDue { device_id: device(), due: second(now) }, second(now))
}

fn timer(at: i64) -> Effect {
    Effect::set_timer("silence", second(at), &DeviceSilenceDue { device_id: device(), due: second(at) })
}

#[test]
fn a_window_is_closed_once_by_a_reading_that_is_late_enough() {
    given::<Device>([])
        .when(readings(1, [reading(0, 10)]))
        .then([became_active(1), measured(0, 10, 1)])
        .then_effects([timer(301)])
        .when(readings(89, [reading(50, 21), reading(89, 7)]))
        .then([measured(50, 21, 89), measured(89, 7, 89)])
        .when(readings(90, [reading(59, -1), reading(90, 8)]))
        .then([measured(59, -1, 90), measured(90, 8, 90), closed(0, [3, -1, 21, 10])])
        .when(readings(91, [reading(91, 9)]))
        .then([measured(91, 9, 91)]);
}

#[test]
fn a_reading_counts_once_and_a_late_one_changes_no_closed_window() {
    given::<Device>([])
        .when(readings(1, [reading(0, 10), reading(0, 10)]))
        .then([became_active(1), measured(0, 10, 1)])
        .when(readings(2, [reading(0, 10)]))
        .then_nothing()
        .when(readings(95, [reading(95, 1)]))
        .then([measured(95, 1, 95), closed(0, [1, 10, 10, 10])])
        .when(readings(96, [reading(30, 99), reading(0, 10)]))
        .then_nothing();
}

#[test]
fn a_value_above_the_threshold_is_an_event_once_until_it_is_below() {
    given::<Device>([])
        .when(threshold(Some(20)))
        .then([ThresholdSet { device_id: device(), threshold: Some(20) }.into()])
        .when(threshold(Some(20)))
        .then_nothing()
        .when(readings(4, [reading(1, 20), reading(2, 21), reading(3, 30), reading(4, 20)]))
        .then([
            became_active(4),
            measured(1, 20, 4),
            measured(2, 21, 4),
            exceeded(2, 21, 20),
            measured(3, 30, 4),
            measured(4, 20, 4),
        ])
        .when(readings(6, [reading(6, 25)]))
        .then([measured(6, 25, 6), exceeded(6, 25, 20)])
        // An older reading says nothing about now.
        .when(readings(7, [reading(5, 1), reading(7, 26)]))
        .then([measured(5, 1, 7), measured(7, 26, 7)]);
}

#[test]
fn a_device_from_which_nothing_comes_goes_silent_and_its_last_window_is_closed() {
    let silent = DeviceWentSilent { device_id: device(), checked_at: second(311), last_received_at: second(11) };
    given::<Device>([])
        .when(readings(1, [reading(0, 10)]))
        .when(readings(11, [reading(11, 20)]))
        .when(silence_due(301))
        .then([
            SilenceCheckMoved { device_id: device(), checked_at: second(301), silent_at: second(311) }.into(),
            closed(0, [2, 10, 20, 15]),
        ])
        .then_effects([timer(311)])
        .when(silence_due(311))
        .then([silent.into()])
        .then_effects([])
        // The timer of a silent device, a second time.
        .when(silence_due(312))
        .then_nothing()
        .when(readings(400, [reading(400, 1)]))
        .then([became_active(400), measured(400, 1, 400)])
        .then_effects([timer(700)]);
}

#[test]
fn a_device_sends_some_readings_of_now() {
    given::<Device>([]).when(readings(1, [])).then_rejected(DeviceRejection::NumberOfReadings(0));
    let many = (0..=MAX_READINGS as i64).map(|at| reading(at, 1));
    given::<Device>([]).when(readings(1, many)).then_rejected(DeviceRejection::NumberOfReadings(MAX_READINGS + 1));
    let Reading { reading_id, at, .. } = reading(302, 1);
    let ahead = DeviceRejection::InTheFuture { reading_id, at };
    given::<Device>([]).when(readings(1, [reading(1, 1), reading(302, 1)])).then_rejected(ahead);
    given::<Device>([]).when(readings(1, [reading(301, 1)])).then([became_active(1), measured(301, 1, 1)]);
}

#[test]
fn a_device_that_measures_too_often_is_rejected_and_nothing_is_forgotten() {
    let mut state = DeviceState::default();
    let at = |number: i64| second(0) + SignedDuration::from_millis(number);
    let batch = |first: i64| {
        let of = |number: i64| Reading { reading_id: format!("r-{number}").parse().unwrap(), at: at(number), value: 1 };
        RecordReadings { device_id: device(), readings: (first..first + 25).map(of).collect() }
    };
    for first in (0..1_000).step_by(25) {
        let events = Device::decide(&state, &DeviceInput::Readings(batch(first), at(first))).unwrap();
        assert!(events.len() >= 25);
        state = events.iter().fold(state, Device::evolve);
    }
    let more = DeviceInput::Readings(batch(1_000), at(1_000));
    assert_eq!(Device::decide(&state, &more).unwrap_err(), DeviceRejection::TooManyReadings);
}

/// What a window has, counted from the readings that have an event.
type Counted = BTreeMap<Timestamp, Vec<i64>>;

#[test]
fn whatever_comes_in_which_order_windows_have_their_readings_and_never_change() {
    let (mut late, mut closed_windows) = (0, 0);
    for seed in 0..3_000 {
        let rng = Rng::seeded(seed);
        let mut state = DeviceState::default();
        let (mut counted, mut closed) = (Counted::new(), BTreeMap::new());
        let mut seen = BTreeSet::new();
        for step in 0..12 {
            let now = 10 + step * 20;
            let some = (0..=rng.below(4)).map(|_| {
                let at = (now - 70 + rng.below(80) as i64).max(0);
                reading(at, at * 7 % 40 - 20)
            });
            let input = if rng.happens(0.1) { silence_due(now) } else { readings(now, some.collect::<Vec<_>>()) };
            let sent: Vec<Reading> = match &input {
                DeviceInput::Readings(record, _) => record.readings.clone(),
                DeviceInput::Threshold(_) | DeviceInput::SilenceDue(..) => Vec::new(),
            };
            let events = Device::decide(&state, &input).unwrap();
            for event in &events {
                match event {
                    DeviceEvent::SensorReading(event) => {
                        assert!(seen.insert(event.reading_id.clone()), "seed {seed}: {event:?} twice");
                        let start = second((event.at.as_second() - second(0).as_second()) / 60 * 60);
                        assert!(!closed.contains_key(&start), "seed {seed}: {event:?} changes a closed window");
                        counted.entry(start).or_default().push(event.value);
                    }
                    DeviceEvent::ReadingWindowClosed(event) => {
                        let values = &counted[&event.start];
                        let (min, max) = (values.iter().min().unwrap(), values.iter().max().unwrap());
                        let mean = values.iter().sum::<i64>() / values.len() as i64;
                        let expected = (values.len() as u64, *min, *max, mean);
                        assert_eq!((event.count, event.min, event.max, event.mean), expected, "seed {seed}");
                        assert!(closed.insert(event.start, ()).is_none(), "seed {seed}: {event:?} twice");
                    }
                    DeviceEvent::ThresholdSet(_)
                    | DeviceEvent::ThresholdExceeded(_)
                    | DeviceEvent::DeviceBecameActive(_)
                    | DeviceEvent::SilenceCheckMoved(_)
                    | DeviceEvent::DeviceWentSilent(_) => {}
                }
            }
            late += sent.iter().filter(|reading| !seen.contains(&reading.reading_id)).count();
            state = events.iter().fold(state, Device::evolve);
            // A repeat after a lost answer has nothing to add.
            if matches!(input, DeviceInput::Readings(..)) {
                assert_eq!(Device::decide(&state, &input).unwrap(), Vec::new(), "seed {seed}");
            }
            let stored = serde_json::to_string(&state).unwrap();
            state = serde_json::from_str(&stored).unwrap();
        }
        closed_windows += closed.len();
    }
    assert!(late > 1_000 && closed_windows > 5_000, "{late} late readings, {closed_windows} closed windows");
}

#[test]
fn the_views_follow_a_device() {
    let silent = DeviceWentSilent { device_id: device(), checked_at: second(400), last_received_at: second(95) };
    let events = [
        ThresholdSet { device_id: device(), threshold: Some(20) }.into(),
        became_active(1),
        measured(0, 10, 1),
        measured(95, 25, 95),
        exceeded(95, 25, 20),
        closed(0, [1, 10, 10, 10]),
        silent.into(),
        closed(60, [1, 25, 25, 25]),
    ];
    given_view::<DeviceStatus>(events.clone()).on(causeway::StreamId::new("device", &device())).then_row(
        DeviceStatusRow {
            device_id: device(),
            active: false,
            readings: 2,
            last_value: Some(25),
            last_received_at: Some(second(95)),
            threshold: Some(20),
            exceeded: 1,
        },
    );
    let row = |start, value| DeviceWindowsRow { start: second(start), count: 1, min: value, max: value, mean: value };
    given_view::<DeviceWindows>(events).then_rows([row(0, 10), row(60, 25)]);
}
