//! What targets get instead of the whole event.

use std::sync::Arc;

use serde_json::{Value, json};

use super::world::{DEAD_LETTERS, FUNCTION, World, clock, events, placed, put, rule, settle};

async fn received(target: Value) -> Vec<String> {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    tokio::spawn(events.clone().run());
    let mut target = target;
    target["Id"] = json!("f");
    target["Arn"] = json!(FUNCTION);
    target["DeadLetterConfig"] = json!({ "Arn": DEAD_LETTERS });
    rule(&events, "reserve", json!([target])).await;
    put(&events, placed()).await;
    settle().await;
    let letters = world.messages(DEAD_LETTERS).into_iter().map(|letter| letter.attributes["ERROR_CODE"].clone());
    world.invoked.lock().unwrap().iter().map(|(_, event)| event.clone()).chain(letters).collect()
}

#[tokio::test]
async fn a_constant_or_a_part_of_the_event_can_take_its_place() {
    assert_eq!(received(json!({ "Input": "{\"a\": 1}" })).await, ["{\"a\": 1}"]);
    assert_eq!(received(json!({ "InputPath": "$.detail.order" })).await, ["\"o-1\""]);
    assert_eq!(received(json!({ "InputPath": "$['detail-type']" })).await, ["\"OrderPlaced\""]);
    assert_eq!(received(json!({ "InputPath": "$.detail.nothing" })).await, ["INVALID_JSON"]);
}

#[tokio::test]
async fn a_template_is_filled_with_text_between_quotes_and_with_json_elsewhere() {
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
async fn a_template_that_makes_no_json_ends_in_the_dead_letters() {
    let transformer = json!({ "InputPathsMap": { "order": "$.detail.order" }, "InputTemplate": "{\"id\": <order>" });
    assert_eq!(received(json!({ "InputTransformer": transformer })).await, ["INVALID_JSON"]);
}
