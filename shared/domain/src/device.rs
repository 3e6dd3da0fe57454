//! A device that measures: its readings, their windows, its threshold and its silence. Stream `device/<device id>`.
//!
//! | command | events | a rejection names the rule |
//! |---|---|---|
//! | `RecordReadings` | `SensorReading` each, `DeviceBecameActive`, `ThresholdExceeded`, `ReadingWindowClosed` | `NumberOfReadings`, `TooManyReadings`, `InTheFuture` |
//! | `SetThreshold` | `ThresholdSet` | |
//! | `DeviceSilenceDue` (timer) | `SilenceCheckMoved` or `DeviceWentSilent`, `ReadingWindowClosed` | |
//!
//! - A window is a minute; `ReadingWindowClosed` says its number of readings, minimum, maximum and mean, once. Readings may
//!   come up to [`LATENESS`] behind the newest one and in any order. A reading that comes twice counts once, and one that is
//!   later than that has no event: it changes no closed window.
//! - `ThresholdExceeded` is the reading by which the value went above the threshold; there is no other before a newer
//!   reading is at or below it.
//! - A device from which nothing came for [`SILENCE`] went silent. The timer is set when it becomes active, and moved
//!   when it fires, not with every reading.

mod decider;
mod events;
mod samples;
mod views;
mod windows;

#[cfg(test)]
mod tests;

pub use decider::{Device, DeviceInput, DeviceRejection, DeviceState, MAX_AHEAD, MAX_READINGS, SILENCE};
pub use events::{
    DeviceBecameActive, DeviceCommand, DeviceEvent, DeviceSilenceDue, DeviceWentSilent, Reading, ReadingWindowClosed,
    RecordReadings, SensorReading, SetThreshold, SilenceCheckMoved, ThresholdExceeded, ThresholdSet,
};
pub use samples::context;
pub use views::{DeviceStatus, DeviceStatusRow, DeviceWindows, DeviceWindowsRow};
pub use windows::{LATENESS, ReadingStats, WINDOW};
