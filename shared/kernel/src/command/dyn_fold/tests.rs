//! The state as JSON after each event, and events that cannot be decoded.

use serde_json::json;

use super::*;
use crate::testing::tests::{Lamp, lit, message, minute};

#[test]
fn each_event_is_folded_into_the_state() {
    let fold = StreamFold::of::<Lamp>();
    let mut state = fold.begin();
    assert_eq!((fold.context, state.state().unwrap()), ("lamp", json!({ "until": null, "dimmed": 0, "drops": 0 })));
    for event in [message("LampFed", &json!({ "drops": 3 })), lit().encode().unwrap()] {
        state.follow(&event).unwrap();
    }
    let after = json!({ "until": minute(10), "dimmed": 0, "drops": 3 });
    assert_eq!(state.state().unwrap(), after);
    assert!(state.follow(&message("LampStolen", &json!({}))).is_err());
    assert_eq!(state.state().unwrap(), after, "an event that cannot be decoded changes nothing");
}
