//! What comes to a device, with the time at which it came: the timestamp of a command is chosen by its sender.

use causeway::{App, Outcome, Received};
use domain::device::{Device, DeviceInput, DeviceSilenceDue, RecordReadings, SetThreshold};

/// Records readings.
pub async fn on_record_readings(app: App, record: Received<RecordReadings>) -> Outcome {
    let input = DeviceInput::Readings(record.data.clone(), app.clock().now());
    app.execute::<Device>(&record.data.device_id, &input, &record.cause()).await
}

/// Sets a threshold.
pub async fn on_set_threshold(app: App, set: Received<SetThreshold>) -> Outcome {
    app.execute::<Device>(&set.data.device_id, &DeviceInput::Threshold(set.data.clone()), &set.cause()).await
}

/// Looks whether a device is silent.
pub async fn on_device_silence_due(app: App, due: Received<DeviceSilenceDue>) -> Outcome {
    let input = DeviceInput::SilenceDue(due.data.clone(), app.clock().now());
    app.execute::<Device>(&due.data.device_id, &input, &due.cause()).await
}
