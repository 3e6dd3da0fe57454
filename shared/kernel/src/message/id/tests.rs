//! Ids let in what they say they do; derived ids are the same every time and different from all others.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::message::id::{CommitId, MessageId, StreamId};

#[test]
fn an_id_is_checked_where_it_enters() {
    for sound in ["a", "o-1001", "A_z-9", &"x".repeat(64)] {
        assert_eq!(sound.parse::<MessageId>().map(|id| id.as_str().to_owned()), Ok(sound.to_owned()));
        assert!(serde_json::from_value::<MessageId>(sound.into()).is_ok());
    }
    for unsound in ["", " ", "a b", "a/b", "a#b", "a.b", "ü", "a\n", "a\0", &"x".repeat(65), &"ü".repeat(10_000)] {
        let error = unsound.parse::<MessageId>().expect_err(unsound);
        assert!(error.text.chars().count() <= 65, "the refused text is shortened");
        assert!(serde_json::from_value::<MessageId>(unsound.into()).is_err());
    }
}

#[test]
fn a_stream_is_a_context_and_an_id() {
    let stream = StreamId::parse("order/o-1001").unwrap();
    assert_eq!((stream.context(), stream.id(), stream.to_string().as_str()), ("order", "o-1001", "order/o-1001"));
    assert_eq!(stream, StreamId::new("order", &"o-1001".parse::<MessageId>().unwrap()));
    let told = serde_json::to_string(&stream).unwrap();
    assert_eq!(serde_json::from_str::<StreamId>(&told).unwrap(), stream);
    for unsound in ["", "order", "/", "order/", "/o-1", "order/o/1", "order o-1", "örder/o-1"] {
        assert!(StreamId::parse(unsound).is_err(), "{unsound}");
    }
}

#[test]
fn all_ids_of_a_commit_follow_from_one_and_differ() {
    let commit = CommitId::new(Uuid::from_u128(u128::MAX));
    let events: BTreeSet<MessageId> = (0..200).map(|index| commit.event(index)).collect();
    let sends: BTreeSet<MessageId> = (0..200).map(|index| commit.send(index)).collect();
    assert_eq!((events.len(), sends.len(), events.intersection(&sends).count()), (200, 200, 0));
    assert_eq!(CommitId::new(commit.uuid()), commit, "the root of the root is itself");
    let order: Vec<MessageId> = (0..200).map(|index| commit.event(index)).collect();
    assert!(order.is_sorted(), "events of a commit sort in their order");
    let derived = commit.event(0).derived("timer/dusk");
    assert_eq!(derived, commit.event(0).derived("timer/dusk"));
    assert_ne!(derived, commit.event(1).derived("timer/dusk"));
}
