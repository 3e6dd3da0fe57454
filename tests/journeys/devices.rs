//! Readings under faults: doubled, late, in any order, with kills and lost answers; windows have their readings and never
//! change, and the silence at the end is seen once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use causeway::{
    memory::Memory,
    testing::sim::{Log, Plan, Simulation},
};
use domain::device::{DeviceEvent, WINDOW};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    final_state::FinalState,
    seeds::{first_broken, number_of},
    shop_commands::Shop,
    simulation::{BEGIN, Mutant, faults, no_mutant},
};

/// The number of seeds.
const SEEDS: u64 = 500;

/// Simulates a device; what is wrong at the end.
fn simulate(seed: u64, mutant: Mutant) -> Vec<String> {
    let memory = Memory::new(seed);
    let routes = functions::routes().into_iter().filter(|route| route.context == "device").collect();
    let mut plan = Plan::new(seed, faults(seed), routes, &memory);
    mutant(&mut plan, &memory);
    let log: Arc<dyn Log> = Arc::clone(&plan.log);
    let simulation = Simulation::new(plan);
    let device = Shop { simulation: &simulation, memory: &memory };
    let rng = simulation.rng();
    for batch in 0..12_u32 {
        let after = SignedDuration::from_secs(20) * (batch as i32);
        let readings: Vec<_> = (0..=rng.below(3))
            .map(|_| {
                // Some are measured again, some are late.
                let second = (i64::from(batch) * 20 + 10 - rng.below(60) as i64).max(0);
                let at = BEGIN + SignedDuration::from_secs(second);
                json!({ "readingId": format!("r-{second}"), "at": at, "value": second * 7 % 40 - 20 })
            })
            .collect();
        let data = json!({ "deviceId": "d-1", "readings": readings });
        device.send_copies_after(after, "RecordReadings", &format!("batch-{batch}"), 1 + rng.below(2) as u32, &data);
    }
    simulation.wake_relay();
    let end = FinalState::of(&simulation, &log, &memory);
    let mut breaches = end.breaches();
    breaches.extend(of_windows(&end.events::<DeviceEvent>("device", "d-1")));
    breaches
}

fn of_windows(events: &[DeviceEvent]) -> Vec<String> {
    let mut breaches = Vec::new();
    let mut values: BTreeMap<Timestamp, Vec<i64>> = BTreeMap::new();
    let (mut readings, mut closed) = (BTreeSet::new(), BTreeSet::new());
    let (mut active, mut silences) = (false, 0);
    for event in events {
        match event {
            DeviceEvent::SensorReading(reading) => {
                let start = Timestamp::from_second(reading.at.as_second() / 60 * 60).unwrap();
                if !readings.insert(reading.reading_id.clone()) || closed.contains(&start) {
                    breaches.push(format!("twice, or into a closed window: {reading:?}"));
                }
                values.entry(start).or_default().push(reading.value);
            }
            DeviceEvent::ReadingWindowClosed(window) => {
                let of = values.get(&window.start).cloned().unwrap_or_default();
                let (min, max) = (of.iter().min().copied(), of.iter().max().copied());
                let counted = (of.len() as u64, min, max, window.start + WINDOW);
                let in_event = (window.count, Some(window.min), Some(window.max), window.end);
                if !closed.insert(window.start) || counted != in_event {
                    breaches.push(format!("closed twice, or not {of:?}: {window:?}"));
                }
            }
            DeviceEvent::DeviceBecameActive(_) if active => breaches.push("active twice".to_owned()),
            DeviceEvent::DeviceBecameActive(_) => active = true,
            DeviceEvent::DeviceWentSilent(_) if !active => breaches.push("silent twice".to_owned()),
            DeviceEvent::DeviceWentSilent(_) => (active, silences) = (false, silences + 1),
            DeviceEvent::SilenceCheckMoved(_) | DeviceEvent::ThresholdSet(_) | DeviceEvent::ThresholdExceeded(_) => {}
        }
    }
    if active || silences == 0 || closed.len() != values.len() {
        breaches.push(format!("at the end active: {active}, {} of {} windows closed", closed.len(), values.len()));
    }
    breaches
}

#[test]
fn windows_never_change_and_silence_is_seen_under_hundreds_of_seeds() {
    if let Some((seed, breaches)) = first_broken(number_of(SEEDS), |seed| simulate(seed, no_mutant)) {
        panic!("seed {seed}:\n  {}", breaches.join("\n  "));
    }
}
