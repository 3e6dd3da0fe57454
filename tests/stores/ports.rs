//! The port suites, which the twins in memory pass too.

use causeway::testing::ports;
use tests::wire::Dynoxide;

#[tokio::test]
async fn the_log_is_what_the_port_says() {
    let dynoxide = Dynoxide::start();
    ports::event_store(dynoxide.stores().events.as_ref(), "log").await;
}

#[tokio::test]
async fn the_views_are_what_the_port_says() {
    let dynoxide = Dynoxide::start();
    ports::view_store(dynoxide.stores().views.as_ref(), "views").await;
}

#[tokio::test]
async fn the_inbox_is_what_the_port_says() {
    let dynoxide = Dynoxide::start();
    ports::inbox(dynoxide.stores().inbox.as_ref(), "inbox").await;
}

#[tokio::test]
async fn the_outcomes_are_what_the_port_says() {
    let dynoxide = Dynoxide::start();
    ports::outcomes(dynoxide.stores().outcomes.as_ref(), "outcomes").await;
}
