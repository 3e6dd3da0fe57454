//! Events in both directions while the bridge is killed and the broker fails: none is lost, and each stream keeps its order.

use std::time::{Duration, Instant};

use causeway::StreamId;
use causeway_bridges::{
    broker::{Broker, EVENT_ID, Taken},
    outgoing::Outgoing,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    bridge::{BOTH, Bridge},
    cloud::{Seen, TestCloud, assert_complete_and_in_order, seen},
    rig::{self, Rig},
};

/// The streams of each direction.
const STREAMS: u64 = 10;

/// The most messages that are under way, both directions together.
const UNDER_WAY: u64 = 160;

/// Without any progress for so long, something is lost.
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
async fn redis_loses_and_reorders_nothing() {
    survives(rig::redis()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rabbitmq_loses_and_reorders_nothing() {
    survives(rig::rabbitmq().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kafka_loses_and_reorders_nothing() {
    survives(rig::kafka().await).await;
}

/// The number that a variable of the environment has.
pub(crate) fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

async fn survives(rig: Option<Rig>) {
    let Some(mut rig) = rig else { return };
    let versions = number("CAUSEWAY_BRIDGE_EVENTS", 200) / STREAMS;
    let (kills, faults) = (number("CAUSEWAY_BRIDGE_KILLS", 1), number("CAUSEWAY_BRIDGE_FAULTS", 1));
    let expected = usize::try_from(versions * STREAMS).unwrap();
    let cloud = TestCloud::start().await;
    let mut reader = Reader::open(rig.reader.as_ref()).await;
    let mut bridge = Bridge::start(&cloud, &rig.arguments, BOTH);
    let progress = watch::Sender::new(0);
    let writes = async {
        for version in (1..versions).step_by(2) {
            until_due(&progress, version).await;
            cloud.commit(&streams(), version).await;
        }
    };
    let sends = send(rig.partner.as_ref(), versions, &progress);
    // At which count of messages what happens: a kill of the bridge, or a fault of the broker.
    let spread = |times: u64, is_kill: bool| {
        (1..=times).map(move |index| (index * versions * STREAMS * 2 / (times + 1), is_kill))
    };
    let mut disruptions: Vec<(u64, bool)> = spread(kills, true).chain(spread(faults, false)).collect();
    disruptions.sort_unstable();
    disruptions.reverse();
    let fault = &mut rig.fault;
    let arguments = &rig.arguments;
    let mut under_way = 0;
    let observe = async {
        let (mut before, mut since) = (0, Instant::now());
        loop {
            reader.read().await;
            let (out, into) = (distinct(&reader.read), distinct(&cloud.accepted()));
            if out + into > before {
                progress.send_replace((out + into) as u64);
                (before, since) = (out + into, Instant::now());
            }
            assert!(since.elapsed() < PATIENCE, "{out} of {expected} went out, {into} came in");
            let is_complete = out >= expected && into >= expected;
            if disruptions.last().is_some_and(|(at, _)| *at <= (out + into) as u64) {
                under_way += u64::from(!is_complete);
                match disruptions.pop() {
                    Some((_, true)) => {
                        bridge.kill();
                        bridge = Bridge::start(&cloud, arguments, BOTH);
                    }
                    _ => fault.happen().await,
                }
            } else if is_complete {
                return;
            }
        }
    };
    tokio::join!(writes, sends, observe);
    println!("{under_way} of {kills} kills and {faults} faults came while messages were under way");
    assert!(under_way > 0);
    assert_complete_and_in_order(&reader.read, expected);
    // What the bridge sends comes back to it, and goes no further.
    let accepted = cloud.accepted();
    assert!(accepted.iter().all(|(stream, _, _)| stream.starts_with("PartnerSpoke/")), "an event went in a circle");
    assert_complete_and_in_order(&accepted, expected);
    let lines = bridge.stop();
    let last = lines.last().unwrap();
    assert_eq!(last["kind"], "stopped", "{last}");
    assert_eq!(last["in"]["parked"], 0, "{last}");
}

fn streams() -> Vec<StreamId> {
    (0..STREAMS).map(|stream| StreamId::parse(&format!("probe/p-{stream}")).unwrap()).collect()
}

/// How many messages there are without those that are repeated.
pub(crate) fn distinct(all: &[Seen]) -> usize {
    all.iter().map(|(stream, version, _)| (stream, version)).collect::<std::collections::BTreeSet<_>>().len()
}

/// Waits until so much has arrived that this version may be written, so that something is always left for the next kill.
async fn until_due(progress: &watch::Sender<u64>, version: u64) {
    let due = |arrived: &u64| arrived + UNDER_WAY >= version * STREAMS * 2;
    progress.subscribe().wait_for(due).await.unwrap();
}

/// Sends as a partner does: a batch is repeated until the broker has it.
async fn send(broker: &dyn Broker, versions: u64, progress: &watch::Sender<u64>) {
    let mut sink = None;
    for version in 1..=versions {
        until_due(progress, version).await;
        let batch: Vec<Outgoing> = streams().iter().map(|stream| spoken(stream, version)).collect();
        loop {
            if sink.is_none() {
                sink = broker.sink().await.ok();
            }
            let sent = match sink.as_mut() {
                Some(open) => open.send(&batch).await.is_ok(),
                None => false,
            };
            if sent {
                break;
            }
            sink = None;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// A message of the partner.
pub(crate) fn spoken(stream: &StreamId, version: u64) -> Outgoing {
    let event_id = Uuid::now_v7().to_string();
    let body = json!({
        "eventId": event_id, "eventType": "PartnerSpoke", "eventVersion": 1,
        "aggregateType": stream.context(), "aggregateId": stream.id(), "version": version,
        "timestamp": Timestamp::now(), "data": { "n": version },
    });
    Outgoing {
        stream: stream.clone(),
        headers: vec![(EVENT_ID, event_id.clone())],
        event_id,
        event_type: "PartnerSpoke".to_owned(),
        body: body.to_string(),
    }
}

/// Reads everything that goes out, and connects again when the broker has failed.
pub(crate) struct Reader<'r> {
    broker: &'r dyn Broker,
    source: Option<Box<dyn causeway_bridges::broker::Source>>,
    pub(crate) taken: Vec<Taken>,
    pub(crate) read: Vec<Seen>,
}

impl<'r> Reader<'r> {
    pub(crate) async fn open(broker: &'r dyn Broker) -> Self {
        let source = Some(broker.source().await.unwrap());
        Self { broker, source, taken: Vec::new(), read: Vec::new() }
    }

    pub(crate) async fn read(&mut self) {
        if self.source.is_none() {
            self.source = self.broker.source().await.ok();
        }
        let Some(source) = &mut self.source else { return tokio::time::sleep(Duration::from_millis(100)).await };
        let Ok(taken) = source.take(1000, Duration::from_millis(200)).await else {
            self.source = None;
            return;
        };
        if !taken.is_empty() && source.acknowledge(&taken).await.is_err() {
            self.source = None;
        }
        let envelopes = taken.iter().map(|taken| serde_json::from_slice::<Value>(&taken.body).unwrap_or_default());
        self.read.extend(envelopes.map(|envelope| seen(&envelope)));
        self.taken.extend(taken);
    }
}
