//! The rules of a device.

use causeway::{
    Decider, Effect, Rejection,
    stream::{ClosedWindow, FactOutcome, WindowId},
};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    events::{
        DeviceBecameActive, DeviceEvent, DeviceSilenceDue, DeviceWentSilent, Reading, ReadingWindowClosed,
        RecordReadings, SensorReading, SetThreshold, SilenceCheckMoved, ThresholdExceeded, ThresholdSet,
    },
    windows::{LATENESS, ReadingStats, ReadingWindows, WINDOWS, fact},
};
use crate::ids::{DeviceId, ReadingId};

/// The most readings of one command.
pub const MAX_READINGS: usize = 32;

/// How far the clock of a device may be ahead.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// A device from which nothing came for this time is silent.
pub const SILENCE: SignedDuration = SignedDuration::from_mins(5);

/// The name of the timer.
const SILENCE_TIMER: &str = "silence";

/// The rules of a device.
#[derive(Debug)]
pub struct Device;

/// What comes to a device, with the time at which it came.
#[derive(Clone, Debug, PartialEq)]
pub enum DeviceInput {
    /// Readings.
    Readings(RecordReadings, Timestamp),
    /// A threshold.
    Threshold(SetThreshold),
    /// The timer fired.
    SilenceDue(DeviceSilenceDue, Timestamp),
}

/// The state of a device.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceState {
    /// The open windows, and the ids of recent readings.
    #[schemars(with = "serde_json::Value")]
    windows: Option<ReadingWindows>,
    /// The threshold.
    threshold: Option<i64>,
    /// Whether the newest reading was above the threshold.
    exceeding: bool,
    /// The time of the newest reading.
    #[schemars(with = "Option<String>")]
    newest: Option<Timestamp>,
    /// When the last reading was received; nothing while the device is silent.
    #[schemars(with = "Option<String>")]
    last_received_at: Option<Timestamp>,
}

/// Why a device rejects a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceRejection {
    /// There are no readings, or too many.
    #[error("readings: {0} is not between 1 and {MAX_READINGS}")]
    NumberOfReadings(usize),
    /// The device measures more often than its readings are remembered.
    #[error("readings: more than a device may have in {LATENESS}")]
    TooManyReadings,
    /// A reading is of a time that is not yet.
    #[error("readings: reading {reading_id} is of {at}, more than {MAX_AHEAD} ahead")]
    InTheFuture {
        /// The id of the reading.
        reading_id: ReadingId,
        /// Its time.
        at: Timestamp,
    },
}

impl Rejection for DeviceRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::NumberOfReadings(_) => "NumberOfReadings",
            Self::TooManyReadings => "TooManyReadings",
            Self::InTheFuture { .. } => "InTheFuture",
        }
    }
}

impl Decider for Device {
    const CONTEXT: &'static str = "device";
    type State = DeviceState;
    type Command = DeviceInput;
    type Event = DeviceEvent;
    type Rejection = DeviceRejection;

    fn decide(state: &DeviceState, input: &DeviceInput) -> Result<Vec<DeviceEvent>, DeviceRejection> {
        match input {
            DeviceInput::Readings(record, now) => state.record(record, *now),
            DeviceInput::Threshold(set) if state.threshold == set.threshold => Ok(Vec::new()),
            DeviceInput::Threshold(SetThreshold { device_id, threshold }) => {
                Ok(vec![ThresholdSet { device_id: device_id.clone(), threshold: *threshold }.into()])
            }
            DeviceInput::SilenceDue(due, now) => Ok(state.check_silence(&due.device_id, *now)),
        }
    }

    fn evolve(mut state: DeviceState, event: &DeviceEvent) -> DeviceState {
        match event {
            DeviceEvent::SensorReading(reading) => {
                let outcome = WINDOWS.add(state.windows_of(&reading.device_id), fact(reading));
                debug_assert_eq!(outcome, FactOutcome::Accepted, "only accepted readings are recorded");
                state.last_received_at = Some(reading.received_at);
                if state.newest.is_none_or(|newest| newest < reading.at) {
                    state.newest = Some(reading.at);
                    state.exceeding = state.threshold.is_some_and(|threshold| reading.value > threshold);
                }
            }
            DeviceEvent::ReadingWindowClosed(closed) => {
                let ReadingWindowClosed { device_id, start, end, .. } = closed;
                let id = WindowId { key: device_id.to_string(), start: *start, end: *end };
                state.windows_of(device_id).confirm(&[id]);
            }
            DeviceEvent::ThresholdSet(set) => {
                state.threshold = set.threshold;
                state.exceeding = false;
            }
            DeviceEvent::SilenceCheckMoved(moved) => {
                WINDOWS.advance(state.windows_of(&moved.device_id), moved.checked_at);
            }
            DeviceEvent::DeviceWentSilent(silent) => {
                WINDOWS.advance(state.windows_of(&silent.device_id), silent.checked_at);
                state.last_received_at = None;
            }
            DeviceEvent::ThresholdExceeded(_) | DeviceEvent::DeviceBecameActive(_) => {}
        }
        state
    }

