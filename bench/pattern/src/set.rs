//! The rules and events of both sides. The rules match source and detail type by name, and one to three fields of the
//! detail by value, prefix, suffix, anything-but, numeric range or existence.

use serde_json::{Value, json};

/// The number of detail types; if there are more rules, several match the same type.
const TYPES: usize = 200;
/// The number of events.
const EVENTS: usize = 40;
const STATUSES: [&str; 4] = ["new", "paid", "packed", "returned"];
const PAYMENTS: [&str; 3] = ["card", "transfer", "invoice"];

/// The patterns of so many rules, all different.
pub(crate) fn patterns(count: usize) -> Vec<String> {
    (0..count).map(|number| pattern(number).to_string()).collect()
}

fn pattern(number: usize) -> Value {
    let (kind, round) = (number % TYPES, number / TYPES);
    let customer = format!("c-{}-", number % 1_000);
    let not = json!({ "anything-but": ["new", STATUSES[round % 4]] });
    // Every detail type has each kind of rule.
    let detail = match (kind + round) % 5 {
        0 => json!({ "customer": { "id": [customer + "ada"] }, "payment": [PAYMENTS[round % 3]] }),
        1 => json!({ "customer": { "id": [{ "prefix": customer }] }, "shop": [format!("shop-{}", round % 10), "web"] }),
        2 => {
            json!({ "customer": { "id": [customer + "ada"] }, "status": [not] })
        }
        3 => json!({ "total": [{ "numeric": [">", number, "<=", number + 20] }] }),
        _ => json!({ "sku": [{ "suffix": format!("-{}", number % 1_000) }], "coupon": [{ "exists": round % 2 == 0 }] }),
    };
    json!({ "source": [format!("shop.{}", kind % 20)], "detail-type": [format!("Event{kind}")], "detail": detail })
}

/// The events, as EventBridge delivers them.
pub(crate) fn events() -> Vec<String> {
    (0..EVENTS).map(|number| event(number).to_string()).collect()
}

fn event(number: usize) -> Value {
    // Each event matches a rule of its own type; every third one matches one of the first rules.
    let kind = number * TYPES / EVENTS + number % 5;
    let round = if number.is_multiple_of(3) { 0 } else { number % 10 * 5 };
    let rule = kind + round * TYPES;
    let mut detail = json!({
        "orderId": format!("o-{number}"),
        "customer": {
            "id": format!("c-{}-ada", rule % 1_000), "name": "Ada Example", "vip": number.is_multiple_of(3),
        },
        "status": STATUSES[number % 4],
        "payment": PAYMENTS[number % 3],
        "total": rule as f64 + 0.5,
        "shop": format!("shop-{}", round % 10),
        "sku": format!("mug-{}", rule % 1_000),
        "address": { "street": "1 Analytical Road", "city": "Berlin", "postalCode": "10115", "country": "DE" },
        "lines": [
            { "sku": "mug", "quantity": 2, "unitPrice": { "amount": 1499, "currency": "EUR" } },
            { "sku": "pen", "quantity": 1, "unitPrice": { "amount": 250, "currency": "EUR" } },
        ],
    });
    if number.is_multiple_of(2) {
        detail["coupon"] = json!("WINTER");
    }
    json!({
        "version": "0", "id": format!("6a7e8feb-b491-4cf7-a9f1-bf37034677{number:02}"),
        "detail-type": format!("Event{kind}"), "source": format!("shop.{}", kind % 20), "account": "111122223333",
        "time": "2026-11-22T18:43:48Z", "region": "eu-west-1", "resources": [], "detail": detail,
    })
}
