//! One-shot schedules: in their minute and not before, once under one token, and dead letters with attributes of
//! their own.

use aws_sdk_scheduler::{
    error::ProvideErrorMetadata,
    operation::create_schedule::builders::CreateScheduleFluentBuilder,
    types::{ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, Target},
};

use super::test_cloud::{TestCloud, attributes, quiet};

const RESOURCES: &str = "
  Letters: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }
  Due: { Type: AWS::SQS::Queue, Properties: { QueueName: due } }
  Timers: { Type: AWS::Scheduler::ScheduleGroup, Properties: { Name: timers } }
";

/// A timer for three minutes after the beginning, with dead letters.
fn timer(test_cloud: &TestCloud, target_arn: &str) -> CreateScheduleFluentBuilder {
    let letters = DeadLetterConfig::builder().arn(TestCloud::arn("sqs", "letters")).build();
    let target = Target::builder().arn(target_arn).role_arn("arn:aws:iam::000000000000:role/timers");
    let target = target.input(r#"{"order":"o-1"}"#).dead_letter_config(letters).build().unwrap();
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().unwrap();
    let create = test_cloud.scheduler.create_schedule().group_name("timers").name("deadline").target(target);
    create.schedule_expression("at(2026-11-21T05:03:00)").flexible_time_window(window)
}

fn due() -> String {
    TestCloud::arn("sqs", "due")
}

async fn is_there(test_cloud: &TestCloud) -> bool {
    test_cloud.scheduler.get_schedule().group_name("timers").name("deadline").send().await.is_ok()
}

#[tokio::test]
async fn a_timer_fires_in_its_minute_and_not_before_and_is_gone_afterwards() {
    let test_cloud = quiet(RESOURCES).await;
    let create = timer(&test_cloud, &due()).action_after_completion(ActionAfterCompletion::Delete);
    create.send().await.unwrap();
    test_cloud.pass(179).await;
    assert_eq!(test_cloud.count("due").await, 0);
    test_cloud.pass(60).await;
    assert_eq!(test_cloud.receive("due").await.body.as_deref(), Some(r#"{"order":"o-1"}"#));
    test_cloud.pass(86_400).await;
    assert_eq!((test_cloud.count("due").await, test_cloud.count("letters").await), (1, 0), "it fires once");
    assert!(!is_there(&test_cloud).await);
}

#[tokio::test]
async fn a_timer_that_is_not_to_be_deleted_stays_and_fires_once() {
    let test_cloud = quiet(RESOURCES).await;
    timer(&test_cloud, &due()).send().await.unwrap();
    test_cloud.pass(86_400).await;
    assert_eq!((test_cloud.count("due").await, is_there(&test_cloud).await), (1, true));
}

#[tokio::test]
async fn one_client_token_makes_one_schedule_however_often_it_is_sent() {
    let test_cloud = quiet(RESOURCES).await;
    let create = async |token: &str, target: &str| {
        let sent = timer(&test_cloud, target).client_token(token).send().await;
        sent.map(|made| made.schedule_arn).map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    let first = create("t-1", &due()).await.unwrap();
    assert_eq!(create("t-1", &due()).await.as_ref(), Ok(&first), "a repeated call is told the same");
    assert_eq!(create("t-2", &due()).await, Err("ConflictException".to_owned()));
    assert_eq!(create("t-1", &TestCloud::arn("sqs", "letters")).await, Err("ConflictException".to_owned()));
    test_cloud.pass(240).await;
    assert_eq!((test_cloud.count("due").await, test_cloud.count("letters").await), (1, 0));
}

#[tokio::test]
async fn a_timer_whose_target_is_gone_leaves_a_dead_letter_with_the_schedulers_own_attributes() {
    let test_cloud = quiet(RESOURCES).await;
    let gone = TestCloud::arn("sqs", "no-such-queue");
    timer(&test_cloud, &gone).action_after_completion(ActionAfterCompletion::Delete).send().await.unwrap();
    test_cloud.pass(240).await;
    let message = test_cloud.receive("letters").await;
    assert_eq!(message.body.as_deref(), Some(r#"{"order":"o-1"}"#));
    let mut told = attributes(&message);
    assert!(told.remove("EXECUTION_ID").is_some_and(|id| id.len() == 36));
    let expected = [
        ("ERROR_CODE", "AWS.SimpleQueueService.NonExistentQueue".to_owned()),
        ("ERROR_MESSAGE", format!("The specified queue does not exist. ({gone})")),
        ("IS_PAYLOAD_TRUNCATED", "false".to_owned()),
        ("RETRY_ATTEMPTS", "0".to_owned()),
        ("SCHEDULED_TIME", "2026-11-21T05:03:00Z".to_owned()),
        ("SCHEDULE_ARN", TestCloud::arn("scheduler", "schedule/timers/deadline")),
        ("TARGET_ARN", gone),
    ];
    assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value)).into_iter().collect());
    assert_eq!((test_cloud.count("letters").await, is_there(&test_cloud).await), (1, false));
}

#[tokio::test]
async fn a_time_that_has_passed_is_accepted_and_a_group_that_is_not_there_is_refused() {
    let test_cloud = quiet(RESOURCES).await;
    let code = async |create: CreateScheduleFluentBuilder| {
        create.send().await.err().and_then(|error| error.code().map(str::to_owned))
    };
    let past = timer(&test_cloud, &due()).schedule_expression("at(2026-11-21T04:59:00)");
    assert_eq!(code(past).await, None);
    let nowhere = timer(&test_cloud, &due()).group_name("no-such-group");
    assert_eq!(code(nowhere).await.as_deref(), Some("ResourceNotFoundException"));
}
