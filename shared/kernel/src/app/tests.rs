//! What an app answers when a port does not.

use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;
use serde_json::json;

use crate::{
    app::{App, Ports},
    delivery::bus::{Bus, Entry, PublishOutcome},
    failure::{Failure, Outcome},
    gateway::mail::Mailer,
    memory::Memory,
    message::envelope::Cause,
    testing::tests::lamp::{Lamp, LampCommand, LampWear, lamp},
    view::view_store::{Page, Patch, RowKey, ViewError, ViewStore},
};

/// A bus that answers every call with this many of its words.
struct Curt(fn() -> Vec<PublishOutcome>);

#[async_trait]
impl Bus for Curt {
    async fn publish(&self, _: &[Entry]) -> Vec<PublishOutcome> {
        (self.0)()
    }
}

fn rejected_on(bus: fn() -> Vec<PublishOutcome>) -> Outcome {
    let memory = Memory::new(1);
    let app = App::new(Ports { bus: Arc::new(Curt(bus)), ..memory.ports() });
    let cause = Cause::new("c-1".parse().unwrap(), "FeedLamp");
    block_on(app.execute::<Lamp>(&lamp(), &LampCommand::Feed { drops: 101 }, &cause))
}

#[test]
fn a_no_that_the_bus_did_not_hear_is_said_again() {
    assert!(matches!(rejected_on(|| vec![PublishOutcome::Transient("throttled".into())]), Err(Failure::Transient(_))));
    assert!(matches!(rejected_on(Vec::new), Err(Failure::Transient(_))));
    let refused =
        || vec![PublishOutcome::Permanent { code: "NotAuthorized".to_owned(), reason: "who are you".to_owned() }];
    let failure = rejected_on(refused).unwrap_err();
    assert!(matches!(&failure, Failure::Permanent(error) if error.to_string() == "NotAuthorized: who are you"));
}

#[test]
fn a_row_that_is_not_as_it_was_written_is_named() {
    let memory = Memory::new(1);
    let key = RowKey { view: "lamp-wear".to_owned(), id: "l-1".to_owned() };
    let patch = Patch::none().set("lit", json!("often")).list_at("burning", "1");
    block_on(memory.views.patch(&key, 0, 1, &patch)).unwrap();
    let error = block_on(memory.app().row::<LampWear>("l-1")).unwrap_err();
    assert!(matches!(&error, ViewError::Corrupt { what, .. } if what == "lamp-wear/l-1"), "{error}");
    let error = block_on(memory.app().list::<LampWear>("burning", &Page::default())).unwrap_err();
    assert!(matches!(Failure::from(error), Failure::Permanent(_)));
}

#[test]
fn a_party_is_found_by_its_port_or_missed_by_name() {
    trait Weather: Send + Sync {}
    let app = Memory::new(1).app();
    assert!(app.gateway::<dyn Mailer>().is_ok());
    let missing = app.gateway::<dyn Weather>().map(|_| ()).unwrap_err();
    assert!(missing.to_string().contains("Weather"), "{missing}");
}
