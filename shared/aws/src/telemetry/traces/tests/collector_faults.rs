//! Collectors that are away, slow or not asked for: a message is handled all the same.

use std::{io::ErrorKind, net::TcpListener};

use tracing_subscriber::layer::SubscriberExt;

use super::{
    super::enabled::MAX_SPANS,
    fixture::{heard, invoke, traces_to},
};
use crate::telemetry::traces::relay_span;

const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

fn was_asked(listener: &TcpListener) -> bool {
    match listener.accept() {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::WouldBlock => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_collector_that_is_not_there_fails_no_message_and_nothing_is_kept_for_it() {
    let (listener, address) = listener();
    drop(listener);
    let (traces, answer, next) = heard("order-on-place-order", &address, "o-1", None).await;
    assert_eq!(answer.unwrap()["handled"], "done");
    assert!(next.is_some());
    assert_eq!(traces.buffered(), 2);
    traces.flush().await;
    assert_eq!(traces.buffered(), 0);
}

#[tokio::test]
async fn a_collector_that_never_answers_costs_its_patience_and_no_more() {
    let (listener, address) = listener();
    let slow = format!("{address}/slow");
    // This returns, or the test never ends.
    let (_, answer) = invoke("order-on-place-order", &slow, "o-1", None).await;
    assert_eq!(answer.unwrap()["handled"], "done");
    assert!(was_asked(&listener));
}

#[tokio::test]
async fn who_is_not_sampled_is_not_told_and_the_next_one_hears_so() {
    let (listener, address) = listener();
    let (next, _) = invoke("order-on-place-order", &address, "o-1", Some(UNSAMPLED)).await;
    let next = next.unwrap();
    assert!(next.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && next.ends_with("-00"), "{next}");
    assert!(!was_asked(&listener), "without a span there is no connection");
}

#[tokio::test]
async fn no_more_spans_are_kept_than_there_is_room_for() {
    let (_listener, address) = listener();
    let (traces, layer) = traces_to("relay", &address);
    let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(vec![layer]));
    for _ in 0..MAX_SPANS + 100 {
        relay_span("r-1", 1).in_scope(|| {});
    }
    assert_eq!(traces.buffered(), MAX_SPANS);
}
