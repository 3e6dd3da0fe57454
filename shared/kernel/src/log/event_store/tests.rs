//! What a store of only the required methods can do.

use futures::executor::block_on;
use serde_json::json;

use super::*;
use crate::{
    memory::MemoryStore,
    testing::tests::{commit_of, message, stream},
};

/// A store that cannot read a single commit.
struct OnlyRequired(MemoryStore);

#[async_trait]
impl EventStore for OnlyRequired {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        self.0.append(append).await
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        self.0.newest(stream).await
    }

    async fn marked(&self, stream: &StreamId, command: &MessageId) -> Result<Option<u64>, ReadError> {
        self.0.marked(stream, command).await
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        self.0.since(stream, from).await
    }
}

#[test]
fn one_commit_is_read_by_the_version_of_its_first_event() {
    let (store, stream) = (OnlyRequired(MemoryStore::default()), stream("run-1", "lamp"));
    let event = || message("LampLit", &json!({}));
    for (version, events) in [(1, vec![event(), event()]), (3, vec![event()])] {
        let commit = commit_of(&stream, version, &format!("c-{version}"), events);
        block_on(store.append(Append { commit: &commit, snapshot: SnapshotPolicy::IfFree, once: false })).unwrap();
    }
    let at = |version| block_on(store.at(&stream, version)).unwrap().map(|commit| commit.command.to_string());
    assert_eq!([1, 2, 3, 4].map(at), [Some("c-1".to_owned()), None, Some("c-3".to_owned()), None]);
}
