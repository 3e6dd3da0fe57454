//! How many messages a second go over a bridge, beside a bare producer of the same crate that sends the same messages, and a bare
//! publisher on the same bus.

use std::time::{Duration, Instant};

use causeway::StreamId;
use causeway_bridges::outgoing::Outgoing;

use crate::{
    bridge::Bridge,
    cloud::TestCloud,
    kills::{Reader, distinct, number, spoken},
    rig::{self, Rig},
};

/// The messages that a producer sends together, as a bridge does.
const BATCH: usize = 100;

/// Longer than a drain takes.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn throughput_of_redis() {
    measure("redis", rig::redis()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn throughput_of_rabbitmq() {
    measure("rabbitmq", rig::rabbitmq().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn throughput_of_kafka() {
    measure("kafka", rig::kafka().await).await;
}

/// Each stream has one commit of two events, so that nothing is read or written once for many.
async fn measure(broker: &str, rig: Option<Rig>) {
    let Some(rig) = rig else { return };
    let count = usize::try_from(number("CAUSEWAY_BRIDGE_EVENTS", 4000)).unwrap();
    let streams: Vec<StreamId> =
        (0..count / 2).map(|stream| StreamId::parse(&format!("probe/p-{stream}")).unwrap()).collect();
    let messages: Vec<Outgoing> = streams.iter().flat_map(|stream| [spoken(stream, 1), spoken(stream, 2)]).collect();
    let cloud = TestCloud::start().await;
    let mut reader = Reader::open(rig.reader.as_ref()).await;
    // From now on its queue is filled.
    Bridge::start(&cloud, &rig.arguments, &["--out"]).stop();
    cloud.commit(&streams, 1).await;
    let mut sink = rig.partner.sink().await.unwrap();
    // The first message waits for what the client asks the broker once.
    sink.send(&messages[..1]).await.unwrap();
    let begun = Instant::now();
    for batch in messages[1..].chunks(BATCH) {
        sink.send(batch).await.unwrap();
    }
    let produced = rate(count - 1, begun);
    let bridge = Bridge::start(&cloud, &rig.arguments, &["--in"]);
    let mut watch = Drain::new(count);
    while !watch.is_complete(distinct(&cloud.accepted())) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bridge.stop();
    let into = watch.rate();
    let bridge = Bridge::start(&cloud, &rig.arguments, &["--out"]);
    let mut watch = Drain::new(count);
    while !watch.is_complete(distinct(&reader.read)) {
        reader.read().await;
    }
    bridge.stop();
    let out = watch.rate();
    let begun = Instant::now();
    cloud.publish(&streams).await;
    let published = rate(streams.len(), begun);
    println!(
        "{broker}: bare producer {produced:.0}/s, bare PutEvents {published:.0}/s, bridge out {out:.0}/s ({:.2} of the producer), \
         in {into:.0}/s ({:.2} of PutEvents)",
        out / produced,
        into / published
    );
}

fn rate(count: usize, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

/// The time from the first messages that arrive to the last one.
struct Drain {
    begun: Instant,
    expected: usize,
    first: Option<(usize, Instant)>,
    last: Instant,
}

impl Drain {
    fn new(expected: usize) -> Self {
        Self { begun: Instant::now(), expected, first: None, last: Instant::now() }
    }

    fn is_complete(&mut self, arrived: usize) -> bool {
        assert!(self.begun.elapsed() < PATIENCE, "{arrived} of {} have arrived", self.expected);
        self.last = Instant::now();
        if arrived > 0 && self.first.is_none() {
            self.first = Some((arrived, self.last));
        }
        arrived >= self.expected
    }

    fn rate(&self) -> f64 {
        let (before, since) = self.first.unwrap();
        (self.expected - before) as f64 / (self.last - since).as_secs_f64()
    }
}