    fn effects(_: &DeviceState, event: &DeviceEvent) -> Vec<Effect> {
        let (device_id, due) = match event {
            DeviceEvent::DeviceBecameActive(active) => (active.device_id.clone(), active.silent_at),
            DeviceEvent::SilenceCheckMoved(moved) => (moved.device_id.clone(), moved.silent_at),
            DeviceEvent::SensorReading(_)
            | DeviceEvent::ReadingWindowClosed(_)
            | DeviceEvent::ThresholdSet(_)
            | DeviceEvent::ThresholdExceeded(_)
            | DeviceEvent::DeviceWentSilent(_) => return Vec::new(),
        };
        vec![Effect::set_timer(SILENCE_TIMER, due, &DeviceSilenceDue { device_id, due })]
    }
}

impl DeviceState {
    /// Whether the device is active.
    pub fn is_active(&self) -> bool {
        self.last_received_at.is_some()
    }

    fn windows_of(&mut self, device: &DeviceId) -> &mut ReadingWindows {
        self.windows.get_or_insert_with(|| ReadingWindows::new(device.as_str()))
    }

    fn record(&self, record: &RecordReadings, now: Timestamp) -> Result<Vec<DeviceEvent>, DeviceRejection> {
        let RecordReadings { device_id, readings } = record;
        if !(1..=MAX_READINGS).contains(&readings.len()) {
            return Err(DeviceRejection::NumberOfReadings(readings.len()));
        }
        if let Some(Reading { reading_id, at, .. }) =
            readings.iter().find(|reading| reading.at.duration_since(now) > MAX_AHEAD)
        {
            return Err(DeviceRejection::InTheFuture { reading_id: reading_id.clone(), at: *at });
        }
        let mut after = self.clone();
        let mut events = Vec::new();
        for Reading { reading_id, at, value } in readings.clone() {
            let reading = SensorReading { device_id: device_id.clone(), reading_id, at, value, received_at: now };
            // What is closed here is confirmed by its event, so that there is room for the next.
            match WINDOWS.add(&mut after.windows_of(device_id).clone(), fact(&reading)) {
                FactOutcome::Accepted => {}
                FactOutcome::Duplicate | FactOutcome::Late => continue,
                FactOutcome::Refused(_) => return Err(DeviceRejection::TooManyReadings),
            }
            let exceeding = after.exceeding;
            let event: DeviceEvent = reading.clone().into();
            after = Device::evolve(after, &event);
            events.push(event);
            if let Some(threshold) = after.threshold.filter(|_| after.exceeding && !exceeding) {
                let SensorReading { device_id, reading_id, at, value, .. } = reading;
                events.push(ThresholdExceeded { device_id, reading_id, at, value, threshold }.into());
            }
            events.extend(after.close_windows(device_id));
        }
        if !self.is_active() && !events.is_empty() {
            events.insert(0, DeviceBecameActive { device_id: device_id.clone(), silent_at: now + SILENCE }.into());
        }
        Ok(events)
    }

    /// The timer fired: the device is silent, or it will be asked again.
    fn check_silence(&self, device_id: &DeviceId, now: Timestamp) -> Vec<DeviceEvent> {
        let Some(last_received_at) = self.last_received_at else { return Vec::new() };
        let (device_id, checked_at) = (device_id.clone(), now);
        let silent_at = last_received_at + SILENCE;
        let checked: DeviceEvent = if silent_at > now {
            SilenceCheckMoved { device_id: device_id.clone(), checked_at, silent_at }.into()
        } else {
            DeviceWentSilent { device_id: device_id.clone(), checked_at, last_received_at }.into()
        };
        let mut after = Device::evolve(self.clone(), &checked);
        std::iter::once(checked).chain(after.close_windows(&device_id)).collect()
    }

    /// The events of the windows that are closed and have none yet.
    fn close_windows(&mut self, device_id: &DeviceId) -> Vec<DeviceEvent> {
        let closed = self.windows_of(device_id).take_closed().into_iter();
        let event = |closed: ClosedWindow<ReadingStats>| {
            let (WindowId { start, end, .. }, stats) = (closed.id, closed.value);
            let (min, max) = (stats.min.min().unwrap_or_default(), stats.max.max().unwrap_or_default());
            let (count, mean) = (stats.count.count(), stats.mean());
            ReadingWindowClosed { device_id: device_id.clone(), start, end, count, min, max, mean }.into()
        };
        closed.map(event).collect()
    }
}
