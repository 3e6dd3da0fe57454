use serde_json::Value;

use super::*;

#[test]
fn a_name_finds_the_newest_version_and_a_name_with_a_version_finds_that_one() {
    assert_eq!(find("OrderPlaced").map(|sample| sample.version), Ok(2));
    assert_eq!(find("OrderPlaced.v1").map(|sample| sample.version), Ok(1));
    assert_eq!(find("PlaceOrder").map(|sample| sample.name), Ok("PlaceOrder"));
}

#[test]
fn a_wrong_name_or_version_is_answered_with_what_is_near() {
    let said = |args: &str| find(args).map(|sample| sample.name).map_err(|error| error.to_string());
    assert_eq!(said("PlaceOrdr"), Err("no message is called \"PlaceOrdr\"; did you mean PlaceOrder?".to_owned()));
    assert_eq!(said("placeorder"), Err("no message is called \"placeorder\"; did you mean PlaceOrder?".to_owned()));
    assert_eq!(said("Xylophone"), Err("no message is called \"Xylophone\"".to_owned()));
    let versions = "OrderPlaced has no version \"7\": there is OrderPlaced.v1 and OrderPlaced.v2";
    assert_eq!(said("OrderPlaced.v7"), Err(versions.to_owned()));
}

#[test]
fn the_catalogue_that_is_taken_along_is_the_one_of_the_types() {
    for entry in domain::catalogue() {
        let (name, newest) = (entry.description.name, entry.description.version);
        for version in 1..=newest {
            let sample = find(&format!("{name}.v{version}")).expect("every message has its sample");
            assert!(serde_json::from_str::<Vec<Value>>(sample.text).is_ok_and(|entries| entries.len() == 1), "{name}");
            assert!(serde_json::from_str::<Value>(sample.schema).is_ok_and(|schema| schema["type"] == "object"));
        }
    }
}
