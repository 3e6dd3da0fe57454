//! The price table: a file in which every price has its region, unit, source and date. A table with a missing price is an
//! error before anything is measured.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What has a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Item {
    /// An event on a custom bus, per chunk of 64 KB.
    BusEvents,
    /// A gigabyte that is written to an archive.
    ArchiveProcessing,
    /// A gigabyte in an archive for a month.
    ArchiveStorage,
    TimersFired,
    FunctionRequests,
    /// A second of a function with a gigabyte of memory, on arm64.
    FunctionSecondsArm,
    /// The same on x86_64.
    FunctionSecondsX86,
    WriteUnits,
    ReadUnits,
    /// A gigabyte in a table for a month.
    TableStorage,
    /// A gigabyte with point-in-time recovery for a month.
    TableRecovery,
    /// A request to a queue, per chunk of 64 KB.
    QueueRequests,
    Mails,
    LogIngestion,
    /// A gigabyte of logs that is kept for a month.
    LogStorage,
    /// A metric of an alarm, for a month.
    AlarmMetrics,
    /// A custom metric, for a month.
    CustomMetrics,
    Dashboards,
    /// A customer managed key, for a month.
    Keys,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

const ITEMS: [Item; 19] = [
    Item::BusEvents,
    Item::ArchiveProcessing,
    Item::ArchiveStorage,
    Item::TimersFired,
    Item::FunctionRequests,
    Item::FunctionSecondsArm,
    Item::FunctionSecondsX86,
    Item::WriteUnits,
    Item::ReadUnits,
    Item::TableStorage,
    Item::TableRecovery,
    Item::QueueRequests,
    Item::Mails,
    Item::LogIngestion,
    Item::LogStorage,
    Item::AlarmMetrics,
    Item::CustomMetrics,
    Item::Dashboards,
    Item::Keys,
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Price {
    pub(super) region: String,
    pub(super) item: Item,
    /// The price of `per` units.
    dollars: f64,
    per: f64,
    pub(super) unit: String,
    /// The units per month in the free tier of an account.
    #[serde(default)]
    pub(super) free: f64,
    /// The page with the price.
    source: String,
    /// When the price was looked up.
    pub(super) checked: Date,
    /// Whether a second source has the same price.
    pub(super) confirmed: bool,
}

impl Price {
    /// The price of one unit.
    pub(super) fn of_one(&self) -> f64 {
        self.dollars / self.per
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    prices: Vec<Price>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prices {
    pub(super) region: String,
    pub(super) of: BTreeMap<Item, Price>,
}

/// An error of the price table in the file `path`.
#[derive(Debug, thiserror::Error)]
pub(super) enum PriceError {
    #[error("cannot read the prices {path}; give the file with --prices")]
    Unreadable { path: String, source: std::io::Error },
    /// A field is missing, unknown, or of the wrong type.
    #[error("the prices {path} are invalid: {field} {}", if field == "." { "is not a price table" } else { "is wrong" })]
    Shape { path: String, field: String, source: serde_json::Error },
    #[error("the prices {path} are invalid: {field} {rule}")]
    Rule { path: String, field: String, rule: &'static str },
    #[error("the prices {path} have no price of {} in {region}; add it", words(missing))]
    Missing { path: String, region: String, missing: Vec<Item> },
    #[error("no prices of {asked:?} in {path}: --region is one of {}, or add its prices", known.join(", "))]
    Region { path: String, asked: String, known: Vec<String> },
}

pub(super) fn read(path: &Path, region: &str) -> Result<Prices, PriceError> {
    let shown = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|source| PriceError::Unreadable { path: shown.clone(), source })?;
    of_text(&text, &shown, region)
}

fn of_text(text: &str, path: &str, region: &str) -> Result<Prices, PriceError> {
    let path = path.to_owned();
    let file: File =
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text)).map_err(|error| {
            PriceError::Shape { path: path.clone(), field: error.path().to_string(), source: error.into_inner() }
        })?;
    let mut seen = BTreeSet::new();
    for (place, price) in file.prices.iter().enumerate() {
        if let Some((field, rule)) = broken(price) {
            return Err(PriceError::Rule { path, field: format!("prices[{place}].{field}"), rule });
        }
        if !seen.insert((&price.region, price.item)) {
            let rule = "is in the table twice for its region; remove one";
            return Err(PriceError::Rule { path, field: format!("prices[{place}].item"), rule });
        }
    }
    let known: BTreeSet<&String> = file.prices.iter().map(|price| &price.region).collect();
    if !known.iter().any(|known| *known == region) {
        let known = known.into_iter().cloned().collect();
        return Err(PriceError::Region { path, asked: region.to_owned(), known });
    }
    let of_region = file.prices.iter().filter(|price| price.region == region);
    let of: BTreeMap<Item, Price> = of_region.map(|price| (price.item, price.clone())).collect();
    let missing: Vec<Item> = ITEMS.into_iter().filter(|item| !of.contains_key(item)).collect();
    if !missing.is_empty() {
        return Err(PriceError::Missing { path, region: region.to_owned(), missing });
    }
    Ok(Prices { region: region.to_owned(), of })
}

fn broken(price: &Price) -> Option<(&'static str, &'static str)> {
    let is_amount = |number: f64| number.is_finite() && number >= 0.0;
    if price.region.trim().is_empty() {
        return Some(("region", "must name a region"));
    }
    if !is_amount(price.dollars) {
        return Some(("dollars", "must be 0 or more"));
    }
    if !is_amount(price.per) || price.per == 0.0 {
        return Some(("per", "must be more than 0"));
    }
    if !is_amount(price.free) {
        return Some(("free", "must be 0 or more"));
    }
    if price.unit.trim().is_empty() {
        return Some(("unit", "must name the unit"));
    }
    price.source.trim().is_empty().then_some(("source", "must name the source"))
}

fn words(items: &[Item]) -> String {
    items.iter().map(Item::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
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
    fn the_price_table_of_the_repository_is_complete() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/prices.json");
        assert_eq!(super::read(path.as_ref(), REGION).unwrap().of.len(), ITEMS.len());
    }

    #[test]
    fn a_value_that_breaks_a_rule_is_named_with_the_rule() {
        for (field, value, rule) in [
            ("region", json!(" "), "must name a region"),
            ("dollars", json!(-1), "must be 0 or more"),
            ("per", json!(0), "must be more than 0"),
            ("free", json!(-1), "must be 0 or more"),
            ("unit", json!(""), "must name the unit"),
            ("source", json!(""), "must name the source"),
        ] {
            let mut table = table();
            table["prices"][2][field] = value;
            assert_eq!(refused(&table), format!("the prices prices.json are invalid: prices[2].{field} {rule}"));
        }
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named_and_so_is_an_unknown_field() {
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
    fn a_duplicate_and_a_missing_price_are_named() {
        let mut twice = table();
        twice["prices"][1]["item"] = twice["prices"][0]["item"].clone();
        assert!(refused(&twice).contains("prices[1].item is in the table twice"), "{}", refused(&twice));
        let mut hole = table();
        hole["prices"].as_array_mut().unwrap().pop();
        assert_eq!(refused(&hole), "the prices prices.json have no price of keys in us-east-1; add it");
    }

    #[test]
    fn a_region_without_prices_is_refused_with_those_that_have_some() {
        let error = of_text(&table().to_string(), "prices.json", "mars-1").unwrap_err();
        assert_eq!(
            error.to_string(),
            "no prices of \"mars-1\" in prices.json: --region is one of us-east-1, or add its prices"
        );
    }
}
