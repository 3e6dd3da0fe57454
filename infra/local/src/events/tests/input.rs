//! The input of targets: constants, parts of the event and templates.

use serde_json::{Value, json};

use super::fixture::{DEAD_LETTERS, FUNCTION, create_rule, order_placed, put, running_service, settle};

async fn received(target: Value) -> Vec<String> {
    let (fakes, _, events) = running_service();
    let mut target = target;
    target["Id"] = json!("f");
    target["Arn"] = json!(FUNCTION);
    target["DeadLetterConfig"] = json!({ "Arn": DEAD_LETTERS });
    create_rule(&events, "reserve", json!([target])).await;
    put(&events, order_placed()).await;
    settle().await;
    let dead_letters = fakes.messages(DEAD_LETTERS).into_iter().map(|message| message.attributes["ERROR_CODE"].clone());
    fakes.invoked.lock().unwrap().iter().map(|(_, event)| event.clone()).chain(dead_letters).collect()
}

#[tokio::test]
async fn the_input_can_be_a_constant_or_a_part_of_the_event() {
    assert_eq!(received(json!({ "Input": "{\"a\": 1}" })).await, ["{\"a\": 1}"]);
    assert_eq!(received(json!({ "InputPath": "$.detail.order" })).await, ["\"o-1\""]);
    assert_eq!(received(json!({ "InputPath": "$['detail-type']" })).await, ["\"OrderPlaced\""]);
    assert_eq!(received(json!({ "InputPath": "$.detail.nothing" })).await, ["INVALID_JSON"]);
}

#[tokio::test]
async fn a_template_is_filled_with_text_inside_quotes_and_with_json_elsewhere() {
    let transformer = json!({
        "InputPathsMap": { "order": "$.detail.order", "detail": "$.detail", "none": "$.detail.none" },
        "InputTemplate": r#"{"id": <order>, "say": "order <order>: <none>!", "all": <detail>, "by": "<aws.events.rule-name>", "less": "<other"}"#,
    });
    let received = received(json!({ "InputTransformer": transformer })).await;
    let expected = json!({
        "id": "o-1", "say": "order o-1: !", "all": { "order": "o-1", "total": 25.5 }, "by": "reserve", "less": "<other",
    });
    assert_eq!(serde_json::from_str::<Value>(&received[0]).unwrap(), expected);
}

#[tokio::test]
async fn a_template_without_a_valid_json_result_is_dead_lettered() {
    let transformer = json!({ "InputPathsMap": { "order": "$.detail.order" }, "InputTemplate": "{\"id\": <order>" });
    assert_eq!(received(json!({ "InputTransformer": transformer })).await, ["INVALID_JSON"]);
}
