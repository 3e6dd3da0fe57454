//! Commands and events of a device.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{DeviceId, ReadingId};

causeway::events! {
    /// The commands to a device.
    pub enum DeviceCommand: commands to "device" {
        RecordReadings = 1,
        SetThreshold = 1,
        DeviceSilenceDue = 1,
    }
}

causeway::events! {
    /// The events of a device.
    pub enum DeviceEvent: events of "device" {
        SensorReading = 1,
        ReadingWindowClosed = 1,
        ThresholdSet = 1,
        ThresholdExceeded = 1,
        DeviceBecameActive = 1,
        SilenceCheckMoved = 1,
        DeviceWentSilent = 1,
    }
}

/// A value that a sensor measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// The id of the reading, chosen by the device, so that a repeated one counts once.
    pub reading_id: ReadingId,
    /// When it was measured, by the clock of the device.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// The value in the smallest unit of the sensor, such as thousandths of a degree.
    pub value: i64,
}

/// Records what a device has measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordReadings {
    /// The id of the device.
    pub device_id: DeviceId,
    /// The readings in any order.
    pub readings: Vec<Reading>,
}

/// Sets the value above which a reading is an event of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetThreshold {
    /// The id of the device.
    pub device_id: DeviceId,
    /// The threshold; nothing for none.
    #[serde(default)]
    pub threshold: Option<i64>,
}

/// The timer by which a silent device is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceSilenceDue {
    /// The id of the device.
    pub device_id: DeviceId,
    /// When it is due.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub due: Timestamp,
}

/// A sensor measured a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SensorReading {
    /// The id of the device.
    pub device_id: DeviceId,
    /// The id of the reading.
    pub reading_id: ReadingId,
    /// When it was measured, by the clock of the device.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// The value.
    pub value: i64,
    /// When it was received.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub received_at: Timestamp,
}

/// A minute of readings is over, and does not change any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadingWindowClosed {
    /// The id of the device.
    pub device_id: DeviceId,
    /// The start of the minute, included.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub start: Timestamp,
    /// The end of the minute, not included.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub end: Timestamp,
    /// The number of readings.
    pub count: u64,
    /// The smallest value.
    pub min: i64,
    /// The largest value.
    pub max: i64,
    /// The mean, rounded towards zero.
    pub mean: i64,
}

/// The threshold of a device was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThresholdSet {
    /// The id of the device.
    pub device_id: DeviceId,
    /// The threshold; nothing for none.
    #[serde(default)]
    pub threshold: Option<i64>,
}

/// A value went above the threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThresholdExceeded {
    /// The id of the device.
    pub device_id: DeviceId,
    /// The id of the reading.
    pub reading_id: ReadingId,
    /// When it was measured.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// The value.
    pub value: i64,
    /// The threshold.
    pub threshold: i64,
}

/// A device sent its first reading, or its first one after a silence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceBecameActive {
    /// The id of the device.
    pub device_id: DeviceId,
    /// When it is silent if no other reading comes.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub silent_at: Timestamp,
}

/// A device was not silent when its timer fired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SilenceCheckMoved {
    /// The id of the device.
    pub device_id: DeviceId,
    /// When the timer fired.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub checked_at: Timestamp,
    /// When it is silent if no other reading comes.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub silent_at: Timestamp,
}

/// No reading came from a device for a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceWentSilent {
    /// The id of the device.
    pub device_id: DeviceId,
    /// When the timer fired.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub checked_at: Timestamp,
    /// When the last reading was received.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub last_received_at: Timestamp,
}
