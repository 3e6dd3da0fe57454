//! Users and carts: registered, changed, checked out, expired.

use domain::{
    cart::{CartCheckedOut, CartEvent},
    order::OrderEvent,
    user::UserEvent,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{final_state::FinalState, shop_commands::Shop};

/// The number of carts that nobody touches.
const IDLE: u32 = 4;

pub(super) fn user(shop: &Shop) {
    let profile = |name: &str| json!({ "name": name });
    let ada = json!({ "userId": "u-ada", "email": "ada@users.example.com", "profile": profile("Ada") });
    shop.send(SignedDuration::ZERO, "RegisterUser", ada.clone());
    shop.send(SignedDuration::from_mins(1), "RegisterUser", ada);
    let later = [
        ("UpdateUserEmail", json!({ "userId": "u-ada", "email": "byron@users.example.com" })),
        ("UpdateUserProfile", json!({ "userId": "u-ada", "profile": profile("Ada Byron") })),
        ("DeactivateUser", json!({ "userId": "u-ada" })),
    ];
    for (name, data) in later {
        shop.send(SignedDuration::from_mins(2), name, data);
    }
    // Two hours later nothing is late any more.
    shop.send(SignedDuration::from_hours(2), "ReactivateUser", json!({ "userId": "u-ada" }));
}

/// The user is registered once and active; whatever the order of the changes, an inactive user was not changed.
pub(super) fn user_end(end: &FinalState) -> Vec<String> {
    let events = end.events::<UserEvent>("user", "u-ada");
    let mut breaches = Vec::new();
    let (mut registered, mut active) = (0, false);
    for event in &events {
        match event {
            UserEvent::UserRegistered(_) => (registered, active) = (registered + 1, true),
            UserEvent::UserActivated(_) => active = true,
            UserEvent::UserDeactivated(_) => active = false,
            UserEvent::UserEmailUpdated(_) | UserEvent::UserUpdated(_) if active => {}
            UserEvent::UserEmailUpdated(_) | UserEvent::UserUpdated(_) => {
                breaches.push(format!("an inactive user was changed: {events:?}"));
            }
        }
    }
    if (registered, active) != (1, true) {
        breaches.push(format!("user/u-ada was registered {registered} times, active: {active}"));
    }
    breaches
}

fn add(user: &str, sku: &str, quantity: u32) -> Value {
    json!({ "userId": user, "sku": sku, "quantity": quantity, "unitPrice": { "amount": 250, "currency": "EUR" } })
}

pub(super) fn check_out(shop: &Shop) {
    shop.stock("cup", 5);
    shop.send_copies("AddToCart", "add-cup", 2, &add("u-cart", "cup", 2));
    let check_out = json!({ "userId": "u-cart", "changes": 1, "contactEmail": "cart@users.example.com" });
    shop.send_copies("CheckOutCart", "early", 2, &check_out);
    shop.send(SignedDuration::from_hours(2), "CheckOutCart", check_out.clone());
    shop.send(SignedDuration::from_hours(2), "CheckOutCart", check_out);
}

/// The cart is checked out once, and its order has its lines.
pub(super) fn check_out_end(end: &FinalState) -> Vec<String> {
    let events = end.events::<CartEvent>("cart", "u-cart");
    let checked_out: Vec<&CartCheckedOut> = events
        .iter()
        .filter_map(|event| match event {
            CartEvent::CartCheckedOut(checked_out) => Some(checked_out),
            _ => None,
        })
        .collect();
    let [checked_out] = checked_out[..] else {
        return vec![format!("cart/u-cart was not checked out once: {events:?}")];
    };
    match end.events::<OrderEvent>("order", checked_out.order_id.as_str()).first() {
        Some(OrderEvent::OrderPlaced(placed))
            if placed.total == checked_out.total && placed.lines.len() == 1 && placed.lines[0].quantity.get() == 2 =>
        {
            Vec::new()
        }
        other => vec![format!("the order of cart/u-cart is {other:?}")],
    }
}

pub(super) fn expiry(shop: &Shop) {
    for number in 0..IDLE {
        shop.send(SignedDuration::ZERO, "AddToCart", add(&format!("u-idle-{number}"), "cup", 1));
    }
    shop.send(SignedDuration::ZERO, "CartExpiryDue", json!({}));
    for _ in 0..2 {
        shop.send(SignedDuration::from_hours(31 * 24), "CartExpiryDue", json!({}));
    }
}

/// Each cart expired once.
pub(super) fn expiry_end(end: &FinalState) -> Vec<String> {
    let carts = (0..IDLE).map(|number| format!("u-idle-{number}"));
    let wrong = carts.filter_map(|user| {
        let events = end.events::<CartEvent>("cart", &user);
        let once = matches!(events[..], [CartEvent::ItemAddedToCart(_), CartEvent::CartExpired(_)]);
        (!once).then(|| format!("cart/{user} is {events:?}"))
    });
    wrong.collect()
}
