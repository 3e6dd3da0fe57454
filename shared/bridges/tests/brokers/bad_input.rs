//! Bad input from each broker is parked with its reason, and what is good goes on.

use std::time::{Duration, Instant};

use causeway::StreamId;
use causeway_bridges::{
    broker::{EVENT_ID, PARKED_CODE, PARKED_REASON},
    outgoing::Outgoing,
};

use crate::{
    bridge::{BOTH, Bridge, command},
    cloud::TestCloud,
    kills::{Reader, spoken},
    rig::{self, Rig},
};

/// Longer than any message takes.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn redis_parks_bad_input() {
    parks(rig::redis()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rabbitmq_parks_bad_input() {
    parks(rig::rabbitmq().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kafka_parks_bad_input() {
    parks(rig::kafka().await).await;
}

/// Bodies, each with the code and a word of the reason.
fn bad() -> Vec<(String, &'static str, &'static str)> {
    let body = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut body = serde_json::from_str(&spoken(&stream(), 1).body).unwrap();
        change(&mut body);
        body.to_string()
    };
    vec![
        ("order o-1 please".to_owned(), "MALFORMED", "JSON"),
        ("[1, 2]".to_owned(), "MALFORMED", "must be an object"),
        (r#"{"eventType":"A","eventType":"B"}"#.to_owned(), "MALFORMED", "duplicate key"),
        (body(&|body| body["eventVersion"] = 0.into()), "MALFORMED", "eventVersion"),
        (body(&|body| body["eventVersion"] = "two".into()), "MALFORMED", "eventVersion"),
        (body(&|body| drop(body.as_object_mut().unwrap().remove("aggregateId"))), "MALFORMED", "aggregateId"),
        (body(&|body| body["metadata"] = serde_json::json!({ "hops": 16 })), "LOOP", "hops"),
        (body(&|body| body["data"] = "x".repeat(1024 * 1024 + 1).into()), "TOO_LARGE", "bytes"),
    ]
}

fn stream() -> StreamId {
    StreamId::parse("probe/p-1").unwrap()
}

async fn parks(rig: Option<Rig>) {
    let Some(rig) = rig else { return };
    let (bad, cloud) = (bad(), TestCloud::start().await);
    let dry = command(&cloud, &rig.arguments).args(["--in", "--out", "--dry-run"]).output().unwrap();
    assert!(dry.status.success(), "{}", String::from_utf8_lossy(&dry.stderr));
    assert!(String::from_utf8_lossy(&dry.stdout).contains("nothing was changed"));
    let mut parked = Reader::open(rig.parked.as_ref()).await;
    let bridge = Bridge::start(&cloud, &rig.arguments, BOTH);
    let mut sink = rig.partner.sink().await.unwrap();
    let mut messages = vec![spoken(&stream(), 1)];
    // Headers of others, one of which is empty, and an id that the header has and not the body.
    messages[0].headers.extend([("x-trace", "1".to_owned()), ("", String::new())]);
    for (index, (body, _, _)) in bad.iter().enumerate() {
        let headers = vec![(EVENT_ID, format!("bad-{index}"))];
        let (stream, event_id) = (stream(), format!("bad-{index}"));
        messages.push(Outgoing { stream, event_id, event_type: "Bad".to_owned(), headers, body: body.clone() });
    }
    messages.push(spoken(&stream(), 2));
    for message in messages {
        sink.send(&[message]).await.unwrap();
    }
    // One event that the log does not have, which is not sent.
    cloud.forge(&stream(), 7).await;
    let begun = Instant::now();
    while parked.taken.len() < bad.len() || cloud.accepted().len() < 2 {
        assert!(begun.elapsed() < PATIENCE, "{} parked, {:?}", parked.taken.len(), cloud.accepted());
        parked.read().await;
    }
    for (body, code, reason) in &bad {
        let found = parked.taken.iter().find(|taken| taken.body == body.as_bytes()).unwrap();
        assert_eq!(found.headers[PARKED_CODE], *code, "{:?}", found.headers);
        assert!(found.headers[PARKED_REASON].contains(*reason), "{:?}", found.headers);
    }
    let accepted = cloud.accepted();
    assert_eq!(accepted.iter().map(|(_, version, _)| *version).collect::<Vec<_>>(), [1, 2]);
    let lines = bridge.stop();
    let last = lines.last().unwrap();
    assert_eq!((&last["in"]["parked"], &last["in"]["passed"]), (&bad.len().into(), &2.into()), "{last}");
}
