//! One trace through several functions, as a collector sees it.

use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

use super::{
    collector::{CollectedSpan, FakeCollector},
    fixture::{invoke, traces_to},
};
use crate::telemetry::traces::{link, relay_span};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const FIRST: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn of<'a>(spans: &'a [CollectedSpan], name: &str) -> &'a CollectedSpan {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no span {name} in {spans:#?}"))
}

#[tokio::test]
async fn a_trace_goes_through_two_functions_and_their_calls() {
    let collector = FakeCollector::of(2);
    let (next, answer) = invoke("order-on-place-order", &collector.address, "o-1", Some(FIRST)).await;
    assert_eq!(answer.unwrap()["handled"], "done");
    let next = next.unwrap();
    let (_, answer) = invoke("fulfilment-on-order-placed", &collector.address, "fail-2", Some(&next)).await;
    assert!(answer.unwrap_err().contains("the world is not ready"));
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.trace == TRACE), "{spans:#?}");
    assert_eq!(spans.len(), 4, "{spans:#?}");
    let (first, second) = (of(&spans, "order-on-place-order"), of(&spans, "fulfilment-on-order-placed"));
    assert_eq!(first.parent, "b7ad6b7169203331");
    assert_eq!(next, format!("00-{TRACE}-{}-01", first.id));
    assert_eq!(second.parent, first.id);
    let calls: Vec<&CollectedSpan> = spans.iter().filter(|span| span.name == "SQS.GetQueueUrl").collect();
    assert_eq!(calls.iter().map(|call| &call.parent).collect::<Vec<_>>(), [&first.id, &second.id]);
    // A consumer, and a client.
    assert_eq!((first.kind, calls[0].kind), (5, 3));
    assert_eq!((first.trouble.as_deref(), second.trouble.as_deref()), (None, Some("the world is not ready")));
}

#[tokio::test]
async fn a_span_says_which_message_of_which_function_it_is() {
    let collector = FakeCollector::of(1);
    invoke("order-on-place-order", &collector.address, "o-1", None).await.1.unwrap();
    let spans = collector.spans();
    let expected = [
        ("service.name", "order-on-place-order"),
        ("faas.name", "order-on-place-order"),
        ("cloud.provider", "aws"),
        ("faas.trigger", "pubsub"),
        ("faas.invocation_id", "r-1"),
        ("messaging.operation.type", "process"),
        ("messaging.message.id", "11111111-aaaa-bbbb-cccc-000000000001"),
        ("causeway.message", "PlaceOrder"),
        ("causeway.correlation_id", "11111111-aaaa-bbbb-cccc-000000000001"),
        ("causeway.attempt", "1"),
        ("causeway.outcome", "done"),
    ];
    let message = of(&spans, "order-on-place-order");
    for (key, value) in expected {
        assert_eq!(message.attributes.get(key).map(String::as_str), Some(value), "{key} of {message:#?}");
    }
    assert!(!of(&spans, "SQS.GetQueueUrl").attributes.contains_key("sdk_invocation_id"));
}

#[tokio::test]
async fn what_begins_no_trace_gets_one_and_hands_it_on() {
    for traceparent in [None, Some("00-this-is-none"), Some("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    {
        let collector = FakeCollector::of(1);
        let (next, _) = invoke("order-on-place-order", &collector.address, "o-1", traceparent).await;
        let spans = collector.spans();
        let message = of(&spans, "order-on-place-order");
        assert_eq!((message.parent.as_str(), message.trace.len()), ("", 32), "{traceparent:?}");
        assert_eq!(next.unwrap(), format!("00-{}-{}-01", message.trace, message.id));
    }
}

#[tokio::test]
async fn the_relay_names_the_steps_whose_commits_it_says() {
    let collector = FakeCollector::of(1);
    let (traces, layer) = traces_to("relay", &collector.address);
    let subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(vec![layer]));
    async { link([FIRST, "no traceparent"].into_iter()) }.instrument(relay_span("r-1", 2)).await;
    drop(subscriber);
    traces.flush().await;
    let spans = collector.spans();
    let relay = of(&spans, "relay");
    assert_eq!(relay.links, [format!("{TRACE}-b7ad6b7169203331")]);
    assert_ne!(relay.trace, TRACE, "a batch holds many traces");
    assert_eq!(relay.attributes["messaging.batch.message_count"], "2");
}
