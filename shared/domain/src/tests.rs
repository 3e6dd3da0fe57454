//! Tests of the value types: invalid values are errors.

mod registry;

use serde_json::json;

use crate::{
    email::EmailAddress,
    money::{Currency, Money, MoneyError},
    quantity::Quantity,
};

fn euros(amount: i64) -> Money {
    Money { amount, currency: Currency::EUR }
}

#[test]
fn a_currency_is_three_capital_letters() {
    for invalid in ["", "EU", "eur", "Eur", "EURO", "E R", "E1R", "ÄÖÜ"] {
        assert!(Currency::new(invalid).is_err(), "{invalid:?} was accepted as a currency");
    }
    assert_eq!(Currency::new("EUR").unwrap(), Currency::EUR);
    let error = serde_json::from_value::<Money>(json!({ "amount": 1, "currency": "eur" })).unwrap_err();
    assert!(error.to_string().contains("three capital letters"), "{error}");
}

#[test]
fn money_is_never_a_float() {
    serde_json::from_value::<Money>(json!({ "amount": 1.5, "currency": "EUR" })).unwrap_err();
    serde_json::from_value::<Money>(json!({ "amount": "1", "currency": "EUR" })).unwrap_err();
}

#[test]
fn money_that_overflows_is_an_error() {
    assert_eq!(euros(i64::MAX).plus(euros(1)), Err(MoneyError::Overflow));
    assert_eq!(euros(i64::MAX / 2).times(Quantity::new(3).unwrap()), Err(MoneyError::Overflow));
    assert_eq!(euros(2).plus(euros(3)), Ok(euros(5)));
    assert_eq!(euros(2).times(Quantity::new(3).unwrap()), Ok(euros(6)));
}

#[test]
fn two_currencies_cannot_be_added() {
    let yen = Money { amount: 1, currency: Currency::new("JPY").unwrap() };
    assert_eq!(
        euros(1).plus(yen),
        Err(MoneyError::TwoCurrencies { left: Currency::EUR, right: Currency::new("JPY").unwrap() })
    );
}

#[test]
fn money_is_shown_with_the_digits_of_its_currency() {
    let shown = |amount, currency| Money { amount, currency: Currency::new(currency).unwrap() }.to_string();
    assert_eq!(shown(1999, "EUR"), "19.99 EUR");
    assert_eq!(shown(-5, "EUR"), "-0.05 EUR");
    assert_eq!(shown(500, "JPY"), "500 JPY");
    assert_eq!(shown(1234, "KWD"), "1.234 KWD");
    assert_eq!(shown(i64::MIN, "EUR"), "-92233720368547758.08 EUR");
}

#[test]
fn a_quantity_is_at_least_one_and_at_most_a_million() {
    for invalid in [0, Quantity::MAX + 1, u32::MAX] {
        assert!(Quantity::new(invalid).is_err(), "{invalid} was accepted as a quantity");
    }
    assert_eq!(Quantity::new(1).unwrap(), Quantity::ONE);
    serde_json::from_value::<Quantity>(json!(0)).unwrap_err();
    serde_json::from_value::<Quantity>(json!(-1)).unwrap_err();
}

#[test]
fn an_email_address_cannot_inject_a_header() {
    for invalid in ["", "ada", "@example.com", "ada@", "ada@example", "a b@example.com", "ada@ex@ample.com", "ada@x..y"]
    {
        assert!(EmailAddress::new(invalid).is_err(), "{invalid:?} was accepted as an address");
    }
    assert!(EmailAddress::new("ada@example.com\r\nBcc: eve@example.com").is_err());
    assert!(EmailAddress::new("ada@example.com, eve@example.com").is_err());
    assert!(EmailAddress::new(format!("{}@example.com", "a".repeat(250))).is_err());
    assert_eq!(EmailAddress::new("ada+shop@mail.example.com").unwrap().as_str(), "ada+shop@mail.example.com");
}
