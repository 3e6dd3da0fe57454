//! The windows of readings: a minute each, in the time of the device.

use std::sync::LazyLock;

use causeway::stream::{
    Aggregate, Count, Fact, KeyState, Max, Min, Sum, WindowKind, WindowLimits, WindowSpec, Windows,
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::events::SensorReading;

/// The length of a window.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// How far a reading may be behind the newest one of its device.
pub const LATENESS: SignedDuration = SignedDuration::from_secs(30);

/// Checks the windows of readings; a test builds them.
pub(super) static WINDOWS: LazyLock<Windows> = LazyLock::new(|| {
    let window = WindowKind::Tumbling { size: WINDOW };
    let spec = WindowSpec { window, lateness: LATENESS, limits: WindowLimits::default() };
    Windows::new(&spec).expect("the window and its lateness are positive")
});

/// The windows of a device.
pub(super) type ReadingWindows = KeyState<ReadingStats>;

/// What a window says of its readings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingStats {
    /// The number of readings.
    pub count: Count,
    /// Their sum.
    pub sum: Sum,
    /// The smallest value.
    pub min: Min,
    /// The largest value.
    pub max: Max,
}

impl Aggregate for ReadingStats {
    type Input = i64;

    fn add(&mut self, value: i64) {
        self.count.add(());
        self.sum.add(value);
        self.min.add(value);
        self.max.add(value);
    }

    fn merge(&mut self, other: &Self) {
        self.count.merge(&other.count);
        self.sum.merge(&other.sum);
        self.min.merge(&other.min);
        self.max.merge(&other.max);
    }
}

impl ReadingStats {
    /// The mean, rounded towards zero; 0 without readings.
    pub fn mean(&self) -> i64 {
        let count = i128::from(self.count.count()).max(1);
        // A mean is between two values, which both fit.
        i64::try_from(self.sum.sum() / count).unwrap_or_default()
    }
}

/// The reading as a fact of its window.
pub(super) fn fact(reading: &SensorReading) -> Fact<i64> {
    Fact { id: reading.reading_id.cast(), at: reading.at, input: reading.value }
}
