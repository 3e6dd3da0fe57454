//! The mailbox by itself: its write-ahead log, its limit, and its filter.

use std::path::Path;

use serde_json::{Value, json};

use super::Mailbox;

fn mail(number: usize, to: &str) -> Value {
    json!({ "MessageId": number.to_string(), "Destination": { "ToAddresses": [to] } })
}

fn numbers(mailbox: &Mailbox, to: Option<&str>, most: usize) -> (Vec<String>, usize) {
    let (mails, all) = mailbox.newest(to, most);
    (mails.iter().map(|mail| mail["MessageId"].as_str().unwrap().to_owned()).collect(), all)
}

fn bytes(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

#[test]
fn the_oldest_mails_are_dropped_and_the_log_is_compacted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mails.journal");
    let mut longest = 0;
    for number in 100..160 {
        let mailbox = Mailbox::of_at_most(5, Some(&path)).unwrap();
        mailbox.keep(mail(number, "ada@example.com")).unwrap();
        longest = longest.max(bytes(&path));
    }
    let mailbox = Mailbox::of_at_most(5, Some(&path)).unwrap();
    let newest = ["155", "156", "157", "158", "159"].map(str::to_owned).to_vec();
    assert_eq!(numbers(&mailbox, None, 100), (newest, 5));
    let line = bytes(&path) / mailbox.kept.lock().unwrap().wal.length() as u64;
    assert!(longest <= line * 10, "{longest} bytes are more than ten lines of {line}");
}

#[test]
fn the_newest_mails_to_an_address_are_found_in_any_spelling() {
    let mailbox = Mailbox::open(None).unwrap();
    for (number, to) in ["ada@example.com", "Ada <ADA@example.com>", "bob@example.com"].into_iter().enumerate() {
        mailbox.keep(mail(number, to)).unwrap();
    }
    mailbox.keep(json!({ "MessageId": "3", "Destination": { "BccAddresses": ["ada@example.com"] } })).unwrap();
    let found = |to, most| numbers(&mailbox, to, most);
    assert_eq!(found(Some("ada@example.com"), 100), (vec!["0".to_owned(), "1".to_owned(), "3".to_owned()], 3));
    assert_eq!(found(Some("ada@example.com"), 2), (vec!["1".to_owned(), "3".to_owned()], 3));
    assert_eq!(found(Some("da@example.com"), 2), (Vec::new(), 0));
    assert_eq!(found(None, 1), (vec!["3".to_owned()], 4));
}

#[test]
fn a_mail_that_was_sent_twice_is_kept_twice() {
    let mailbox = Mailbox::open(None).unwrap();
    for number in 0..2 {
        mailbox.keep(mail(number, "ada@example.com")).unwrap();
    }
    assert_eq!(mailbox.newest(None, 100).1, 2);
}
