//! Carts: check-outs become orders, and carts that nobody changes expire.

use causeway::{message::system::CommandRejected, view::Page};
use domain::{
    cart::{CartCheckedOut, CartContent, CartExpired, DAYS_UNTIL_EXPIRY},
    order::{OrderDetails, OrderPlaced, OrderStatus, OrderSummary},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{receive, test_app::TestApp};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn add(user: &str, sku: &str, quantity: u32) -> Value {
    let price = json!({ "amount": 1000, "currency": "EUR" });
    json!({ "userId": user, "sku": sku, "quantity": quantity, "unitPrice": price })
}

fn check_out(user: &str, changes: u64) -> Value {
    json!({ "userId": user, "changes": changes, "contactEmail": "ada@example.com" })
}

/// The users with a cart that has a content, the longest untouched first.
fn open_carts(app: &TestApp) -> Vec<String> {
    let rows = app.list::<CartContent>(CartContent::OPEN, &Page { newest_first: false, limit: 1000, after: None });
    rows.rows.iter().map(|row| row.user_id.to_string()).collect()
}

#[test]
fn a_check_out_places_an_order_for_the_lines_of_the_cart() {
    let app = TestApp::new(20).delivering_each(3);
    app.publish("ReceiveStock", receive("mug", 5));
    app.publish("ViewProduct", json!({ "userId": "u-1", "sku": "mug" }));
    app.publish("AddToCart", add("u-1", "mug", 2));
    app.publish("AddToCart", add("u-1", "tea", 1));
    app.publish("RemoveFromCart", json!({ "userId": "u-1", "sku": "tea" }));
    let cart = app.row::<CartContent>("u-1");
    assert_eq!((cart.lines.len(), cart.total.unwrap().amount, cart.changes), (1, 2000, 3));

    app.publish("CheckOutCart", check_out("u-1", 3));
    let checked_out = &app.published::<CartCheckedOut>()[0];
    let order = app.row::<OrderDetails>(checked_out.order_id.as_str());
    assert_eq!((order.status, order.total.amount, order.user_id.as_str()), (OrderStatus::Completed, 2000, "u-1"));
    assert_eq!((order.lines[0].sku.as_str(), order.lines[0].quantity.get()), ("mug", 2));
    assert_eq!((app.row::<CartContent>("u-1").lines.len(), open_carts(&app)), (0, vec![]));
    app.assert_no_dead_letters();
}

#[test]
fn a_check_out_that_is_sent_twice_or_repeated_late_places_one_order() {
    let app = TestApp::new(21);
    app.publish("ReceiveStock", receive("mug", 9));
    app.publish("AddToCart", add("u-1", "mug", 1));
    // The user clicks twice; these are two commands.
    app.publish_all([("CheckOutCart", check_out("u-1", 1)), ("CheckOutCart", check_out("u-1", 1))]);
    app.publish("AddToCart", add("u-1", "mug", 5));
    app.publish("CheckOutCart", check_out("u-1", 1));
    assert_eq!(app.published::<OrderPlaced>().len(), 1);
    assert_eq!(app.row::<CartContent>("u-1").lines[0].quantity.get(), 5);
    assert_eq!(app.published::<CommandRejected>(), []);
}

#[test]
fn a_rejected_check_out_takes_nothing_when_it_is_delivered_again() {
    let app = TestApp::new(22);
    app.publish("CheckOutCart", check_out("u-1", 0));
    app.publish("AddToCart", add("u-1", "mug", 1));
    app.publish("CheckOutCart", check_out("u-1", 0));
    let rules: Vec<String> = app.published::<CommandRejected>().into_iter().map(|rejected| rejected.rule).collect();
    assert_eq!(rules, ["EmptyCart", "CartChanged"]);
    assert_eq!(app.published::<OrderPlaced>(), []);
    assert_eq!(open_carts(&app), ["u-1"]);
}

#[test]
fn an_order_of_a_cart_that_is_out_of_stock_is_cancelled_and_the_cart_stays_empty() {
    let app = TestApp::new(23);
    app.publish("AddToCart", add("u-1", "rare", 1));
    app.publish("CheckOutCart", check_out("u-1", 1));
    let order = app.published::<CartCheckedOut>()[0].order_id.clone();
    assert_eq!(app.row::<OrderSummary>(order.as_str()).status, OrderStatus::Cancelled);
    assert_eq!(open_carts(&app), Vec::<String>::new());
}

#[test]
fn carts_that_nobody_changed_for_30_days_expire_once_over_all_pages() {
    let app = TestApp::new(24);
    let users: Vec<String> = (0..90).map(|number| format!("u-{number:03}")).collect();
    app.publish_all(users.iter().map(|user| ("AddToCart", add(user, "mug", 1))));
    app.advance(DAY * (DAYS_UNTIL_EXPIRY as i32 - 1));
    app.publish("CartExpiryDue", json!({}));
    assert_eq!(open_carts(&app).len(), 90, "a day too early");

    app.publish("AddToCart", add("u-007", "tea", 1));
    app.publish("CheckOutCart", check_out("u-008", 1));
    app.publish("ViewProduct", json!({ "userId": "u-009", "sku": "tea" }));
    app.advance(DAY);
    // The schedule fires twice at the same time, and a buyer checks out while it runs.
    app.publish_all([
        ("CartExpiryDue", json!({})),
        ("CheckOutCart", check_out("u-010", 1)),
        ("CartExpiryDue", json!({})),
    ]);
    app.publish("CartExpiryDue", json!({}));
    assert_eq!(open_carts(&app), ["u-007"]);
    let ended = app.published::<CartExpired>().len() + app.published::<CartCheckedOut>().len();
    assert_eq!(ended, 89, "each cart ends once");
    app.assert_no_dead_letters();
}

#[test]
fn the_sender_of_the_schedules_command_cannot_expire_carts_before_their_time() {
    let app = TestApp::new(25);
    app.publish("AddToCart", add("u-1", "mug", 1));
    app.publish_detail("CartExpiryDue", json!({ "timestamp": "2099-01-01T00:00:00Z", "data": {} }));
    assert_eq!(open_carts(&app), ["u-1"]);
}
