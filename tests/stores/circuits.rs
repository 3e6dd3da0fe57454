//! Circuits on a real database behave as those in memory: a change needs the revision before it.

use std::sync::Arc;

use causeway::{
    gateway::{Circuit, CircuitStore, Replaced, StoredCircuit},
    memory::MemoryCircuits,
};
use causeway_aws::{capacity::CapacityMeter, client::http_client, dynamo::DynamoCircuits};
use jiff::Timestamp;
use tests::wire::Dynoxide;

async fn check(store: &dyn CircuitStore) {
    assert_eq!(store.read("payments").await.unwrap(), None);
    let first = StoredCircuit::NEW.next(Circuit::Open { until: Timestamp::UNIX_EPOCH });
    assert_eq!(store.replace("payments", &first).await.unwrap(), Replaced::Stored);
    let late = StoredCircuit::NEW.next(Circuit::CLOSED);
    assert_eq!(store.replace("payments", &late).await.unwrap(), Replaced::Conflict(first));
    let second = first.next(Circuit::Trial { until: Timestamp::UNIX_EPOCH });
    assert_eq!(store.replace("payments", &second).await.unwrap(), Replaced::Stored);
    assert_eq!(store.replace("payments", &second).await.unwrap(), Replaced::Conflict(second));
    let third = second.next(Circuit::Closed { since: Timestamp::UNIX_EPOCH, succeeded: 7, failed: 2 });
    assert_eq!(store.replace("payments", &third).await.unwrap(), Replaced::Stored);
    assert_eq!(store.read("payments").await.unwrap(), Some(third));
    assert_eq!(store.read("carrier").await.unwrap(), None);
}

#[tokio::test]
async fn circuits_are_changed_under_their_revision() {
    check(&MemoryCircuits::default()).await;
    let dynoxide = Dynoxide::start();
    let capacity = Arc::new(CapacityMeter::default());
    check(&DynamoCircuits::new(dynoxide.client(http_client()), "causeway-inbox", capacity)).await;
}
