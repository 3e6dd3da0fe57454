use super::*;
use crate::command::put::change::change;

fn pattern(text: &str, changes: &[&str], ids: Ids) -> Pattern {
    let changes = changes.iter().map(|text| change(text).expect("a change")).collect();
    Pattern::new(entry::read(text).expect("entries"), changes, ids).expect("the changes fit")
}

fn sample(name: &str) -> &'static str {
    samples::find(name).expect("a sample").text
}

fn rounds(pattern: &Pattern) -> Vec<Message> {
    (1..=2).flat_map(|round| pattern.round(round).expect("messages")).collect()
}

fn detail(message: &Message) -> Value {
    serde_json::from_str(message.entry.detail.as_deref().unwrap_or_default()).expect("JSON")
}

#[test]
fn a_fact_that_is_put_twice_is_the_same_message_and_is_sent_letter_by_letter() {
    let fact = rounds(&pattern(sample("OrderPlaced"), &[], Ids::Completed));
    assert_eq!(fact[0].id, fact[1].id);
    let correlation = Some("36212d30-e251-50a0-8c4f-4e2a2c0d1e69");
    assert_eq!(fact[0].correlation.as_deref(), correlation, "it belongs to its sample's story");
    assert_eq!(fact[0].entry, entry::read(sample("OrderPlaced")).expect("entries")[0]);
}

#[test]
fn a_command_gets_an_id_so_that_a_second_try_is_no_second_message() {
    let command = rounds(&pattern(sample("PlaceOrder"), &[], Ids::Completed));
    assert!(command[0].id.is_some());
    assert_ne!(command[0].id, command[1].id);
    let bare = rounds(&pattern(sample("PlaceOrder"), &[], Ids::AsTheyAre));
    assert_eq!(bare[0].id, None);
    let foreign = r#"{"Source": "shop", "DetailType": "Till", "Detail": {"data": {}}}"#;
    assert_eq!(rounds(&pattern(foreign, &[], Ids::Completed))[0].id, None, "what is not ours is left alone");
}

#[test]
fn fresh_ids_are_new_in_each_round_and_agree_within_it() {
    let facts = rounds(&pattern(sample("OrderPlaced"), &[], Ids::Fresh));
    assert_ne!(facts[0].id, facts[1].id);
    let (one, other) = (detail(&facts[0]), detail(&facts[1]));
    assert_ne!(one["metadata"]["correlationId"], other["metadata"]["correlationId"]);
    assert_eq!(one["metadata"]["correlationId"], one["metadata"]["causationId"], "they were the same before");
    let story = format!("[{}, {}]", one_of(sample("OrderPlaced.v1")), one_of(sample("OrderPlaced.v2")));
    let both = pattern(&story, &[], Ids::Fresh).round(1).expect("messages");
    assert_eq!(both[0].id, both[1].id, "one message said twice stays one");
}

fn one_of(list: &str) -> &str {
    list.trim().trim_start_matches('[').trim_end_matches(']')
}

#[test]
fn running_numbers_and_uuids_are_filled_in() {
    let changes = ["orderId=o-{n}", "contactEmail={number}@example.com", "userId={uuid}", "lines.0.sku=sku-{uuid}"];
    let messages = rounds(&pattern(sample("PlaceOrder"), &changes, Ids::Fresh));
    assert_eq!(messages.iter().map(|message| message.number).collect::<Vec<_>>(), [1, 2]);
    let (one, two) = (detail(&messages[0]), detail(&messages[1]));
    assert_eq!((&one["data"]["orderId"], &two["data"]["orderId"]), (&json!("o-1"), &json!("o-2")));
    assert_eq!(two["data"]["contactEmail"], json!("2@example.com"));
    assert_ne!(one["data"]["userId"], two["data"]["userId"]);
    let uuid = one["data"]["userId"].as_str().unwrap_or_default();
    assert_eq!(one["data"]["lines"][0]["sku"], json!(format!("sku-{uuid}")), "one message has one");
}

#[test]
fn an_id_that_is_set_stays_and_a_field_of_the_wrong_kind_is_refused() {
    let set = rounds(&pattern(sample("OrderPlaced"), &["eventId=mine"], Ids::Fresh));
    assert_eq!(set[0].id.as_deref(), Some("mine"));
    let wrong = pattern(sample("PlaceOrder"), &["Source=[]"], Ids::Completed).round(1);
    assert!(wrong.is_err_and(|error| error.to_string().contains("Source must be a text")));
}
