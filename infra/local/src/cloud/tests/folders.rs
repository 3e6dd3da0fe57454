//! The folder itself: who may read it, and what stands in none.

#[cfg(unix)]
use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, path::Path};

use jiff::SignedDuration;
use serde_json::json;

use super::{Ground, told};
use crate::{
    clock::Clock,
    cloud::{
        Store,
        store::{FORMAT, FormatRecord},
    },
    wal::Wal,
};

const LETTERS: &str = "  Letters: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }\n";

fn marks(ground: &Ground) -> (Wal<FormatRecord>, Vec<u32>) {
    let (wal, marks) = Wal::<FormatRecord>::open(ground.folder.path().join("cloud.journal")).unwrap();
    (wal, marks.iter().map(|mark| mark.format).collect())
}

#[tokio::test]
async fn a_folder_says_in_which_format_it_is_and_keeps_saying_it() {
    let ground = Ground::new();
    for _ in 0..2 {
        ground.start(LETTERS).await.stop().await;
        assert_eq!(marks(&ground).1, [FORMAT]);
    }
}

#[tokio::test]
async fn a_folder_of_another_format_is_refused_until_it_is_forgotten() {
    let ground = Ground::new();
    let cloud = ground.start(LETTERS).await;
    cloud.queues("CreateQueue", json!({ "QueueName": "mine" })).await;
    cloud.stop().await;
    marks(&ground).0.append(&FormatRecord { format: FORMAT + 1 }).unwrap();
    let refusal = ground.refusal(LETTERS).await;
    for said in [format!("its format is {}", FORMAT + 1), format!("this one knows {FORMAT}"), "--fresh".to_owned()] {
        assert!(refusal.contains(&said), "{said}: {refusal}");
    }
    let fresh = Store::Folder { path: ground.folder.path().to_owned(), fresh: true };
    let cloud = ground.start_in(fresh, LETTERS).await.unwrap();
    assert_eq!(cloud.queue_names().await, ["letters"]);
    cloud.stop().await;
    assert_eq!(marks(&ground).1, [FORMAT]);
}

#[tokio::test]
async fn a_mark_that_cannot_be_read_is_refused_and_forgotten_with_the_rest() {
    let ground = Ground::new();
    ground.start(LETTERS).await.stop().await;
    std::fs::write(ground.folder.path().join("cloud.journal"), "00000000 {\"format\":1}\n").unwrap();
    assert!(ground.refusal(LETTERS).await.contains("damaged"));
    let fresh = Store::Folder { path: ground.folder.path().to_owned(), fresh: true };
    ground.start_in(fresh, LETTERS).await.unwrap().stop().await;
    ground.start(LETTERS).await;
}

#[tokio::test]
async fn a_folder_in_which_a_cloud_lives_is_refused_even_to_who_would_forget_it() {
    let ground = Ground::new();
    let cloud = ground.start(LETTERS).await;
    let fresh = Store::Folder { path: ground.folder.path().to_owned(), fresh: true };
    let Err(error) = ground.start_in(fresh, LETTERS).await else { panic!("two clouds live in one folder") };
    assert!(told(&error).contains("in use by another process"), "{error}");
    assert_eq!(cloud.queue_names().await, ["letters"]);
}

#[tokio::test]
async fn a_cloud_in_memory_needs_no_file_and_leaves_nothing() {
    let ground = Ground::new();
    let resources = format!("{LETTERS}{}", include_str!("streaming.yaml"));
    for _ in 0..2 {
        let cloud = ground.start_in(Store::Memory, &resources).await.unwrap();
        assert_eq!(cloud.queue_names().await, ["letters"]);
        cloud.queues("CreateQueue", json!({ "QueueName": "mine" })).await;
        cloud.stop().await;
    }
    assert_eq!(std::fs::read_dir(ground.folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_cloud_that_is_started_again_does_not_go_back_in_time_unless_all_is_forgotten() {
    let mut ground = Ground::new();
    let start = ground.clock.now();
    let cloud = ground.start(LETTERS).await;
    let moved = cloud.time_driver().jump(start + SignedDuration::from_hours(72)).await;
    cloud.stop().await;
    ground.clock = Clock::paused(start);
    ground.start(LETTERS).await.stop().await;
    assert_eq!(ground.clock.now(), moved);
    ground.clock = Clock::paused(start);
    let fresh = Store::Folder { path: ground.folder.path().to_owned(), fresh: true };
    ground.start_in(fresh, LETTERS).await.unwrap().stop().await;
    assert_eq!(ground.clock.now(), start);
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
async fn only_its_owner_may_read_the_folder_and_its_files_however_they_were_before() {
    let ground = Ground::new();
    let folder = ground.folder.path();
    let resources = format!(
        "{LETTERS}{}  Archive: {{ Type: AWS::Events::Archive, Properties: {{ ArchiveName: all, SourceArn: \
         'arn:aws:events:us-east-1:000000000000:event-bus/default' }} }}\n",
        include_str!("streaming.yaml")
    );
    for _ in 0..2 {
        let cloud = ground.start(&resources).await;
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
    let ground = Ground::new();
    std::fs::set_permissions(ground.folder.path(), Permissions::from_mode(0o1777)).unwrap();
    let refusal = ground.refusal(LETTERS).await;
    assert!(refusal.contains("shared by all users"), "{refusal}");
}
