//! The registry's entry of devices, with a sample of each message.

use serde_json::{Value, json};

use super::*;
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<Device>().family::<DeviceCommand>().samples(
        "deviceId",
        [
            Entry::of::<RecordReadings>(json!({ "deviceId": "d-1", "readings": [reading("r-1", 21_500)] })),
            Entry::of::<SetThreshold>(json!({ "deviceId": "d-1", "threshold": 25_000 })),
            Entry::of::<DeviceSilenceDue>(json!({ "deviceId": "d-1", "due": "2026-01-15T08:35:01Z" })),
            Entry::of::<SensorReading>(json!({
                "deviceId": "d-1",
                "readingId": "r-1",
                "at": "2026-01-15T08:30:00Z",
                "value": 21_500,
                "receivedAt": "2026-01-15T08:30:01Z",
            })),
            Entry::of::<ReadingWindowClosed>(json!({
                "deviceId": "d-1",
                "start": "2026-01-15T08:30:00Z",
                "end": "2026-01-15T08:31:00Z",
                "count": 60,
                "min": 21_400,
                "max": 21_600,
                "mean": 21_507,
            })),
            Entry::of::<ThresholdSet>(json!({ "deviceId": "d-1", "threshold": 25_000 })),
            Entry::of::<ThresholdExceeded>(json!({
                "deviceId": "d-1",
                "readingId": "r-61",
                "at": "2026-01-15T08:31:00Z",
                "value": 25_100,
                "threshold": 25_000,
            })),
            Entry::of::<DeviceBecameActive>(json!({ "deviceId": "d-1", "silentAt": "2026-01-15T08:35:01Z" })),
            Entry::of::<SilenceCheckMoved>(json!({
                "deviceId": "d-1",
                "checkedAt": "2026-01-15T08:35:01Z",
                "silentAt": "2026-01-15T08:39:59Z",
            })),
            Entry::of::<DeviceWentSilent>(json!({
                "deviceId": "d-1",
                "checkedAt": "2026-01-15T08:39:59Z",
                "lastReceivedAt": "2026-01-15T08:34:59Z",
            })),
        ],
    )
}

fn reading(id: &str, value: i64) -> Value {
    json!({ "readingId": id, "at": "2026-01-15T08:30:00Z", "value": value })
}
