//! Archives and replays: what comes again, when, to whom, and what it says of itself.

use aws_sdk_eventbridge::{
    error::ProvideErrorMetadata,
    primitives::DateTime,
    types::{ReplayDestination, ReplayState},
};
use serde_json::{Value, json};

use super::test_cloud::{BEGAN, TestCloud, body, quiet};

const RESOURCES: &str = "
  First: { Type: AWS::SQS::Queue, Properties: { QueueName: first } }
  Second: { Type: AWS::SQS::Queue, Properties: { QueueName: second } }
  Bus: { Type: AWS::Events::EventBus, Properties: { Name: shop } }
  Other: { Type: AWS::Events::EventBus, Properties: { Name: other } }
  Kept:
    Type: AWS::Events::Archive
    Properties: { ArchiveName: kept, SourceArn: !GetAtt Bus.Arn, EventPattern: { detail-type: [OrderPlaced] }, RetentionDays: 7 }
  ToFirst:
    Type: AWS::Events::Rule
    Properties: { Name: to-first, EventBusName: !Ref Bus, EventPattern: { source: [shop.orders] }, Targets: [{ Id: q, Arn: !GetAtt First.Arn }] }
  ToSecond:
    Type: AWS::Events::Rule
    Properties: { Name: to-second, EventBusName: !Ref Bus, EventPattern: { source: [shop.orders] }, Targets: [{ Id: q, Arn: !GetAtt Second.Arn }] }
";

fn began() -> i64 {
    BEGAN.parse::<jiff::Timestamp>().unwrap().as_second()
}

/// Starts a replay of these seconds since the beginning, to the rules of these names or to all.
async fn start(test_cloud: &TestCloud, name: &str, seconds: (i64, i64), rules: &[&str]) {
    let arns = rules.iter().map(|rule| TestCloud::arn("events", &format!("rule/shop/{rule}"))).collect();
    let destination = ReplayDestination::builder().arn(TestCloud::arn("events", "event-bus/shop"));
    let destination = destination.set_filter_arns(Some(arns)).build().unwrap();
    let start =
        test_cloud.events.start_replay().replay_name(name).event_source_arn(TestCloud::arn("events", "archive/kept"));
    let start = start.event_start_time(DateTime::from_secs(began() + seconds.0));
    let start = start.event_end_time(DateTime::from_secs(began() + seconds.1)).destination(destination);
    let started = start.send().await.unwrap();
    assert_eq!(started.state, Some(ReplayState::Starting));
}

async fn all(test_cloud: &TestCloud, queue: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for _ in 0..test_cloud.count(queue).await {
        all.push(body(&test_cloud.receive(queue).await));
    }
    all
}

