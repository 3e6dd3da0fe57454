//! Families of messages: names, versions, upcasting and limits.

use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::testing::tests::raw;

/// Version 3: the price has a currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LampSold {
    to: Vec<String>,
    cents: u64,
    currency: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LampMended {
    note: String,
}

mod v2 {
    #[derive(serde::Deserialize)]
    pub(super) struct LampSold {
        pub(super) to: Vec<String>,
        pub(super) cents: u64,
    }

    impl From<LampSold> for super::LampSold {
        fn from(old: LampSold) -> Self {
            Self { to: old.to, cents: old.cents, currency: "EUR".to_owned() }
        }
    }
}

mod v1 {
    #[derive(serde::Deserialize)]
    pub(super) struct LampSold {
        pub(super) to: String,
        pub(super) euros: u64,
    }

    impl From<LampSold> for super::v2::LampSold {
        fn from(old: LampSold) -> Self {
            Self { to: vec![old.to], cents: old.euros * 100 }
        }
    }
}

crate::events! {
    /// What can happen to a lamp in a shop.
    pub(crate) enum ShopEvent: events of "shop" {
        LampSold = 3 <- v2::LampSold <- v1::LampSold,
        LampMended = 1,
    }
}

fn decode(version: u32, body: serde_json::Value) -> Result<ShopEvent, DecodeError> {
    ShopEvent::decode("LampSold", version, &raw(&body))
}

#[test]
fn every_older_version_is_upcast_to_the_newest() {
    let sold = |currency: &str| {
        let sold = LampSold { to: vec!["ann".to_owned()], cents: 500, currency: currency.to_owned() };
        ShopEvent::from(sold)
    };
    assert_eq!(decode(1, json!({ "to": "ann", "euros": 5 })).unwrap(), sold("EUR"));
    assert_eq!(decode(2, json!({ "to": ["ann"], "cents": 500 })).unwrap(), sold("EUR"));
    assert_eq!(decode(3, json!({ "to": ["ann"], "cents": 500, "currency": "CHF" })).unwrap(), sold("CHF"));
}

#[test]
fn an_unknown_name_or_version_is_an_error() {
    assert!(matches!(decode(0, json!({})), Err(DecodeError::NoSuchVersion { name: "LampSold", version: 0 })));
    assert!(matches!(decode(4, json!({})), Err(DecodeError::Newer { name: "LampSold", version: 4, known: 3 })));
    let unknown = ShopEvent::decode(&"X".repeat(1_000), 1, &raw(&json!({})));
    assert!(matches!(unknown, Err(DecodeError::Unknown { name }) if name.len() == 128));
    let error = decode(2, json!({ "to": ["ann", 7], "cents": 1 })).unwrap_err();
    assert!(error.to_string().starts_with("LampSold v2, field to[1]: invalid type"), "{error}");
    let newest_body = json!({ "to": ["ann"], "cents": 500, "currency": "CHF" });
    assert!(matches!(decode(1, newest_body), Err(DecodeError::Malformed { version: 1, .. })));
}

#[test]
fn an_encoded_message_is_decoded_the_same() {
    let events =
        [LampMended { note: "Grüße 🦀".to_owned() }.into(), decode(1, json!({ "to": "bob", "euros": 1 })).unwrap()];
    for event in events {
        let encoded = event.encode().unwrap();
        assert_eq!(encoded.name, event.name());
        assert_eq!(ShopEvent::decode(&encoded.name, encoded.version, &encoded.data).unwrap(), event);
    }
}

#[test]
fn encoded_messages_are_equal_if_name_version_and_body_are() {
    let mended = |note: &str| Encoded::of(&LampMended { note: note.to_owned() }).unwrap();
    assert_eq!(mended("wick"), mended("wick"));
    assert_ne!(mended("wick"), mended("glass"));
    assert_ne!(mended("wick"), Encoded { name: "LampSold".to_owned(), ..mended("wick") });
    assert_ne!(mended("wick"), Encoded { version: 2, ..mended("wick") });
}

#[test]
fn a_family_describes_its_members() {
    assert_eq!(ShopEvent::NAMES, ["LampSold", "LampMended"]);
    let described: Vec<_> = ShopEvent::descriptions().iter().map(|one| (one.name, one.version, one.context)).collect();
    assert_eq!(described, [("LampSold", 3, "shop"), ("LampMended", 1, "shop")]);
    let [sold, _] = ShopEvent::descriptions().try_into().expect("two members");
    assert_eq!(sold.kind, Kind::Event);
    assert_eq!((sold.schema)().as_value()["properties"]["currency"]["type"], "string");
    assert_eq!(crate::testing::tests::DimLamp::KIND, Kind::Command);
}

#[test]
fn a_message_of_more_than_192_kib_is_not_encoded() {
    let empty = Encoded::of(&LampMended { note: String::new() }).unwrap().data.get().len();
    let of = |bytes: usize| Encoded::of(&LampMended { note: "x".repeat(bytes - empty) });
    assert_eq!(of(196_608).unwrap().data.get().len(), 196_608);
    assert_eq!(of(196_609), Err(EncodeError::TooLarge { name: "LampMended", bytes: 196_609 }));
}
