//! What an app returns when a port fails.

use async_trait::async_trait;
use futures::executor::block_on;
use serde_json::json;

use super::*;
use crate::{
    Failure, Patch,
    delivery::{Bus, Entry, PublishOutcome},
    gateway::Mailer,
    memory::Memory,
    testing::tests::{Lamp, LampCommand, LampWear, lamp},
    view::ViewStore,
};

/// A bus that returns these outcomes.
struct FixedBus(fn() -> Vec<PublishOutcome>);

#[async_trait]
impl Bus for FixedBus {
    async fn publish(&self, _: &[Entry]) -> Vec<PublishOutcome> {
        (self.0)()
    }
}

fn rejected_on(bus: fn() -> Vec<PublishOutcome>) -> Outcome {
    let memory = Memory::new(1);
    let app = App::new(Ports { bus: Arc::new(FixedBus(bus)), ..memory.ports() });
    let cause = Cause::new("c-1".parse().unwrap(), "FeedLamp");
    block_on(app.execute::<Lamp>(&lamp(), &LampCommand::Feed { drops: 101 }, &cause))
}

#[test]
fn a_rejection_that_was_not_published_is_retried() {
    assert!(matches!(rejected_on(|| vec![PublishOutcome::Transient("throttled".into())]), Err(Failure::Transient(_))));
    assert!(matches!(rejected_on(Vec::new), Err(Failure::Transient(_))));
    let not_authorized =
        || vec![PublishOutcome::Permanent { code: "NotAuthorized".to_owned(), reason: "no permission".to_owned() }];
    let failure = rejected_on(not_authorized).unwrap_err();
    assert!(matches!(&failure, Failure::Permanent(error) if error.to_string() == "NotAuthorized: no permission"));
}

#[test]
fn a_corrupt_row_is_named() {
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
fn a_gateway_is_found_by_its_port_type() {
    trait Forecast: Send + Sync {}
    let app = Memory::new(1).app();
    assert!(app.gateway::<dyn Mailer>().is_ok());
    let missing = app.gateway::<dyn Forecast>().map(|_| ()).unwrap_err();
    assert!(missing.to_string().contains("Forecast"), "{missing}");
}
