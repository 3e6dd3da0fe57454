//! Which texts are ids, and the ids that follow from a commit id.

use super::*;

use std::{collections::BTreeSet, hash::BuildHasher};

#[test]
fn an_id_is_checked_when_it_is_parsed() {
    for valid in ["a", "o-1001", "A_z-9", &"x".repeat(64)] {
        assert_eq!(valid.parse::<MessageId>().map(|id| id.as_str().to_owned()), Ok(valid.to_owned()));
        assert!(serde_json::from_value::<MessageId>(valid.into()).is_ok());
    }
    for invalid in ["", " ", "a b", "a/b", "a#b", "a.b", "ü", "a\n", "a\0", &"x".repeat(65), &"ü".repeat(10_000)] {
        let error = invalid.parse::<MessageId>().expect_err(invalid);
        assert!(error.text.chars().count() <= 65, "the text in the error is cut");
        assert!(serde_json::from_value::<MessageId>(invalid.into()).is_err());
    }
}

#[test]
fn a_stream_is_a_context_and_an_id() {
    let stream = StreamId::parse("order/o-1001").unwrap();
    assert_eq!((stream.context(), stream.id(), stream.to_string().as_str()), ("order", "o-1001", "order/o-1001"));
    assert_eq!(stream, StreamId::new("order", &"o-1001".parse::<MessageId>().unwrap()));
    let json = serde_json::to_string(&stream).unwrap();
    assert_eq!(serde_json::from_str::<StreamId>(&json).unwrap(), stream);
    for invalid in ["", "order", "/", "order/", "/o-1", "order/o/1", "order o-1", "örder/o-1"] {
        assert!(StreamId::parse(invalid).is_err(), "{invalid}");
    }
}

#[test]
fn the_ids_of_a_commit_follow_from_one_and_differ() {
    let commit = CommitId::new(Uuid::from_u128(u128::MAX));
    let events: BTreeSet<MessageId> = (0..200).map(|index| commit.event(index)).collect();
    let sends: BTreeSet<MessageId> = (0..200).map(|index| commit.send(index)).collect();
    assert_eq!((events.len(), sends.len(), events.intersection(&sends).count()), (200, 200, 0));
    assert_eq!(CommitId::new(commit.uuid()), commit, "a commit id is its own root");
    let order: Vec<MessageId> = (0..200).map(|index| commit.event(index)).collect();
    assert!(order.is_sorted(), "events of a commit sort in their order");
    let derived = commit.event(0).derived("timer/dusk");
    assert_eq!(derived, commit.event(0).derived("timer/dusk"));
    assert_ne!(derived, commit.event(1).derived("timer/dusk"));
}

#[test]
fn an_event_id_names_its_commit_and_index() {
    let commit = CommitId::new(Uuid::from_u128(u128::MAX));
    for index in [0, 1, 0x7fff] {
        assert_eq!(CommitId::of_event(&commit.event(index)), Some((commit, index)));
    }
    assert_eq!(CommitId::of_event(&commit.uuid().simple().to_string().parse().unwrap()), None);
    assert_eq!(CommitId::of_event(&Uuid::from_u128(0x8001).into()), None);
}

#[test]
fn the_index_of_an_event_is_set_in_the_commit_id_and_never_toggles_a_bit() {
    let stored: CommitId = serde_json::from_str(r#""00000000-0000-7000-8000-000000000005""#).unwrap();
    assert_eq!(stored.event(1), stored.event(4), "both bits are set already");
    assert_eq!(stored.event(2).as_str(), "00000000-0000-7000-8000-000000000007");
}

#[test]
fn different_ids_have_different_hashes() {
    let state = std::hash::RandomState::new();
    let hashes: BTreeSet<u64> =
        (0..100).map(|number| state.hash_one(MessageId::unchecked(format!("m-{number}")))).collect();
    assert_eq!(hashes.len(), 100);
    assert_eq!(
        state.hash_one(MessageId::unchecked("m-1".to_owned())),
        state.hash_one(MessageId::unchecked("m-1".to_owned()))
    );
}

#[test]
fn the_schema_of_an_id_is_its_pattern_in_place() {
    let schema = schemars::schema_for!(Vec<MessageId>);
    let expected = serde_json::json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" });
    assert_eq!(schema.as_value()["items"], expected);
    assert_eq!(MessageId::schema_name(), "Id");
}

#[test]
fn a_short_digest_is_the_beginning_of_sha_256() {
    assert_eq!(short_digest("abc"), "ba7816bf8f01cfea414140de");
}
