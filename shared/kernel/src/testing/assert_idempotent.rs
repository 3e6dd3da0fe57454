//! [`assert_idempotent`]: a command that is executed twice has its effect once.

use futures::executor::block_on;

use super::{diff::fail, ports::fixture::commit_of};
use crate::{
    Cause, Decider, MessageId, Messages, StreamId,
    command::fold,
    log::{Append, EventStore, MAX_EVENTS, SnapshotPolicy},
    memory::Memory,
};

/// Executes the command twice after these events. The second time it must add no event, or be rejected.
/// A command of [`Decider::ONCE`] is executed with its inbox marker.
#[track_caller]
pub fn assert_idempotent<D: Decider>(events: impl IntoIterator<Item = D::Event>, command: &D::Command) {
    let events: Vec<D::Event> = events.into_iter().collect();
    let second = match D::ONCE.applies(command) {
        true => second_with_marker::<D>(&events, command),
        false => second_by_state::<D>(&events, command),
    };
    if !second.is_empty() {
        fail(&format!("executed twice, the command adds {second:?} the second time"));
    }
}

fn second_by_state<D: Decider>(events: &[D::Event], command: &D::Command) -> Vec<&'static str> {
    let before = fold::<D>(D::State::default(), events);
    let Ok(first) = D::decide(&before, command) else { return Vec::new() };
    let after = fold::<D>(before, &first);
    D::decide(&after, command).unwrap_or_default().iter().map(Messages::name).collect()
}

/// Two apps with caches of their own, so that only the log holds the first execution.
fn second_with_marker<D: Decider>(events: &[D::Event], command: &D::Command) -> Vec<&'static str> {
    let memory = Memory::new(1);
    let id = MessageId::from(uuid::Uuid::nil());
    let cause = Cause::new(id.derived("twice"), "Twice");
    block_on(async {
        write::<D>(&memory, &StreamId::new(D::CONTEXT, &id), events, &id).await;
        if memory.app().try_execute::<D>(&id, command, &cause).await.is_err() {
            return Vec::new();
        }
        let before = memory.store.changes(0).len();
        memory.app().try_execute::<D>(&id, command, &cause).await.ok();
        let added = memory.store.changes(before).into_iter().flat_map(|commit| commit.decode::<D::Event>());
        added.flatten().map(|event| event.name()).collect()
    })
}

async fn write<D: Decider>(memory: &Memory, stream: &StreamId, events: &[D::Event], by: &MessageId) {
    for (index, chunk) in events.chunks(MAX_EVENTS).enumerate() {
        let encoded = chunk.iter().map(Messages::encode).collect::<Result<_, _>>();
        let events = encoded.unwrap_or_else(|error| fail(&error.to_string()));
        let command = by.derived(&format!("given/{index}"));
        let commit = commit_of(stream, (index * MAX_EVENTS + 1) as u64, command.as_str(), events);
        let append = Append { commit: &commit, snapshot: SnapshotPolicy::IfFree, once: false };
        if let Err(error) = memory.store.append(append).await {
            fail(&error.to_string());
        }
    }
}
