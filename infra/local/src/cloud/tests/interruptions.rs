//! A start that is interrupted at any point: the next one completes it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{ARN, Fixture, LETTERS};
use crate::{
    cloud::{
        deployment::desired_others,
        resource_state::{Key, Kind, Resource, ResourceState},
    },
    template::{RetainPolicy, Settings, read},
};

const SOLD: &str = "  Sold: { Type: AWS::SQS::Queue, Properties: { QueueName: sold } }\n";
const PLACED: &str = "
  Placed:
    Type: AWS::Events::Rule
    Properties:
      Name: placed
      EventPattern: { detail-type: [OrderPlaced] }
      Targets: [{ Id: letters, Arn: !GetAtt Letters.Arn }]
";

/// No service takes a sixth target, so a start with it ends in the middle: its queues are created, its rules are not.
fn too_many() -> String {
    let target = |number| format!("{{ Id: t{number}, Arn: !GetAtt Letters.Arn }}");
    let targets: Vec<String> = (0..6).map(target).collect();
    let rule = PLACED.replace("Placed:", "Crowded:").replace("placed", "crowded");
    rule.replace("{ Id: letters, Arn: !GetAtt Letters.Arn }", &targets.join(", "))
}

#[tokio::test]
async fn resources_of_a_failed_start_are_deleted_by_the_next() {
    let fixture = Fixture::new();
    fixture.start(&format!("{LETTERS}{PLACED}")).await.stop().await;
    let refusal = fixture.refusal(&format!("{LETTERS}{SOLD}{}", too_many())).await;
    assert!(refusal.contains("Crowded cannot be made"), "{refusal}");
    let cloud = fixture.start(LETTERS).await;
    assert_eq!(cloud.queue_names().await, ["letters"]);
    assert!(cloud.rules("default").await.is_empty());
}

#[tokio::test]
async fn resources_that_a_failed_start_had_to_delete_are_deleted_by_the_next() {
    let fixture = Fixture::new();
    fixture.start(&format!("{LETTERS}{SOLD}{PLACED}")).await.stop().await;
    fixture.refusal(&format!("{LETTERS}{}", too_many())).await;
    let cloud = fixture.start(LETTERS).await;
    assert_eq!((cloud.queue_names().await, cloud.rules("default").await), (vec!["letters".to_owned()], Vec::new()));
}

#[tokio::test]
async fn a_half_changed_rule_is_completed() {
    let fixture = Fixture::new();
    fixture.start(&format!("{LETTERS}{PLACED}")).await.stop().await;
    // A kill between the log record and the rule, and one between the rule and its targets.
    let changed = PLACED.replace("Id: letters", "Id: other");
    for step in ["nothing", "rule"] {
        let mut state = fixture.state();
        let desired = json!({ "rule": {}, "targets": [{ "Id": "letters" }, { "Id": step }] });
        let key = Key::new(Kind::Rule, "default", "placed");
        let rule = Resource { key, id: "Placed".to_owned(), desired, kept: RetainPolicy::default() };
        state.start(&[rule], &BTreeSet::new()).unwrap();
        drop(state);
        let cloud = fixture.start(&format!("{LETTERS}{changed}")).await;
        assert_eq!(cloud.targets("placed").await, ["other"], "{step}");
        let target = json!([{ "Id": "rule", "Arn": ARN }]);
        cloud.events("PutTargets", json!({ "Rule": "placed", "Targets": target })).await;
        cloud.stop().await;
    }
}

