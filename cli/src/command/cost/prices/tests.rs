use serde_json::{Value, json};

use super::{ITEMS, PriceError, Prices, of_text};

const REGION: &str = "us-east-1";

fn table() -> Value {
    let price = |item| {
        json!({ "region": REGION, "item": item, "dollars": 0.5, "per": 1000, "unit": "things", "source": "a page",
            "checked": "2026-11-21", "confirmed": true })
    };
    json!({ "prices": ITEMS.iter().map(price).collect::<Vec<_>>() })
}

fn read(table: &Value) -> Result<Prices, PriceError> {
    of_text(&table.to_string(), "prices.json", REGION)
}

fn refused(table: &Value) -> String {
    read(table).unwrap_err().to_string()
}

#[test]
fn a_whole_table_is_read() {
    let prices = read(&table()).unwrap();
    assert_eq!(prices.of.len(), ITEMS.len());
    assert!(prices.of.values().all(|price| price.of_one() == 0.0005));
}

#[test]
fn the_table_of_the_house_has_a_price_of_everything() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/prices.json");
    assert_eq!(super::read(path.as_ref(), REGION).unwrap().of.len(), ITEMS.len());
}

#[test]
fn a_value_that_breaks_a_rule_is_named_with_the_rule() {
    for (field, value, rule) in [
        ("region", json!(" "), "must name a region"),
        ("dollars", json!(-1), "must be 0 or more"),
        ("per", json!(0), "must be more than 0"),
        ("free", json!(-1), "must be 0 or more"),
        ("unit", json!(""), "must say of what"),
        ("source", json!(""), "must say who says so"),
    ] {
        let mut table = table();
        table["prices"][2][field] = value;
        assert_eq!(refused(&table), format!("the prices prices.json are refused: prices[2].{field} {rule}"));
    }
}

#[test]
fn a_value_of_another_kind_is_named_and_so_is_what_nobody_knows() {
    for (field, value, word) in [
        ("dollars", json!("free"), "expected f64"),
        ("checked", json!("soon"), "failed to parse"),
        ("item", json!("cake"), "unknown variant `cake`"),
        ("colour", json!("red"), "unknown field `colour`"),
    ] {
        let mut table = table();
        table["prices"][3][field] = value;
        let error = read(&table).unwrap_err();
        let PriceError::Shape { field: named, source, .. } = &error else { panic!("{error}") };
        assert_eq!(named, &format!("prices[3].{field}"));
        assert!(source.to_string().contains(word), "{source}");
    }
}

#[test]
fn a_price_that_stands_there_twice_or_not_at_all_is_named() {
    let mut twice = table();
    twice["prices"][1]["item"] = twice["prices"][0]["item"].clone();
    assert!(refused(&twice).contains("prices[1].item stands there twice"), "{}", refused(&twice));
    let mut hole = table();
    hole["prices"].as_array_mut().unwrap().pop();
    assert_eq!(refused(&hole), "the prices prices.json have none of keys in us-east-1; add it");
}

#[test]
fn a_region_without_prices_is_refused_with_those_that_have_some() {
    let error = of_text(&table().to_string(), "prices.json", "mars-1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no prices of \"mars-1\" in prices.json: --region is one of us-east-1, or add its prices"
    );
}
