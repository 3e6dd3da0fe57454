//! Queues: what is received comes back, what fails too often moves on, and errors have the SDK's own words.

use aws_sdk_sqs::{
    error::ProvideErrorMetadata,
    operation::{
        change_message_visibility::ChangeMessageVisibilityError, purge_queue::PurgeQueueError,
        send_message::SendMessageError,
    },
    types::{MessageSystemAttributeName, SendMessageBatchRequestEntry},
};

use super::test_cloud::{TestCloud, quiet};

const RESOURCES: &str = "
  Letters: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs
      VisibilityTimeout: 30
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Letters.Arn, maxReceiveCount: 2 }
";

async fn url(test_cloud: &TestCloud, queue: &str) -> String {
    test_cloud.sqs.get_queue_url().queue_name(queue).send().await.unwrap().queue_url.unwrap()
}

#[tokio::test]
async fn a_message_that_is_received_and_not_deleted_comes_back_and_at_last_moves_to_the_dead_letters_with_its_age() {
    let test_cloud = quiet(RESOURCES).await;
    let id = test_cloud.send("jobs", "pack").await;
    let first = test_cloud.receive("jobs").await;
    test_cloud.pass(30).await;
    let second = test_cloud.receive("jobs").await;
    assert_ne!(first.receipt_handle, second.receipt_handle, "every receive has a handle of its own");
    test_cloud.pass(30).await;
    // Who asks for it a third time finds it gone.
    let none = test_cloud.sqs.receive_message().queue_url(url(&test_cloud, "jobs").await).send().await.unwrap();
    assert_eq!(none.messages, None);
    let dead = test_cloud.receive("letters").await;
    let told = |name| dead.attributes.as_ref().and_then(|all| all.get(&name)).cloned();
    assert_eq!((dead.message_id, dead.body.as_deref()), (Some(id), Some("pack")));
    assert_eq!(told(MessageSystemAttributeName::DeadLetterQueueSourceArn), Some(TestCloud::arn("sqs", "jobs")));
    assert_eq!(told(MessageSystemAttributeName::ApproximateReceiveCount), Some("3".to_owned()));
    let sent = super::test_cloud::BEGAN.parse::<jiff::Timestamp>().unwrap().as_millisecond().to_string();
    assert_eq!(told(MessageSystemAttributeName::SentTimestamp), Some(sent), "its age goes on");
}

#[tokio::test]
async fn an_older_handle_deletes_nothing_though_it_is_told_that_all_is_well() {
    let test_cloud = quiet(RESOURCES).await;
    test_cloud.send("jobs", "pack").await;
    let old = test_cloud.receive("jobs").await;
    test_cloud.pass(30).await;
    let new = test_cloud.receive("jobs").await;
    let delete = async |handle: Option<String>| {
        let delete = test_cloud.sqs.delete_message().queue_url(url(&test_cloud, "jobs").await);
        delete.set_receipt_handle(handle).send().await.unwrap();
        test_cloud.count("jobs").await
    };
    assert_eq!(delete(old.receipt_handle).await, 1);
    assert_eq!(delete(new.receipt_handle.clone()).await, 0);
    assert_eq!(delete(new.receipt_handle).await, 0, "deleting twice is no error");
}

#[tokio::test]
async fn a_batch_answers_200_and_entry_by_entry() {
    let test_cloud = quiet(RESOURCES).await;
    let entry =
        |id: &str, body: &str| SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap();
    let send = test_cloud.sqs.send_message_batch().queue_url(url(&test_cloud, "jobs").await);
    let sent = send.entries(entry("good", "pack")).entries(entry("bad", "\u{1}")).send().await.unwrap();
    assert_eq!(sent.successful().iter().map(|sent| sent.id()).collect::<Vec<_>>(), ["good"]);
    let [failed] = sent.failed() else { panic!("one fails: {sent:?}") };
    assert_eq!((failed.id(), failed.code(), failed.sender_fault()), ("bad", "InvalidMessageContents", true));
    assert_eq!(test_cloud.count("jobs").await, 1);
}