#[tokio::test]
async fn a_one_time_schedule_may_pass_between_a_kill_and_the_next_start() {
    let fixture = Fixture::new();
    let once = "
  Once:
    Type: AWS::Scheduler::Schedule
    Properties:
      Name: once
      ScheduleExpression: at(2026-11-22T05:00:00)
      ActionAfterCompletion: DELETE
      FlexibleTimeWindow: { Mode: \"OFF\" }
      Target: { Arn: !GetAtt Letters.Arn, RoleArn: 'arn:aws:iam::000000000000:role/timers' }
";
    // Rules are created before schedules, so this test writes the log record itself.
    let resources = format!("{LETTERS}{once}");
    let stack = read(&format!("Resources:\n{resources}"), &Settings::new("shop", "x")).unwrap();
    let schedule = desired_others(&stack).into_iter().find(|it| it.key.kind == Kind::Schedule);
    fixture.state().start(&[schedule.unwrap()], &BTreeSet::new()).unwrap();
    fixture.clock.tick(jiff::SignedDuration::from_hours(72));
    let cloud = fixture.start(&resources).await;
    assert!(cloud.schedule_names().await.is_empty());
    cloud.stop().await;
    // A schedule that is new is accepted, also in the past.
    let late = Fixture::new();
    late.clock.tick(jiff::SignedDuration::from_hours(72));
    late.start(&resources).await.stop().await;
}

fn queue(name: &str, desired: Value) -> Resource {
    Resource { key: Key::new(Kind::Queue, "", name), id: name.to_owned(), desired, kept: RetainPolicy::default() }
}

fn removed(state: &ResourceState, wanted: &[Resource]) -> Vec<(Key, bool)> {
    state.removed(wanted).into_iter().map(|(resource, found)| (resource.key, found)).collect()
}

#[test]
fn the_resource_state_has_all_versions_that_a_kill_may_have_left() {
    let fixture = Fixture::new();
    let open = || fixture.state();
    let (one, two) = (queue("one", json!(1)), queue("two", json!(1)));
    open().start(std::slice::from_ref(&one), &BTreeSet::new()).unwrap();
    let mut state = open();
    assert!(!state.is_applied(&one.key, &one.desired));
    assert_eq!(removed(&state, &[]), [(one.key.clone(), false)]);
    state.mark_applied(std::slice::from_ref(&one)).unwrap();
    drop(state);
    assert!(open().is_applied(&one.key, &one.desired));
    // Started twice without completing: each version is kept.
    for version in [2, 3] {
        open().start(&[queue("one", json!(version))], &BTreeSet::new()).unwrap();
    }
    let mut state = open();
    assert_eq!(state.earlier(&one.key).cloned().collect::<Vec<_>>(), [json!(1), json!(2), json!(3)]);
    assert!(!state.is_applied(&one.key, &json!(3)) && !state.is_applied(&one.key, &json!(1)));
    state.mark_applied(&[queue("one", json!(3)), two.clone()]).unwrap();
    drop(state);
    let mut state = open();
    assert_eq!(state.earlier(&one.key).cloned().collect::<Vec<_>>(), [json!(3)]);
    assert_eq!(removed(&state, std::slice::from_ref(&one)), [(two.key.clone(), false)]);
    state.forget(&two.key).unwrap();
    drop(state);
    assert_eq!(removed(&open(), &[]), [(one.key, false)]);
}

#[test]
fn a_found_resource_stays_found_after_changes() {
    let fixture = Fixture::new();
    let open = || fixture.state();
    let one = queue("one", json!(1));
    open().start(std::slice::from_ref(&one), &BTreeSet::from([one.key.clone()])).unwrap();
    open().mark_applied(std::slice::from_ref(&one)).unwrap();
    open().start(&[queue("one", json!(2))], &BTreeSet::new()).unwrap();
    open().mark_applied(&[queue("one", json!(2))]).unwrap();
    assert_eq!(removed(&open(), &[]), [(one.key, true)]);
}

#[test]
fn the_log_of_many_changes_is_compacted() {
    let fixture = Fixture::new();
    let (path, open) = (fixture.folder.path().join("stack.journal"), || fixture.state());
    let found = queue("found", json!(0));
    open().start(std::slice::from_ref(&found), &BTreeSet::from([found.key.clone()])).unwrap();
    let mut state = open();
    for version in 0..600 {
        let wanted = [queue("one", json!(version))];
        state.start(&wanted, &BTreeSet::new()).unwrap();
        state.mark_applied(&wanted).unwrap();
    }
    drop(state);
    let long = std::fs::metadata(&path).unwrap().len();
    let state = open();
    assert!(std::fs::metadata(&path).unwrap().len() * 100 < long);
    drop(state);
    let state = open();
    assert!(state.is_applied(&Key::new(Kind::Queue, "", "one"), &json!(599)));
    assert!(!state.is_applied(&found.key, &json!(0)));
    assert_eq!(removed(&state, &[]), [(found.key, true), (Key::new(Kind::Queue, "", "one"), false)]);
}
