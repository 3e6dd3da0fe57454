//! Metrics as they are written into the log.

use causeway::{Failure, Handled};
use jiff::SignedDuration;
use serde_json::Value;

use super::{Metrics, record_handled, record_relayed};
use crate::capacity::Usage;

#[test]
fn every_metric_is_written_once() {
    let metrics = Metrics::begin("Causeway", "order-on-place-order").unwrap();
    let handled = [Handled::Done, Handled::Duplicate, Handled::Rejected, Handled::DeadLettered];
    for handled in handled {
        record_handled(&Ok(handled), Some(SignedDuration::from_millis(250)));
    }
    record_handled(&Err(Failure::transient("no")), None);
    record_relayed(3, 1, Some(SignedDuration::from_secs(-5)));
    let mut written = Vec::new();
    metrics.report_to(&mut written, Usage { requests: 2, read_units: 0.5, write_units: 3.0 }).unwrap();
    let line: Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(line["function"], "order-on-place-order");
    assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Causeway");
    // Other tests of this process count too, so only a lower bound is certain.
    for (name, least) in
        [("handled", 1), ("duplicate", 1), ("rejected", 1), ("buried", 1), ("retried", 1), ("relayed", 3)]
    {
        assert!(line[name].as_u64().is_some_and(|count| count >= least), "{name}: {line}");
    }
    assert_eq!(line["requests"], 2);
    assert_eq!(line["read_units"], serde_json::json!([0.5]));
    assert_eq!(line["write_units"], serde_json::json!([3.0]));
    let ages: Vec<f64> = serde_json::from_value(line["event_age"].clone()).unwrap();
    assert!(ages.iter().filter(|age| **age == 250.0).count() >= 4);
    assert!(ages.iter().all(|age| *age >= 0.0), "a clock that is behind gives no negative age");
    let mut rest = Vec::new();
    metrics.report_to(&mut rest, Usage::default()).unwrap();
    assert!(!String::from_utf8(rest).unwrap().contains("requests"), "metrics are written once");
}
