//! Timers: a deadline that waits is seen with its order, and can be taken back.

use aws_sdk_scheduler::{
    Client,
    types::{EventBridgeParameters, FlexibleTimeWindow, FlexibleTimeWindowMode, Target},
};
use causeway::{StreamId, time::timers::TimerKey};
use causeway_cli::command_status::CommandStatus;
use serde_json::{Value, json};

use crate::stage::Stage;

/// Sets the deadline of a stream, as the relay would, for a time that no test lives to see.
async fn set(stage: &Stage, stream: &str) {
    let client = Client::new(stage.running.apps.sdk());
    let groups = client.list_schedule_groups().name_prefix("causeway").send().await.expect("groups").schedule_groups;
    let group = groups[0].name().expect("a name");
    let (context, id) = stream.split_once('/').expect("a stream");
    let stream_id = StreamId::parse(stream).expect("a stream");
    let key = TimerKey { stream: stream_id, name: "deadline".to_owned() };
    let input = json!({
        "eventId": "t-1", "eventType": "FulfilmentDeadlinePassed", "eventVersion": 1, "aggregateType": context,
        "aggregateId": id, "timestamp": "2199-01-01T00:00:00Z",
        "data": { "orderId": id, "deadline": "2199-01-01T00:00:00Z" },
        "metadata": { "correlationId": "c-1", "causationId": "c-1" },
    });
    let target = Target::builder()
        .arn("arn:aws:events:us-east-1:000000000000:event-bus/causeway")
        .role_arn("arn:aws:iam::000000000000:role/timers")
        .event_bridge_parameters(
            EventBridgeParameters::builder()
                .detail_type("FulfilmentDeadlinePassed")
                .source("causeway.fulfilment")
                .build()
                .expect("parameters"),
        )
        .input(input.to_string());
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().expect("a window");
    let call = client.create_schedule().name(key.schedule_name()).group_name(group).flexible_time_window(window);
    let call = call.schedule_expression("at(2199-01-01T00:00:00)").target(target.build().expect("a target"));
    call.send().await.expect("a schedule");
}

async fn streams(stage: &Stage) -> Vec<Value> {
    stage.json(&["timers", "ls"]).await.into_iter().map(|timer| timer["stream"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_is_listed_with_the_stream_it_belongs_to_and_what_it_says() {
    let stage = Stage::open().await;
    assert_eq!(stage.output(&["timers", "ls"]).await.text, "no timers are pending\n");
    for stream in ["fulfilment/o-1", "fulfilment/o-2"] {
        set(&stage, stream).await;
    }
    let printed = stage.output(&["timers", "ls"]).await.text;
    for word in ["2199-01-01T00:00:00Z", "FulfilmentDeadlinePassed", "fulfilment/o-1", "fulfilment/o-2"] {
        assert!(printed.contains(word), "{word} is missing in\n{printed}");
    }
    let one = stage.json(&["timers", "ls", "--stream", "fulfilment/o-2"]).await;
    assert_eq!(one.len(), 1);
    assert_eq!((&one[0]["stream"], &one[0]["envelope"]["eventId"]), (&json!("fulfilment/o-2"), &json!("t-1")));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_is_taken_back_by_its_stream_its_key_or_its_schedule() {
    let stage = Stage::open().await;
    for stream in ["fulfilment/o-1", "fulfilment/o-2", "fulfilment/o-3", "fulfilment/o-4"] {
        set(&stage, stream).await;
    }
    let third = stage.json(&["timers", "ls", "--stream", "fulfilment/o-3"]).await.remove(0);
    let name = third["name"].as_str().expect("a name");
    for timer in ["fulfilment/o-1", "fulfilment/o-2#deadline", name] {
        assert_eq!(stage.output(&["timers", "cancel", timer, "--yes"]).await.ended, CommandStatus::Done, "{timer}");
        assert_eq!(stage.output(&["timers", "cancel", timer, "--yes"]).await.ended, CommandStatus::NotFound, "{timer}");
    }
    assert_eq!(streams(&stage).await, [json!("fulfilment/o-4")]);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_anybody_to_ask_nothing_is_taken_back() {
    let stage = Stage::open().await;
    set(&stage, "fulfilment/o-1").await;
    let error = stage.call(&["timers", "cancel", "fulfilment/o-1"]).await.expect_err("nobody answers");
    assert!(error.to_string().contains("give --yes"), "{error}");
    assert_eq!(streams(&stage).await, [json!("fulfilment/o-1")]);
    let error = stage.call(&["timers", "ls", "--stack", "other"]).await.expect_err("no group");
    assert!(error.to_string().contains("--stack"), "{error}");
    stage.close().await;
}
