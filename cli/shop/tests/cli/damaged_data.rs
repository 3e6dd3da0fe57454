//! Damaged files in the data folder: a torn last line is dropped, any other damage is an error that names the file.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

use causeway_cli::up::Up;

#[cfg(target_os = "linux")]
use crate::crash::Program;
use crate::stage::{refusal, started, up_in, used};

/// The write-ahead logs of the local cloud.
fn journals(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut journals: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|it| it == "journal")).collect();
    journals.sort();
    assert!(journals.len() >= 5, "queues, events, schedules, invokes and a mapping have one each: {journals:?}");
    journals
}

#[tokio::test]
async fn a_torn_last_line_of_any_journal_is_dropped_and_the_cloud_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    used(folder.path()).await;
    let all = journals(folder.path());
    for path in &all {
        let mut file = OpenOptions::new().append(true).open(path).expect("the journal");
        file.write_all(b"0badcafe {\"ha").expect("half a line");
    }
    let running = started(&up_in(folder.path())).await;
    running.cloud.stop().await;
    for path in all {
        let after = std::fs::read(&path).expect("the journal");
        assert!(!after.windows(8).any(|bytes| bytes == b"0badcafe"), "{}", path.display());
        assert!(after.last().is_none_or(|byte| *byte == b'\n'), "{}", path.display());
    }
}

#[tokio::test]
async fn a_damaged_line_of_any_journal_is_refused_with_its_file_and_number() {
    let folder = tempfile::tempdir().expect("a folder");
    used(folder.path()).await;
    for path in journals(folder.path()) {
        let before = std::fs::read(&path).expect("the journal");
        let damaged = [b"00000000 \"what was this?\"\n".as_slice(), &before].concat();
        std::fs::write(&path, damaged).expect("the journal");
        let printed = refusal(&up_in(folder.path())).await;
        let place = format!("{}, line 1: the record is damaged", path.display());
        assert!(printed.contains(&place) && printed.contains("--fresh"), "{printed}");
        // One letter of a line that was whole.
        if let Some(letter) = before.iter().position(|byte| *byte == b'\n').filter(|end| *end > 10) {
            let mut damaged = before.clone();
            damaged[letter - 2] ^= 1;
            std::fs::write(&path, damaged).expect("the journal");
            assert!(refusal(&up_in(folder.path())).await.contains(&place), "{}", path.display());
        }
        std::fs::write(&path, before).expect("the journal");
    }
    used(folder.path()).await;
}

#[tokio::test]
async fn a_record_of_another_version_is_refused_with_its_file_and_number() {
    let folder = tempfile::tempdir().expect("a folder");
    used(folder.path()).await;
    // A mail is whatever was sent.
    for path in journals(folder.path()).into_iter().filter(|path| !path.ends_with("mails.journal")) {
        let before = std::fs::read(&path).expect("the journal");
        // The checksum fits, but no other journal has such a record.
        std::fs::write(&path, [before.as_slice(), b"6abf4a82 7\n"].concat()).expect("the journal");
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let printed = refusal(&up_in(folder.path())).await;
        let place = format!("{}, line {line}: this version cannot read the record", path.display());
        assert!(printed.contains(&place) && printed.contains("--fresh"), "{printed}");
        std::fs::write(&path, before).expect("the journal");
    }
}

#[tokio::test]
async fn a_folder_of_another_version_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    used(folder.path()).await;
    let mark = folder.path().join("cloud.journal");
    std::fs::write(&mark, "391aaf7e {\"format\":99}\n").expect("the mark");
    let printed = refusal(&up_in(folder.path())).await;
    assert!(
        printed.contains(&format!("what is in {} was written by another version", folder.path().display())),
        "{printed}"
    );
    assert!(
        printed.contains("its format is 99") && printed.contains("--data") && printed.contains("--fresh"),
        "{printed}"
    );
    assert!(std::fs::read_to_string(&mark).expect("the mark").contains("99"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_program_says_that_it_dropped_a_torn_last_line_and_of_which_file() {
    let folder = tempfile::tempdir().expect("a folder");
    used(folder.path()).await;
    let path = folder.path().join("queues.journal");
    let mut file = OpenOptions::new().append(true).open(&path).expect("the journal");
    file.write_all(b"0badcafe {\"ha").expect("half a line");
    let printed = Program::start(folder.path()).kill();
    let about =
        |line: &&String| line.contains("dropped the torn last line") && line.contains(&path.display().to_string());
    assert_eq!(printed.iter().filter(about).count(), 1, "{printed:?}");
}

#[tokio::test]
async fn tables_that_are_no_tables_any_more_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    used(folder.path()).await;
    let path = folder.path().join("tables.sqlite");
    let before = std::fs::read(&path).expect("the tables");
    let half = before.get(..before.len() / 2).expect("half of it").to_vec();
    let mut scrawled = before.clone();
    scrawled.iter_mut().skip(100).for_each(|byte| *byte ^= 0x5a);
    let garbage = b"no tables at all, and long enough to be read as some".to_vec();
    for (what, damaged) in [("truncated", half), ("scrawled over", scrawled), ("garbage", garbage)] {
        std::fs::write(&path, damaged).expect("the tables");
        let printed = refusal(&up_in(folder.path())).await;
        let expected = format!("cannot open the tables in {}", path.display());
        assert!(printed.contains(&expected) && printed.contains("--fresh"), "{what}: {printed}");
    }
    let fresh = Up { fresh: true, ..up_in(folder.path()) };
    let running = started(&fresh).await;
    running.cloud.stop().await;
}

#[tokio::test]
async fn what_is_damaged_is_forgotten_with_fresh() {
    let folder = tempfile::tempdir().expect("a folder");
    used(folder.path()).await;
    for path in journals(folder.path()) {
        std::fs::write(&path, "nonsense\n").expect("the journal");
    }
    let fresh = Up { fresh: true, ..up_in(folder.path()) };
    let running = started(&fresh).await;
    running.cloud.stop().await;
    used(folder.path()).await;
}
