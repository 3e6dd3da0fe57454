//! Events over Redis channels, which keep nothing.

use std::time::{Duration, Instant};

use causeway::StreamId;

use crate::{
    bridge::{BOTH, Bridge},
    cloud::TestCloud,
    kills::{Reader, spoken},
    rig,
};

#[tokio::test(flavor = "multi_thread")]
async fn redis_channels_carry_events_in_both_directions() {
    let Some(rig) = rig::redis_channels() else { return };
    let cloud = TestCloud::start().await;
    let mut reader = Reader::open(rig.reader.as_ref()).await;
    let bridge = Bridge::start(&cloud, &rig.arguments, BOTH);
    let mut sink = rig.partner.sink().await.unwrap();
    let stream = StreamId::parse("probe/p-1").unwrap();
    cloud.commit(std::slice::from_ref(&stream), 1).await;
    let (message, begun) = (spoken(&stream, 1), Instant::now());
    // What is published before the bridge listens is lost, so it is published until it has arrived.
    while cloud.accepted().is_empty() || reader.read.len() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}, {:?}", cloud.accepted(), reader.read);
        sink.send(std::slice::from_ref(&message)).await.unwrap();
        reader.read().await;
    }
    assert_eq!(reader.read.iter().map(|(_, version, _)| *version).collect::<Vec<_>>(), [1, 2]);
    assert!(cloud.accepted().iter().all(|(_, _, id)| *id == message.event_id));
    bridge.stop();
}
