//! Views of devices: the status of each, and its closed windows.

use causeway::{Patch, StreamId, View, log::commit::Recorded, view::Grain};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::events::DeviceEvent;
use crate::ids::DeviceId;

/// The view of devices: one row per device, in the list `active` or `silent`, by id.
#[derive(Debug)]
pub struct DeviceStatus;

/// The status of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceStatusRow {
    /// The id of the device.
    pub device_id: DeviceId,
    /// Whether readings come from it.
    #[serde(default)]
    pub active: bool,
    /// The number of readings that were counted.
    #[serde(default)]
    pub readings: u64,
    /// The value that came last.
    #[serde(default)]
    pub last_value: Option<i64>,
    /// When it was received.
    #[serde(default)]
    pub last_received_at: Option<Timestamp>,
    /// The threshold.
    #[serde(default)]
    pub threshold: Option<i64>,
    /// How often a value went above it.
    #[serde(default)]
    pub exceeded: u64,
}

impl View for DeviceStatus {
    const NAME: &'static str = "device-status";
    type Event = DeviceEvent;
    type Row = DeviceStatusRow;

    fn patch(stream: &StreamId, event: &Recorded<DeviceEvent>) -> Patch {
        let row = Patch::none().set("deviceId", stream.id());
        match &event.event {
            DeviceEvent::SensorReading(reading) => {
                row.add("readings", 1).set("lastValue", reading.value).set("lastReceivedAt", reading.received_at)
            }
            DeviceEvent::ThresholdSet(set) => row.set("threshold", set.threshold),
            DeviceEvent::ThresholdExceeded(_) => row.add("exceeded", 1),
            DeviceEvent::DeviceBecameActive(_) => row.set("active", true).list_at(Self::ACTIVE, stream.id()),
            DeviceEvent::DeviceWentSilent(_) => row.set("active", false).list_at(Self::SILENT, stream.id()),
            DeviceEvent::ReadingWindowClosed(_) | DeviceEvent::SilenceCheckMoved(_) => row,
        }
    }
}

impl DeviceStatus {
    /// The list of the devices from which readings come.
    pub const ACTIVE: &'static str = "active";
    /// The list of the silent devices.
    pub const SILENT: &'static str = "silent";
}

/// The view of windows: one row per closed window, in the list `device/<device id>`, the newest first.
#[derive(Debug)]
pub struct DeviceWindows;

/// A minute of readings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceWindowsRow {
    /// The start of the minute.
    pub start: Timestamp,
    /// The number of readings.
    pub count: u64,
    /// The smallest value.
    pub min: i64,
    /// The largest value.
    pub max: i64,
    /// The mean, rounded towards zero.
    pub mean: i64,
}

impl View for DeviceWindows {
    const NAME: &'static str = "device-windows";
    const GRAIN: Grain = Grain::Event;
    type Event = DeviceEvent;
    type Row = DeviceWindowsRow;

    fn patch(stream: &StreamId, event: &Recorded<DeviceEvent>) -> Patch {
        match &event.event {
            DeviceEvent::ReadingWindowClosed(closed) => Patch::none()
                .set("start", closed.start)
                .set("count", closed.count)
                .set("min", closed.min)
                .set("max", closed.max)
                .set("mean", closed.mean)
                .list_at(Self::list_of(stream.id()), format!("{:.9}", closed.start)),
            DeviceEvent::SensorReading(_)
            | DeviceEvent::ThresholdSet(_)
            | DeviceEvent::ThresholdExceeded(_)
            | DeviceEvent::DeviceBecameActive(_)
            | DeviceEvent::SilenceCheckMoved(_)
            | DeviceEvent::DeviceWentSilent(_) => Patch::none(),
        }
    }
}

impl DeviceWindows {
    /// The list of a device's windows.
    pub fn list_of(device: &str) -> String {
        format!("device/{device}")
    }
}
