//! Specifications that are not valid: the error names the field and the rule.

use jiff::SignedDuration;

use crate::stream::{WindowError, WindowKind, WindowLimits, WindowSpec, Windows};

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

fn spec(window: WindowKind) -> WindowSpec {
    WindowSpec { window, lateness: seconds(0), limits: WindowLimits::default() }
}

fn refused(spec: &WindowSpec, field: &'static str, rule: &'static str) {
    assert_eq!(Windows::new(spec).err(), Some(WindowError { field, rule }), "{spec:?}");
}

#[test]
fn a_window_has_a_length() {
    refused(&spec(WindowKind::Tumbling { size: seconds(0) }), "window.size", "must be longer than zero");
    refused(&spec(WindowKind::Tumbling { size: seconds(-1) }), "window.size", "must be longer than zero");
    refused(&spec(WindowKind::Session { gap: seconds(0) }), "window.gap", "must be longer than zero");
    let sliding = WindowKind::Sliding { size: seconds(0), step: seconds(1) };
    refused(&spec(sliding), "window.size", "must be longer than zero");
    let nanos = SignedDuration::from_nanos(1_500);
    refused(&spec(WindowKind::Tumbling { size: nanos }), "window.size", "must be whole microseconds");
    let centuries = SignedDuration::from_hours(24 * 36_501);
    refused(&spec(WindowKind::Session { gap: centuries }), "window.gap", "must be at most 36,500 days");
}

#[test]
fn the_step_divides_the_size() {
    let step = |size: i64, step: i64| spec(WindowKind::Sliding { size: seconds(size), step: seconds(step) });
    refused(&step(10, 0), "window.step", "must be longer than zero");
    refused(&step(10, 11), "window.step", "must not be longer than the size");
    refused(&step(10, 3), "window.step", "must divide the size");
    refused(&step(1_001, 1), "window.step", "must be at least a thousandth of the size");
    assert!(Windows::new(&step(1_000, 1)).is_ok() && Windows::new(&step(10, 10)).is_ok());
}

#[test]
fn lateness_is_not_negative() {
    let late = WindowSpec { lateness: seconds(-1), ..spec(WindowKind::Tumbling { size: seconds(1) }) };
    refused(&late, "lateness", "must not be negative");
}

#[test]
fn a_bound_is_at_least_one() {
    let limited = |limits| WindowSpec { limits, ..spec(WindowKind::Tumbling { size: seconds(1) }) };
    let limits = WindowLimits::default();
    refused(&limited(WindowLimits { max_open: 0, ..limits }), "limits.max_open", "must be at least 1");
    refused(&limited(WindowLimits { max_ids: 0, ..limits }), "limits.max_ids", "must be at least 1");
    refused(&limited(WindowLimits { max_unconfirmed: 0, ..limits }), "limits.max_unconfirmed", "must be at least 1");
}

#[test]
fn a_specification_is_data() {
    let text = r#"{"window":{"sliding":{"size":"PT1H","step":"PT5M"}},"lateness":"PT30S"}"#;
    let read: WindowSpec = serde_json::from_str(text).unwrap();
    let sliding = WindowKind::Sliding { size: seconds(3_600), step: seconds(300) };
    assert_eq!(read, WindowSpec { lateness: seconds(30), ..spec(sliding) });
    let unknown = r#"{"window":{"tumbling":{"size":"PT1H","step":"PT5M"}},"lateness":"PT30S"}"#;
    assert!(serde_json::from_str::<WindowSpec>(unknown).unwrap_err().to_string().contains("unknown field `step`"));
}
