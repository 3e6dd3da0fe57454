//! Fingerprints tell states apart; the last commands travel along.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    command::{
        decider::Decider,
        snapshot::{LoadedStream, RECENT_COMMANDS, fingerprint},
    },
    message::id::MessageId,
    testing::tests::lamp::{Lamp, LampCommand, LampEvent, LampRejection},
};

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

macro_rules! decider {
    ($name:ident, $state:ty, $context:literal, $revision:literal) => {
        struct $name;

        impl Decider for $name {
            const CONTEXT: &'static str = $context;
            const STATE_REVISION: u32 = $revision;
            type State = $state;
            type Command = LampCommand;
            type Event = LampEvent;
            type Rejection = LampRejection;

            fn decide(_: &$state, _: &LampCommand) -> Result<Vec<LampEvent>, LampRejection> {
                Ok(Vec::new())
            }

            fn evolve(state: $state, _: &LampEvent) -> $state {
                state
            }
        }
    };
}

decider!(First, Narrow, "lamp", 1);
decider!(Same, Narrow, "lamp", 1);
decider!(Revised, Narrow, "lamp", 2);
decider!(Reshaped, Wide, "lamp", 1);
decider!(Elsewhere, Narrow, "torch", 1);

#[test]
fn a_change_of_shape_meaning_or_context_is_another_fingerprint() {
    assert_eq!(fingerprint::<First>(), fingerprint::<First>());
    assert_eq!(fingerprint::<First>(), fingerprint::<Same>());
    let others = [fingerprint::<Revised>(), fingerprint::<Reshaped>(), fingerprint::<Elsewhere>()];
    assert!(others.iter().all(|other| *other != fingerprint::<First>()), "{others:?}");
}

#[test]
fn the_last_commands_are_known_and_the_oldest_forgotten() {
    let mut known = LoadedStream::<Lamp>::default();
    let command = |number: usize| format!("c-{number}").parse::<MessageId>().unwrap();
    for number in 0..=RECENT_COMMANDS {
        known.remember(&command(number), number as u64 + 1);
    }
    assert_eq!(known.recent.len(), RECENT_COMMANDS);
    assert_eq!(known.handled_at(&command(0)), None);
    assert_eq!(known.handled_at(&command(1)), Some(2));
    assert_eq!(known.handled_at(&command(RECENT_COMMANDS)), Some(RECENT_COMMANDS as u64 + 1));
    let snapshot = known.into_snapshot(&command(99), 42).unwrap();
    assert_eq!(snapshot.recent.len(), RECENT_COMMANDS);
    assert_eq!(
        snapshot.recent.last().map(|recent| recent.1),
        Some(42),
        "the carrying commit's own command rides along"
    );
}
