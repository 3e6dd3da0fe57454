//! A start that is interrupted at any point: the next one completes it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Ground;
use crate::{
    cloud::resource_state::{Key, Kind, Resource, ResourceState},
    template::RetainPolicy,
};

const LETTERS: &str = "  Letters: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }\n";
const SOLD: &str = "  Sold: { Type: AWS::SQS::Queue, Properties: { QueueName: sold } }\n";
const PLACED: &str = "
  Placed:
    Type: AWS::Events::Rule
    Properties:
      Name: placed
      EventPattern: { detail-type: [OrderPlaced] }
      Targets: [{ Id: letters, Arn: !GetAtt Letters.Arn }]
";

/// No service takes a sixth target, so a start with it ends in the middle: its queues are state, its rules are not.
fn too_many() -> String {
    let target = |number| format!("{{ Id: t{number}, Arn: !GetAtt Letters.Arn }}");
    let targets: Vec<String> = (0..6).map(target).collect();
    let rule = PLACED.replace("Placed:", "Crowded:").replace("placed", "crowded");
    rule.replace("{ Id: letters, Arn: !GetAtt Letters.Arn }", &targets.join(", "))
}

#[tokio::test]
async fn resources_of_a_failed_start_are_deleted_by_the_next() {
    let ground = Ground::new();
    ground.start(&format!("{LETTERS}{PLACED}")).await.stop().await;
    let refusal = ground.refusal(&format!("{LETTERS}{SOLD}{}", too_many())).await;
    assert!(refusal.contains("Crowded cannot be made"), "{refusal}");
    let cloud = ground.start(LETTERS).await;
    assert_eq!(cloud.queue_names().await, ["letters"]);
    assert!(cloud.rules("default").await.is_empty());
}

#[tokio::test]
async fn resources_that_a_failed_start_had_to_delete_are_deleted_by_the_next() {
    let ground = Ground::new();
    ground.start(&format!("{LETTERS}{SOLD}{PLACED}")).await.stop().await;
    ground.refusal(&format!("{LETTERS}{}", too_many())).await;
    let cloud = ground.start(LETTERS).await;
    assert_eq!((cloud.queue_names().await, cloud.rules("default").await), (vec!["letters".to_owned()], Vec::new()));
}

#[tokio::test]
async fn a_rule_that_was_half_changed_is_completed() {
    let ground = Ground::new();
    ground.start(&format!("{LETTERS}{PLACED}")).await.stop().await;
    // As a kill between the note and the rule leaves it, and then between the rule and its targets.
    let changed = PLACED.replace("Id: letters", "Id: other");
    for step in ["nothing", "rule"] {
        let mut state = ResourceState::open(Some(ground.folder.path().join("stack.journal"))).unwrap();
        let desired = json!({ "rule": {}, "targets": [{ "Id": "letters" }, { "Id": step }] });
        let rule = Resource {
            key: Key::new(Kind::Rule, "default", "placed"),
            id: "Placed".to_owned(),
            desired,
            kept: RetainPolicy::default(),
        };
        state.start(&[rule], &BTreeSet::new()).unwrap();
        drop(state);
        let cloud = ground.start(&format!("{LETTERS}{changed}")).await;
        assert_eq!(cloud.targets("placed").await, ["other"], "{step}");
        let target = json!([{ "Id": "rule", "Arn": "arn:aws:sqs:us-east-1:000000000000:letters" }]);
        cloud.events("PutTargets", json!({ "Rule": "placed", "Targets": target })).await;
        cloud.stop().await;
    }
}

#[tokio::test]
async fn a_single_time_that_passed_between_a_kill_and_the_next_start_is_no_obstacle() {
    let ground = Ground::new();
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
    // The schedule is made before a rule's refusal would show, so here it is the note that is written by hand.
    let resources = format!("{LETTERS}{once}");
    let stack =
        crate::template::read(&format!("Resources:\n{resources}"), &crate::template::Settings::new("shop", "x"));
    let schedule =
        crate::cloud::deployment::desired_others(&stack.unwrap()).into_iter().find(|it| it.key.kind == Kind::Schedule);
    let path = ground.folder.path().join("stack.journal");
    ResourceState::open(Some(path)).unwrap().start(&[schedule.unwrap()], &BTreeSet::new()).unwrap();
    ground.clock.tick(jiff::SignedDuration::from_hours(72));
    let cloud = ground.start(&resources).await;
    assert!(cloud.schedule_names().await.is_empty());
    cloud.stop().await;
    // One that was never begun in time is refused, and that again and again.
    let late = Ground::new();
    late.clock.tick(jiff::SignedDuration::from_hours(72));
    for _ in 0..2 {
        assert!(late.refusal(&resources).await.contains("the time is in the past"));
    }
}

fn queue(name: &str, desired: Value) -> Resource {
    Resource { key: Key::new(Kind::Queue, "", name), id: name.to_owned(), desired, kept: RetainPolicy::default() }
}

fn removed(state: &ResourceState, wanted: &[Resource]) -> Vec<(Key, bool)> {
    state.removed(wanted).into_iter().map(|(resource, found)| (resource.key, found)).collect()
}

#[test]
fn the_resource_state_knows_after_any_kill_what_may_have_been_made() {
    let folder = tempfile::tempdir().unwrap();
    let open = || ResourceState::open(Some(folder.path().join("stack.journal"))).unwrap();
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
fn what_was_found_stays_found_however_often_it_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let open = || ResourceState::open(Some(folder.path().join("stack.journal"))).unwrap();
    let one = queue("one", json!(1));
    open().start(std::slice::from_ref(&one), &BTreeSet::from([one.key.clone()])).unwrap();
    open().mark_applied(std::slice::from_ref(&one)).unwrap();
    open().start(&[queue("one", json!(2))], &BTreeSet::new()).unwrap();
    open().mark_applied(&[queue("one", json!(2))]).unwrap();
    assert_eq!(removed(&open(), &[]), [(one.key, true)]);
}

#[test]
fn the_notes_of_a_thousand_changes_are_as_short_as_those_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stack.journal");
    let open = || ResourceState::open(Some(path.clone())).unwrap();
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