#[tokio::test]
async fn a_replay_sends_again_what_the_archive_wanted_with_the_name_of_the_replay_in_it() {
    let test_cloud = quiet(RESOURCES).await;
    let id = test_cloud.put("OrderPlaced", r#"{"order":"o-1","total":25.50}"#).await;
    test_cloud.put("OrderCancelled", r#"{"order":"o-1"}"#).await;
    assert_eq!((all(&test_cloud, "first").await.len(), all(&test_cloud, "second").await.len()), (2, 2));
    test_cloud.pass(3_600).await;
    start(&test_cloud, "again", (0, 60), &[]).await;
    let all = all(&test_cloud, "first").await;
    let again = all.iter().find(|event| event["replay-name"].is_string()).unwrap();
    assert_eq!((&again["id"], &again["replay-name"]), (&json!(id), &json!("again")));
    assert_eq!((&again["time"], &again["detail"]["order"]), (&json!(BEGAN), &json!("o-1")));
    assert_eq!((test_cloud.count("first").await, test_cloud.count("second").await), (3, 3), "one of two is archived");
    let replay = test_cloud.events.describe_replay().replay_name("again").send().await.unwrap();
    assert_eq!((replay.state, replay.replay_end_time.is_some()), (Some(ReplayState::Completed), true));
    assert_eq!(replay.event_last_replayed_time.map(|time| time.secs()), Some(began()));
}

#[tokio::test]
async fn what_is_replayed_is_not_archived_again() {
    let test_cloud = quiet(RESOURCES).await;
    test_cloud.put("OrderPlaced", "{}").await;
    start(&test_cloud, "again", (0, 60), &[]).await;
    test_cloud.pass(60).await;
    start(&test_cloud, "once-more", (0, 3_600), &[]).await;
    assert_eq!(test_cloud.count("first").await, 3, "the event and two replays of it");
    let archive = test_cloud.events.describe_archive().archive_name("kept").send().await.unwrap();
    assert_eq!((archive.event_count, archive.retention_days), (1, Some(7)));
}

#[tokio::test]
async fn a_replay_goes_only_to_the_rules_that_it_names() {
    let test_cloud = quiet(RESOURCES).await;
    test_cloud.put("OrderPlaced", "{}").await;
    start(&test_cloud, "again", (0, 60), &["to-second"]).await;
    assert_eq!((test_cloud.count("first").await, test_cloud.count("second").await), (1, 2));
}

#[tokio::test]
async fn a_replay_goes_minute_by_minute_through_its_span_and_in_no_order_within_a_minute() {
    let test_cloud = quiet(RESOURCES).await;
    for number in 0..60 {
        test_cloud.put("OrderPlaced", &format!(r#"{{"number":{number}}}"#)).await;
        test_cloud.pass(4).await;
    }
    start(&test_cloud, "again", (60, 179), &["to-first"]).await;
    // The events themselves are still there, and are not of the replay.
    let again = all(&test_cloud, "first").await;
    let numbers: Vec<i64> = again
        .iter()
        .filter(|event| event["replay-name"] == "again")
        .map(|event| event["detail"]["number"].as_i64().unwrap())
        .collect();
    let minutes: Vec<i64> = numbers.iter().map(|number| number * 4 / 60).collect();
    assert!(minutes.is_sorted(), "{numbers:?}");
    assert!(!numbers.is_sorted(), "{numbers:?}");
}

#[tokio::test]
async fn a_replay_that_is_over_cannot_be_cancelled_and_one_that_goes_on_can() {
    let test_cloud = quiet(RESOURCES).await;
    for _ in 0..200 {
        test_cloud.put("OrderPlaced", "{}").await;
    }
    start(&test_cloud, "again", (0, 60), &[]).await;
    let cancel = test_cloud.events.cancel_replay().replay_name("again").send().await;
    test_cloud.pass(60).await;
    let replay = test_cloud.events.describe_replay().replay_name("again").send().await.unwrap();
    match cancel {
        Ok(cancelled) => {
            assert_eq!((cancelled.state, replay.state), (Some(ReplayState::Cancelling), Some(ReplayState::Cancelled)));
        }
        Err(error) => {
            assert_eq!(error.code(), Some("IllegalStatusException"), "it was quicker");
            assert_eq!(replay.state, Some(ReplayState::Completed));
        }
    }
    let error = test_cloud.events.cancel_replay().replay_name("again").send().await.unwrap_err();
    assert_eq!(error.code(), Some("IllegalStatusException"));
}

#[tokio::test]
async fn a_replay_goes_back_to_the_bus_of_its_archive_and_to_no_other() {
    let test_cloud = quiet(RESOURCES).await;
    let refused = async |name: &str, archive: &str, bus: &str, seconds: (i64, i64)| {
        let destination = ReplayDestination::builder().arn(bus).build().unwrap();
        let start = test_cloud.events.start_replay().replay_name(name).destination(destination);
        let start = start.event_source_arn(TestCloud::arn("events", archive));
        let start = start.event_start_time(DateTime::from_secs(began() + seconds.0));
        let error = start.event_end_time(DateTime::from_secs(began() + seconds.1)).send().await.unwrap_err();
        (error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())
    };
    let (shop, other) = (TestCloud::arn("events", "event-bus/shop"), TestCloud::arn("events", "event-bus/other"));
    start(&test_cloud, "taken", (0, 60), &[]).await;
    let cases = [
        (("a", "archive/kept", other.as_str(), (0, 60)), "ValidationException", "Cross event bus replay"),
        (("a", "archive/none", &shop, (0, 60)), "ValidationException", "Archive none does not exist"),
        (("a", "archive/kept", "nowhere", (0, 60)), "ValidationException", "Must contain an event bus ARN"),
        (("a", "archive/kept", &shop, (60, 60)), "ValidationException", "EventStartTime must be before"),
        (("taken", "archive/kept", &shop, (0, 60)), "ResourceAlreadyExistsException", "Replay taken already exists"),
    ];
    for ((name, archive, bus, seconds), code, words) in cases {
        let (given, message) = refused(name, archive, bus, seconds).await;
        assert_eq!(given, code, "{message}");
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn an_archive_can_be_made_changed_listed_and_deleted() {
    let test_cloud = quiet(RESOURCES).await;
    let bus = TestCloud::arn("events", "event-bus/other");
    let create = || test_cloud.events.create_archive().archive_name("mine").event_source_arn(&bus);
    let made = create().send().await.unwrap();
    assert_eq!(made.archive_arn, Some(TestCloud::arn("events", "archive/mine")));
    assert_eq!(create().send().await.unwrap_err().code(), Some("ResourceAlreadyExistsException"));
    let wrong = test_cloud.events.update_archive().archive_name("mine").event_pattern("{}").send().await.unwrap_err();
    assert_eq!(wrong.code(), Some("InvalidEventPatternException"));
    test_cloud.events.update_archive().archive_name("mine").retention_days(3).send().await.unwrap();
    let listed = test_cloud.events.list_archives().event_source_arn(&bus).send().await.unwrap();
    let [mine] = listed.archives() else { panic!("{listed:?}") };
    assert_eq!((mine.archive_name(), mine.retention_days), (Some("mine"), Some(3)));
    test_cloud.events.delete_archive().archive_name("mine").send().await.unwrap();
    let gone = test_cloud.events.describe_archive().archive_name("mine").send().await.unwrap_err();
    assert!(gone.into_service_error().is_resource_not_found_exception());
}
