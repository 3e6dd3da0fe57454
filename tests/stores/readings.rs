//! What readings of a device cost by the size of their batches, counted from the requests on the wire.

use causeway::memory::Memory;
use domain::device::{Device, DeviceInput, Reading, RecordReadings};
use jiff::{SignedDuration, Timestamp};
use tests::wire::{Dynoxide, Meter};

/// Readings that come before the counted ones, so that snapshots and windows are as they always are.
const BEFORE: i64 = 320;

/// Counted readings, ten minutes and more of one a second.
const COUNTED: i64 = 640;

/// The units of the log that a reading costs in batches of this size.
async fn units_of_a_reading(batch: i64) -> f64 {
    let dynoxide = Dynoxide::start();
    let meter = Meter::default();
    let app = dynoxide.metered(&meter).app(&Memory::new(1), 10);
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let at = |second| start + SignedDuration::from_secs(second);
    let device_id: domain::ids::DeviceId = "d-1".parse().unwrap();
    for first in (0..BEFORE + COUNTED).step_by(batch as usize) {
        if first == BEFORE {
            meter.take();
        }
        let reading = |second| Reading {
            reading_id: format!("reading-{second}").parse().unwrap(),
            at: at(second),
            value: 20_000 + second % 700,
        };
        let readings = (first..first + batch).map(reading).collect();
        let record = RecordReadings { device_id: device_id.clone(), readings };
        let cause =
            causeway::message::envelope::Cause::new(format!("batch-{first}").parse().unwrap(), "RecordReadings");
        let input = DeviceInput::Readings(record, at(first + batch));
        app.try_execute::<Device>(&device_id, &input, &cause).await.unwrap();
    }
    let calls = meter.take();
    let units: f64 = calls.iter().map(|call| call.writes).sum();
    assert_eq!(calls.iter().map(|call| call.reads).sum::<f64>(), 0.0, "a warm process reads nothing");
    units / COUNTED as f64
}

#[tokio::test]
async fn a_reading_costs_less_in_a_batch() {
    let mut units = Vec::new();
    for batch in [1, 10, 32] {
        let cost = units_of_a_reading(batch).await;
        println!("{cost:.3} units a reading in batches of {batch}");
        units.push(cost);
    }
    assert!(units[0] <= 1.25, "one by one: {units:?}");
    assert!(units[1] <= 0.3 && units[2] <= 0.2, "in batches: {units:?}");
}
