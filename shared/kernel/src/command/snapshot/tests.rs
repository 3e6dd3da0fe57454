//! Fingerprints of states, and the recent commands of a snapshot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;
use crate::testing::tests::{Lamp, no_op_decider};

#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
struct Narrow {
    drops: u32,
}

#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
struct Wide {
    drops: u32,
    #[serde(default)]
    wicks: u32,
}

no_op_decider!(First, Narrow, "lamp", 1);
no_op_decider!(Same, Narrow, "lamp", 1);
no_op_decider!(Revised, Narrow, "lamp", 2);
no_op_decider!(Reshaped, Wide, "lamp", 1);
no_op_decider!(Elsewhere, Narrow, "torch", 1);

#[test]
fn a_change_of_schema_revision_or_context_changes_the_fingerprint() {
    assert_eq!(fingerprint::<First>(), fingerprint::<First>());
    assert_eq!(fingerprint::<First>(), fingerprint::<Same>());
    let others = [fingerprint::<Revised>(), fingerprint::<Reshaped>(), fingerprint::<Elsewhere>()];
    assert!(others.iter().all(|other| *other != fingerprint::<First>()), "{others:?}");
}

#[test]
fn the_recent_commands_are_kept_and_the_oldest_dropped() {
    let mut loaded = LoadedStream::<Lamp>::default();
    let command = |number: usize| format!("c-{number}").parse::<MessageId>().unwrap();
    for number in 0..=RECENT_COMMANDS {
        loaded.remember(&command(number), number as u64 + 1);
    }
    assert_eq!(loaded.recent.len(), RECENT_COMMANDS);
    assert_eq!(loaded.handled_at(&command(0)), None);
    assert_eq!(loaded.handled_at(&command(1)), Some(2));
    assert_eq!(loaded.handled_at(&command(RECENT_COMMANDS)), Some(RECENT_COMMANDS as u64 + 1));
    let snapshot = loaded.into_snapshot(&command(99), 42).unwrap();
    assert_eq!(snapshot.recent.len(), RECENT_COMMANDS);
    assert_eq!(snapshot.recent.last().map(|recent| recent.1), Some(42), "the commit's own command is included");
}
