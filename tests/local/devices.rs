//! A device measures, its windows are closed, and it goes silent, on the local cloud.

use causeway::view::Page;
use causeway_cli::up::Running;
use domain::device::{DeviceStatus, DeviceWindows};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{binaries, now, say, standing, walk};

fn reading(id: &str, at: Timestamp, value: i64) -> Value {
    json!({ "readingId": id, "at": at, "value": value })
}

async fn readings(running: &Running, readings: &[Value]) {
    say(running, "RecordReadings", json!({ "deviceId": "d-1", "readings": readings })).await;
}

async fn a_device_measures_and_goes_silent(running: &Running) {
    let minute = SignedDuration::from_mins(1);
    // The beginning of a minute.
    let start = Timestamp::from_second((now(running).as_second() / 60 + 1) * 60).unwrap();
    walk(running, start.duration_since(now(running))).await;
    say(running, "SetThreshold", json!({ "deviceId": "d-1", "threshold": 30 })).await;
    // The bus has no order.
    walk(running, SignedDuration::ZERO).await;
    let second = |second| start + SignedDuration::from_secs(second);
    readings(running, &[reading("r-2", second(2), 40), reading("r-1", second(1), 20), reading("r-1", second(1), 20)])
        .await;
    walk(running, minute * 2).await;
    // The first minute is closed by it; what comes for that minute afterwards is late.
    readings(running, &[reading("r-3", second(120), 10)]).await;
    walk(running, SignedDuration::from_secs(1)).await;
    readings(running, &[reading("r-4", second(3), 99)]).await;
    walk(running, minute * 3 + SignedDuration::from_secs(30)).await;

    let app = running.apps.app("device-on-record-readings").unwrap();
    let status = app.row::<DeviceStatus>("d-1").await.unwrap().unwrap();
    assert_eq!((status.active, status.readings, status.exceeded), (true, 3, 1), "it is not silent for five minutes");
    walk(running, minute * 3).await;
    let status = app.row::<DeviceStatus>("d-1").await.unwrap().unwrap();
    assert_eq!((status.active, status.last_value), (false, Some(10)));
    let rows = app.list::<DeviceWindows>(&DeviceWindows::list_of("d-1"), &Page::default()).await.unwrap().rows;
    let windows: Vec<_> = rows.iter().map(|row| (row.start, row.count, row.min, row.max, row.mean)).collect();
    assert_eq!(windows, [(second(120), 1, 10, 10, 10), (start, 2, 20, 40, 30)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_this_process() {
    let running = standing(&[]).await.unwrap();
    a_device_measures_and_goes_silent(&running).await;
    running.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_processes() {
    let Some(running) = binaries::standing_as_processes().await else { return };
    a_device_measures_and_goes_silent(&running).await;
    running.cloud.stop().await;
}
