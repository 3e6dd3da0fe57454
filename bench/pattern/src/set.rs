//! The rules and the events that both sides get. The rules have what rules usually have: source and detail type by
//! name, and one to three fields of the detail, by name, prefix, suffix, anything-but, a range, or that they are there.

use serde_json::Value;
use serde_json::json;

/// Detail types that rules ask for; with more rules than these, several ask for the same.
const TYPES: usize = 200;
/// Events of as many of these types.
const EVENTS: usize = 40;
const STATUSES: [&str; 4] = ["new", "paid", "packed", "returned"];
const CURRENCIES: [&str; 3] = ["EUR", "USD", "CHF"];

/// The patterns of so many rules, no two alike.
pub(crate) fn patterns(count: usize) -> Vec<String> {
    (0..count).map(|number| pattern(number).to_string()).collect()
}

fn pattern(number: usize) -> Value {
    // Every detail type gets each kind of rule, and no rule is another's copy.
    let (kind, round) = ((number / TYPES + number) % 5, number / TYPES);
    let customer = format!("c-{}", round % 10);
    let detail = match kind {
        0 => json!({ "currency": [CURRENCIES[round % 3]], "customer": { "id": [format!("c-{round}")] } }),
        1 => json!({ "customer": { "id": [{ "prefix": customer }] }, "shop": [format!("shop-{round}"), "shop-1"] }),
        2 => {
            json!({ "status": [{ "anything-but": ["new", STATUSES[1 + round % 3]] }], "customer": { "id": [format!("c-{round}")] } })
        }
        3 => json!({ "total": [{ "numeric": [">", round * 10, "<=", round * 10 + 300] }] }),
        _ => json!({ "sku": [{ "suffix": format!("-{round}") }], "coupon": [{ "exists": round % 2 == 0 }] }),
    };
    let kind = number % TYPES;
    json!({ "source": [format!("shop.{}", kind % 20)], "detail-type": [format!("Event{kind}")], "detail": detail })
}

/// The events, as the bus has them.
pub(crate) fn events() -> Vec<String> {
    (0..EVENTS).map(|number| event(number).to_string()).collect()
}

fn event(number: usize) -> Value {
    let kind = number * TYPES / EVENTS;
    let mut detail = json!({
        "orderId": format!("o-{number}"),
        "customer": { "id": format!("c-{}", number % 50), "name": "Ada Example", "vip": number.is_multiple_of(3) },
        "status": STATUSES[number % 4],
        "currency": CURRENCIES[number % 3],
        "total": number as f64 * 13.5,
        "shop": format!("shop-{}", number % 7),
        "sku": format!("mug-{}", number % 12),
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
