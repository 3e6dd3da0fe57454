//! One rule with one of its targets, as people ask for it: which messages wake whom, and what becomes of failures.

use aws_sdk_eventbridge::types::{Rule, RuleState, Target};
use causeway_local::pattern::{Event, Pattern};
use serde::Serialize;
use serde_json::{Value, json};

/// Who hears it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listener {
    pub(super) bus: String,
    pub(super) rule: String,
    pub(super) enabled: bool,
    /// What the rule's pattern wants of `detail-type`: names, or operators as they are spelled.
    pub(super) messages: Vec<Value>,
    /// What it wants of `source`.
    pub(super) sources: Vec<Value>,
    /// What it wants besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) condition: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) schedule: Option<String>,
    /// Nobody, if the rule has no target.
    pub(super) target: Option<String>,
    pub(super) dead_letters: Option<String>,
    pub(super) retries: Option<i32>,
    pub(super) maximum_age_seconds: Option<i32>,
}

/// The rule with each of its targets; one without targets is there, too.
pub(super) fn of(bus: &str, rule: &Rule, targets: &[Target]) -> Vec<Listener> {
    let pattern: Value = rule.event_pattern().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let wanted = |field: &str| pattern.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let rest = pattern.as_object().map(|fields| {
        let rest = fields.iter().filter(|(name, _)| !matches!(name.as_str(), "source" | "detail-type"));
        rest.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>()
    });
    let alone = Listener {
        bus: bus.to_owned(),
        rule: rule.name().unwrap_or_default().to_owned(),
        enabled: rule.state() != Some(&RuleState::Disabled),
        messages: wanted("detail-type"),
        sources: wanted("source"),
        condition: rest.filter(|rest| !rest.is_empty()).map(Value::Object),
        schedule: rule.schedule_expression().map(str::to_owned),
        target: None,
        dead_letters: None,
        retries: None,
        maximum_age_seconds: None,
    };
    let with = |target: &Target| Listener {
        target: Some(target.arn().to_owned()),
        dead_letters: target.dead_letter_config().and_then(|config| config.arn()).map(str::to_owned),
        retries: target.retry_policy().and_then(|policy| policy.maximum_retry_attempts()),
        maximum_age_seconds: target.retry_policy().and_then(|policy| policy.maximum_event_age_in_seconds()),
        ..alone.clone()
    };
    match targets {
        [] => vec![alone],
        targets => targets.iter().map(with).collect(),
    }
}

impl Listener {
    /// Whether a message of this name can wake it, whatever else the pattern wants.
    pub(super) fn hears(&self, message: &str) -> bool {
        if self.schedule.is_some() && self.messages.is_empty() {
            return false;
        }
        if self.messages.is_empty() {
            return true;
        }
        let pattern = Pattern::parse(&json!({ "detail-type": self.messages }).to_string());
        let event = Event::parse(&json!({ "detail-type": message }).to_string());
        matches!((pattern, event), (Ok(pattern), Ok(event)) if pattern.matches(&event))
    }

    /// The names of messages that its pattern spells out.
    pub(super) fn messages(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().filter_map(Value::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(pattern: &str, targets: &[Target]) -> Vec<Listener> {
        of("causeway", &Rule::builder().name("r").event_pattern(pattern).build(), targets)
    }

    fn target(arn: &str) -> Target {
        Target::builder().id("one").arn(arn).build().expect("a target")
    }

    #[test]
    fn a_rule_hears_what_its_pattern_wants_of_the_name_by_any_operator() {
        let hears = |pattern: &str, message: &str| rule(pattern, &[]).iter().any(|listener| listener.hears(message));
        assert!(hears(r#"{"detail-type": ["OrderPlaced"]}"#, "OrderPlaced"));
        assert!(!hears(r#"{"detail-type": ["OrderPlaced"]}"#, "OrderCancelled"));
        assert!(hears(r#"{"detail-type": [{"prefix": "Order"}]}"#, "OrderCancelled"));
        assert!(hears(r#"{"source": ["causeway.order"]}"#, "Anything"));
    }

    #[test]
    fn each_target_is_a_listener_and_a_rule_without_targets_is_not_left_out() {
        let pattern = r#"{"source": ["s"], "detail-type": ["A"], "detail": {"x": [1]}}"#;
        assert_eq!(rule(pattern, &[]).len(), 1);
        let both = rule(pattern, &[target("arn:aws:lambda:r:1:function:f"), target("arn:aws:sqs:r:1:q")]);
        assert_eq!(both.len(), 2);
        assert_eq!(both[0].condition, Some(json!({ "detail": { "x": [1] } })));
        assert_eq!(both[1].target.as_deref(), Some("arn:aws:sqs:r:1:q"));
    }

    #[test]
    fn a_schedule_hears_no_message() {
        let rule = Rule::builder().name("daily").schedule_expression("rate(1 day)").build();
        assert!(!of("default", &rule, &[])[0].hears("OrderPlaced"));
    }
}
