use serde_json::json;

use super::*;
use crate::samples::find;

/// PlaceOrder, opened, with its schema.
fn order() -> (Value, Option<Value>) {
    let sample = find("PlaceOrder").expect("a sample");
    let mut entries: Vec<Value> = serde_json::from_str(sample.text).expect("entries");
    let mut entry = entries.remove(0);
    let detail = entry["Detail"].as_str().expect("a text").to_owned();
    entry["Detail"] = serde_json::from_str(&detail).expect("JSON");
    (entry, serde_json::from_str(sample.schema).ok())
}

fn changed(spelled: &str) -> Result<Value, String> {
    let changes = [change(spelled)?];
    let (mut entry, schema) = order();
    check(&[(entry.clone(), schema.clone())], &changes).map_err(|error| error.to_string())?;
    let fill = |text: &str| text.replace("{n}", "12");
    apply(&mut entry, schema.as_ref(), &changes, fill).map_err(|error| error.to_string())?;
    Ok(entry)
}

fn shows(spelled: &str, pointer: &str, expected: Value) {
    let entry = changed(spelled).expect("the change is made");
    assert_eq!(entry.pointer(pointer), Some(&expected), "{spelled}: {entry}");
}

#[test]
fn a_path_may_begin_anywhere_between_the_entry_and_the_body() {
    shows("detail.data.orderId=o-7", "/Detail/data/orderId", json!("o-7"));
    shows("Detail.data.orderId=o-7", "/Detail/data/orderId", json!("o-7"));
    shows("data.orderId=o-7", "/Detail/data/orderId", json!("o-7"));
    shows("orderId=o-{n}", "/Detail/data/orderId", json!("o-12"));
    shows("Source=shop", "/Source", json!("shop"));
    shows("Resources.0=order/o-7", "/Resources/0", json!("order/o-7"));
    shows("metadata.userId=u-9", "/Detail/metadata/userId", json!("u-9"));
}

#[test]
fn a_value_is_json_where_it_can_be_and_text_where_only_text_will_do() {
    shows("lines.0.quantity=3", "/Detail/data/lines/0/quantity", json!(3));
    shows("lines[0].quantity=3", "/Detail/data/lines/0/quantity", json!(3));
    shows("orderId=1001", "/Detail/data/orderId", json!("1001"));
    shows("lines=[]", "/Detail/data/lines", json!([]));
    shows("contactEmail=null", "/Detail/data/contactEmail", Value::Null);
    shows("lines.0.quantity=many", "/Detail/data/lines/0/quantity", json!("many"));
}

#[test]
fn a_list_grows_by_its_next_place_and_by_no_other() {
    shows("lines.1.sku=tea", "/Detail/data/lines/1/sku", json!("tea"));
    assert!(changed("lines.5.sku=tea").is_err_and(|error| error.contains("the list has 1 items")));
}

#[test]
fn a_path_that_does_not_exist_is_refused_with_those_that_are_near() {
    let refused = |spelled: &str| changed(spelled).err().unwrap_or_default();
    assert_eq!(refused("data.ordrId=o-7"), "PlaceOrder has no \"data.ordrId\"; did you mean data.orderId?");
    assert!(refused("quantity=3").contains("data.lines.0.quantity"), "{}", refused("quantity=3"));
    assert!(refused("detail.data.shippingAddress.town=Bonn").contains("has no"), "paths are checked to their end");
    assert!(refused("orderId").contains("path=value"));
    assert!(refused("data..orderId=1").contains("no path"));
}