#[tokio::test]
async fn every_error_of_the_caller_has_the_status_and_name_that_the_sdk_knows() {
    let test_cloud = quiet(RESOURCES).await;
    let missing = format!("{}/000000000000/no-such-queue", test_cloud.cloud.endpoint());
    let error = test_cloud.sqs.send_message().queue_url(missing).message_body("pack").send().await.unwrap_err();
    assert_eq!(error.raw_response().map(|response| response.status().as_u16()), Some(400));
    assert!(matches!(error.into_service_error(), SendMessageError::QueueDoesNotExist(_)));

    let purge = || async { test_cloud.sqs.purge_queue().queue_url(url(&test_cloud, "jobs").await).send().await };
    purge().await.unwrap();
    let error = purge().await.unwrap_err();
    assert_eq!(error.raw_response().map(|response| response.status().as_u16()), Some(403));
    assert!(matches!(error.into_service_error(), PurgeQueueError::PurgeQueueInProgress(_)));

    let change =
        test_cloud.sqs.change_message_visibility().queue_url(url(&test_cloud, "jobs").await).receipt_handle("nonsense");
    let error = change.visibility_timeout(0).send().await.unwrap_err();
    assert_eq!(error.raw_response().map(|response| response.status().as_u16()), Some(400));
    assert!(matches!(error.into_service_error(), ChangeMessageVisibilityError::ReceiptHandleIsInvalid(_)));
}

#[tokio::test]
async fn only_the_dead_letters_of_queues_can_be_moved_back_and_not_those_of_rules_and_functions() {
    let test_cloud = quiet("  Letters: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }\n").await;
    test_cloud.send("letters", "left by a rule").await;
    let start = test_cloud.sqs.start_message_move_task().source_arn(TestCloud::arn("sqs", "letters"));
    let error = start.send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterValue"));
    let missing = test_cloud.sqs.start_message_move_task().source_arn(TestCloud::arn("sqs", "no-such-queue"));
    let error = missing.send().await.unwrap_err();
    assert_eq!(error.raw_response().map(|response| response.status().as_u16()), Some(404));
    assert!(error.into_service_error().is_resource_not_found_exception());
    assert_eq!(test_cloud.count("letters").await, 1);
}

#[tokio::test]
async fn a_move_task_runs_on_the_clock_at_its_rate_one_at_a_time_and_can_be_cancelled() {
    let test_cloud = quiet(RESOURCES).await;
    for number in 0..5 {
        test_cloud.send("jobs", &number.to_string()).await;
    }
    for _ in 0..3 {
        for _ in 0..5 {
            let receive = test_cloud.sqs.receive_message().queue_url(url(&test_cloud, "jobs").await);
            receive.max_number_of_messages(10).send().await.unwrap();
        }
        test_cloud.pass(30).await;
    }
    assert_eq!(test_cloud.count("letters").await, 5);
    let letters = TestCloud::arn("sqs", "letters");
    let start = || test_cloud.sqs.start_message_move_task().source_arn(&letters).max_number_of_messages_per_second(2);
    let handle = start().send().await.unwrap().task_handle;
    assert_eq!(test_cloud.count("letters").await, 3, "two go at once");
    assert_eq!(start().send().await.unwrap_err().code(), Some("InvalidParameterValue"), "one at a time");
    test_cloud.pass(1).await;
    assert_eq!(test_cloud.count("letters").await, 1);
    let cancelled = test_cloud.sqs.cancel_message_move_task().set_task_handle(handle).send().await.unwrap();
    assert_eq!(cancelled.approximate_number_of_messages_moved, 4);
    test_cloud.pass(10).await;
    assert_eq!(
        (test_cloud.count("letters").await, test_cloud.count("jobs").await),
        (1, 4),
        "what has moved stays moved"
    );
    let tasks = test_cloud.sqs.list_message_move_tasks().source_arn(&letters).send().await.unwrap();
    assert_eq!(tasks.results().first().and_then(|task| task.status()), Some("CANCELLED"));
    start().send().await.unwrap();
    test_cloud.pass(1).await;
    assert_eq!((test_cloud.count("letters").await, test_cloud.count("jobs").await), (0, 5));
}
