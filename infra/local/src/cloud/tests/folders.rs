//! The data folder: its format, its lock and its rights; and the store in memory.

#[cfg(unix)]
use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, path::Path};

use jiff::SignedDuration;
use serde_json::json;

use super::{Fixture, LETTERS, error_chain};
use crate::{
    clock::Clock,
    cloud::{
        Store,
        store::{FORMAT, FormatRecord},
    },
    wal::Wal,
};

fn marks(fixture: &Fixture) -> (Wal<FormatRecord>, Vec<u32>) {
    let (wal, marks) = Wal::<FormatRecord>::open(fixture.folder.path().join("cloud.journal")).unwrap();
    (wal, marks.iter().map(|mark| mark.format).collect())
}

#[tokio::test]
async fn a_folder_records_its_format_once() {
    let fixture = Fixture::new();
    for _ in 0..2 {
        fixture.start(LETTERS).await.stop().await;
        assert_eq!(marks(&fixture).1, [FORMAT]);
    }
}

#[tokio::test]
async fn a_folder_of_another_format_is_refused_without_fresh() {
    let fixture = Fixture::new();
    let cloud = fixture.start(LETTERS).await;
    cloud.queues("CreateQueue", json!({ "QueueName": "mine" })).await;
    cloud.stop().await;
    marks(&fixture).0.append(&FormatRecord { format: FORMAT + 1 }).unwrap();
    let refusal = fixture.refusal(LETTERS).await;
    for text in [format!("its format is {}", FORMAT + 1), format!("this one knows {FORMAT}"), "--fresh".to_owned()] {
        assert!(refusal.contains(&text), "{text}: {refusal}");
    }
    let cloud = fixture.start_in(fixture.fresh_store(), LETTERS).await.unwrap();
    assert_eq!(cloud.queue_names().await, ["letters"]);
    cloud.stop().await;
    assert_eq!(marks(&fixture).1, [FORMAT]);
}

#[tokio::test]
async fn a_damaged_format_record_is_refused_and_deleted_by_fresh() {
    let fixture = Fixture::new();
    fixture.start(LETTERS).await.stop().await;
    std::fs::write(fixture.folder.path().join("cloud.journal"), "00000000 {\"format\":1}\n").unwrap();
    assert!(fixture.refusal(LETTERS).await.contains("damaged"));
    fixture.start_in(fixture.fresh_store(), LETTERS).await.unwrap().stop().await;
    fixture.start(LETTERS).await;
}

#[tokio::test]
async fn a_folder_in_use_is_refused_even_with_fresh() {
    let fixture = Fixture::new();
    let cloud = fixture.start(LETTERS).await;
    let Err(error) = fixture.start_in(fixture.fresh_store(), LETTERS).await else {
        panic!("two clouds use one folder")
    };
    assert!(error_chain(&error).contains("in use by another process"), "{error}");
    assert_eq!(cloud.queue_names().await, ["letters"]);
}

#[tokio::test]
async fn a_cloud_in_memory_writes_no_file() {
    let fixture = Fixture::new();
    let resources = format!("{LETTERS}{}", include_str!("streaming.yaml"));
    for _ in 0..2 {
        let cloud = fixture.start_in(Store::Memory, &resources).await.unwrap();
        assert_eq!(cloud.queue_names().await, ["letters"]);
        cloud.queues("CreateQueue", json!({ "QueueName": "mine" })).await;
        cloud.stop().await;
    }
    assert_eq!(std::fs::read_dir(fixture.folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_restart_does_not_go_back_in_time_except_with_fresh() {
    let mut fixture = Fixture::new();
    let start = fixture.clock.now();
    let cloud = fixture.start(LETTERS).await;
    let moved = cloud.time_driver().jump(start + SignedDuration::from_hours(72)).await;
    cloud.stop().await;
    fixture.clock = Clock::paused(start);
    fixture.start(LETTERS).await.stop().await;
    assert_eq!(fixture.clock.now(), moved);
    fixture.clock = Clock::paused(start);
    fixture.start_in(fixture.fresh_store(), LETTERS).await.unwrap().stop().await;
    assert_eq!(fixture.clock.now(), start);
}

/// The rights of the folder and of every file in it, without the type of the file.
#[cfg(unix)]
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), mode(&path)));
    files.chain([(String::new(), mode(folder))]).collect()
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_folder_and_its_files_whatever_the_rights_were() {
    let fixture = Fixture::new();
    let folder = fixture.folder.path();
    let resources = format!(
        "{LETTERS}{}  Archive: {{ Type: AWS::Events::Archive, Properties: {{ ArchiveName: all, SourceArn: \
         'arn:aws:events:us-east-1:000000000000:event-bus/default' }} }}\n",
        include_str!("streaming.yaml")
    );
    for _ in 0..2 {
        let cloud = fixture.start(&resources).await;
        let entry = json!({ "Source": "shop", "DetailType": "OrderPlaced", "Detail": "{}" });
        cloud.events("PutEvents", json!({ "Entries": [entry] })).await;
        let written = modes(folder);
        for name in ["tables.sqlite", "queues.journal", "queues.journal.lock", "mails.journal", "cloud.journal"] {
            assert!(written.iter().any(|(file, _)| file == name), "{name}: {written:?}");
        }
        assert!(written.iter().any(|(file, _)| file.starts_with("archive-all-")), "{written:?}");
        assert!(written.iter().any(|(file, _)| file.starts_with("tables.sqlite-")), "{written:?}");
        for (name, mode) in written {
            assert_eq!(format!("{mode:o}"), if name.is_empty() { "700" } else { "600" }, "{name}");
        }
        cloud.stop().await;
        // The next start finds rights that are too wide.
        std::fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
        for (name, _) in modes(folder).iter().filter(|(name, _)| !name.is_empty()) {
            std::fs::set_permissions(folder.join(name), Permissions::from_mode(0o644)).unwrap();
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_all_users_share_is_refused() {
    let fixture = Fixture::new();
    std::fs::set_permissions(fixture.folder.path(), Permissions::from_mode(0o1777)).unwrap();
    let refusal = fixture.refusal(LETTERS).await;
    assert!(refusal.contains("shared by all users"), "{refusal}");
}
