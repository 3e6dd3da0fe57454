//! Scenarios of carts.

use causeway::{
    Decider, Effect, Message, StreamId,
    command::decider::fold,
    memory::MemoryIds,
    testing::{assert_idempotent, given, given_view},
};

use super::*;
use crate::{
    ids::{OrderId, UserId},
    money::{Currency, Money},
    order::{Order, OrderEvent, OrderState, PlaceOrder, RequestedLine},
    quantity::Quantity,
};

fn user_id() -> UserId {
    "u-1".parse().unwrap()
}

/// The id of the order of a check-out after this number of changes.
fn order_id(changes: u64) -> OrderId {
    user_id().cast().derived(&format!("check-out/{changes}")).cast()
}

fn euros(amount: i64) -> Money {
    Money { amount, currency: Currency::EUR }
}

fn add(sku: &str, quantity: u32, amount: i64) -> CartCommand {
    AddToCart { user_id: user_id(), sku: sku.parse().unwrap(), quantity, unit_price: euros(amount) }.into()
}

fn remove(sku: &str) -> CartCommand {
    RemoveFromCart { user_id: user_id(), sku: sku.parse().unwrap() }.into()
}

fn check_out(changes: u64) -> CartCommand {
    CheckOutCart { user_id: user_id(), changes, shipping_address: None, contact_email: None }.into()
}

fn expire(changes: u64) -> CartCommand {
    ExpireCart { user_id: user_id(), changes }.into()
}

fn line(sku: &str, quantity: u32, amount: i64) -> CartLine {
    let quantity = Quantity::new(quantity).unwrap();
    CartLine { sku: sku.parse().unwrap(), quantity, unit_price: euros(amount) }
}

fn added<const N: usize>(sku: &str, added: u32, lines: [CartLine; N], total: i64) -> CartEvent {
    let (user_id, sku, added) = (user_id(), sku.parse().unwrap(), Quantity::new(added).unwrap());
    ItemAddedToCart { user_id, sku, added, lines: lines.into(), total: euros(total) }.into()
}

fn two_mugs() -> CartEvent {
    added("mug", 2, [line("mug", 2, 1499)], 2998)
}

fn and_a_tea() -> CartEvent {
    added("tea", 1, [line("mug", 2, 1499), line("tea", 1, 1299)], 4297)
}

fn tea_removed() -> CartEvent {
    let (user_id, sku) = (user_id(), "tea".parse().unwrap());
    ItemRemovedFromCart { user_id, sku, lines: vec![line("mug", 2, 1499)], total: euros(2998) }.into()
}

fn checked_out() -> CartCheckedOut {
    CartCheckedOut {
        user_id: user_id(),
        order_id: order_id(2),
        lines: vec![line("mug", 2, 1499), line("tea", 1, 1299)],
        total: euros(4297),
        shipping_address: None,
        contact_email: None,
    }
}

#[test]
fn items_are_added_and_removed_with_the_total_of_the_cart() {
    given::<Cart>([])
        .when(add("mug", 2, 1499))
        .then([two_mugs()])
        .when(add("tea", 1, 1299))
        .then([and_a_tea()])
        .when(remove("tea"))
        .then([tea_removed()])
        .when(remove("tea"))
        .then_nothing();
}

#[test]
fn an_item_added_again_is_one_line_with_the_newest_price() {
    given::<Cart>([two_mugs()]).when(add("mug", 1, 1399)).then([added("mug", 1, [line("mug", 3, 1399)], 4197)]);
}

#[test]
fn a_view_of_a_product_changes_nothing_in_the_cart() {
    let view = ViewProduct { user_id: user_id(), sku: "mug".parse().unwrap() };
    let viewed = ProductViewed { user_id: user_id(), sku: "mug".parse().unwrap() };
    let decided = given::<Cart>([two_mugs()]).when(view.into());
    assert_eq!(*decided.events(), [viewed.into()]);
    assert_eq!(*decided.state(), CartState { lines: vec![line("mug", 2, 1499)], changes: 1, checked_out_at: None });
}

#[test]
fn a_quantity_of_0_or_over_a_million_in_all_is_rejected() {
    for (past, quantity) in [(vec![], 0), (vec![], Quantity::MAX + 1), (vec![two_mugs()], 0)] {
        let invalid = Quantity::new(quantity).unwrap_err();
        given::<Cart>(past).when(add("mug", quantity, 1)).then_rejected(CartRejection::QuantityOutOfRange(invalid));
    }
    let invalid = Quantity::new(Quantity::MAX + 1).unwrap_err();
    given::<Cart>([two_mugs()])
        .when(add("mug", Quantity::MAX - 1, 1))
        .then_rejected(CartRejection::QuantityOutOfRange(invalid));
}

#[test]
fn a_price_is_not_negative_and_in_the_currency_of_the_cart() {
    given::<Cart>([]).when(add("mug", 1, -1)).then_rejected(CartRejection::NegativePrice { amount: -1 });
    let yen = Currency::new("JPY").unwrap();
    let unit_price = Money { amount: 1, currency: yen };
    let add = AddToCart { user_id: user_id(), sku: "tea".parse().unwrap(), quantity: 1, unit_price };
    given::<Cart>([two_mugs()])
        .when(add.into())
        .then_rejected(CartRejection::TwoCurrencies { currency: yen, expected: Currency::EUR });
}

#[test]
fn a_total_fits_into_64_bits() {
    given::<Cart>([]).when(add("mug", 2, i64::MAX)).then_rejected(CartRejection::TotalTooLarge);
    given::<Cart>([two_mugs()]).when(add("tea", 1, i64::MAX)).then_rejected(CartRejection::TotalTooLarge);
}

#[test]
fn a_cart_has_as_many_lines_as_an_order_may_have() {
    let lines: Vec<CartLine> = (0..MAX_CART_LINES).map(|n| line(&format!("sku-{n}"), 1, 1)).collect();
    let full = ItemAddedToCart {
        user_id: user_id(),
        sku: "sku-0".parse().unwrap(),
        added: Quantity::ONE,
        total: euros(MAX_CART_LINES as i64),
        lines,
    };
    given::<Cart>([full.clone().into()]).when(add("mug", 1, 1)).then_rejected(CartRejection::TooManyLines);
    assert_eq!(given::<Cart>([full.into()]).when(add("sku-0", 1, 1)).events().len(), 1);
}

#[test]
fn a_check_out_sends_the_order_and_empties_the_cart() {
    let requested =
        |sku: &str, quantity, amount| RequestedLine { sku: sku.parse().unwrap(), quantity, unit_price: euros(amount) };
    let place = PlaceOrder {
        order_id: order_id(2),
        user_id: user_id(),
        lines: vec![requested("mug", 2, 1499), requested("tea", 1, 1299)],
        shipping_address: None,
        contact_email: None,
        payment_token: None,
    };
    given::<Cart>([two_mugs(), and_a_tea()])
        .when(check_out(2))
        .then([checked_out().into()])
        .then_effects([Effect::send(&order_id(2), &place)])
        .when(check_out(2))
        .then_nothing();
}

#[test]
fn an_empty_cart_is_not_checked_out() {
    given::<Cart>([]).when(check_out(0)).then_rejected(CartRejection::EmptyCart);
    given::<Cart>([two_mugs(), and_a_tea(), checked_out().into()])
        .when(check_out(3))
        .then_rejected(CartRejection::EmptyCart);
}

#[test]
fn a_check_out_buys_the_cart_that_the_user_saw_or_nothing() {
    let changed = |seen, changes| CartRejection::CartChanged { seen, changes };
    given::<Cart>([two_mugs(), and_a_tea()]).when(check_out(1)).then_rejected(changed(1, 2));
    given::<Cart>([two_mugs()]).when(check_out(2)).then_rejected(changed(2, 1));
    // A late repeat finds the next cart of the user.
    let next = || [two_mugs(), and_a_tea(), checked_out().into(), two_mugs()];
    given::<Cart>(next()).when(check_out(2)).then_nothing();
    given::<Cart>(next()).when(check_out(1)).then_rejected(changed(1, 4));
    let second = given::<Cart>(next()).when(check_out(4));
    match second.events().as_slice() {
        [CartEvent::CartCheckedOut(event)] => assert_eq!(event.order_id, order_id(4)),
        other => panic!("{other:?}"),
    }
    assert_ne!(order_id(2), order_id(4));
}

#[test]
fn the_order_of_any_cart_fulfils_the_rules_of_an_order() {
    let mut check_outs = 0;
    for seed in 0..300 {
        let rng = MemoryIds::seeded(seed);
        let mut cart = CartState::default();
        for _ in 0..150 {
            let sku = format!("s-{}", rng.bits() % 130);
            let amounts = [-1, 0, 1, 1999, i64::MAX / 3, i64::MAX];
            let quantities = [0, 1, 2, 999_999, Quantity::MAX, u32::MAX];
            let command = match rng.bits() % 8 {
                0 => remove(&sku),
                1 => check_out(cart.changes),
                2 => expire(cart.changes.saturating_sub(rng.bits() % 9)),
                _ => {
                    let cheap = !rng.bits().is_multiple_of(3);
                    let quantity = if cheap { 1 } else { quantities[(rng.bits() % 6) as usize] };
                    add(&sku, quantity, if cheap { 100 } else { amounts[(rng.bits() % 6) as usize] })
                }
            };
            let Ok(events) = Cart::decide(&cart, &command) else { continue };
            for event in &events {
                let CartEvent::CartCheckedOut(checked_out) = event else { continue };
                let [Effect::Send { to, message: Ok(message) }] = &Cart::effects(&cart, event)[..] else {
                    panic!("seed {seed}: a check-out sends one message")
                };
                assert_eq!(*to, StreamId::new("order", &checked_out.order_id));
                let place = PlaceOrder::decode(message.version, &message.data).unwrap();
                let placed = Order::decide(&OrderState::default(), &place.into());
                match placed.as_deref() {
                    Ok([OrderEvent::OrderPlaced(placed)]) => assert_eq!(placed.total, checked_out.total),
                    other => panic!("seed {seed}: {other:?}"),
                }
                check_outs += 1;
            }
            cart = fold::<Cart>(cart, &events);
        }
    }
    assert!(check_outs > 1_000, "{check_outs} check-outs");
}

#[test]
fn a_cart_expires_unless_it_was_changed_in_the_meantime() {
    let expired = || -> CartEvent { CartExpired { user_id: user_id() }.into() };
    given::<Cart>([two_mugs(), and_a_tea()]).when(expire(1)).then_nothing();
    given::<Cart>([two_mugs(), and_a_tea()]).when(expire(2)).then([expired()]).when(expire(2)).then_nothing();
    given::<Cart>([two_mugs(), expired(), two_mugs()]).when(expire(1)).then_nothing();
    given::<Cart>([]).when(expire(0)).then_nothing();
}

#[test]
fn a_check_out_and_an_expiry_given_twice_happen_once() {
    let next = vec![two_mugs(), and_a_tea(), checked_out().into(), two_mugs()];
    for past in [vec![], vec![two_mugs()], vec![two_mugs(), and_a_tea()], next] {
        for changes in 0..5 {
            assert_idempotent::<Cart>(past.clone(), &expire(changes));
            assert_idempotent::<Cart>(past.clone(), &check_out(changes));
        }
    }
}

#[test]
fn the_view_has_the_content_and_lists_open_carts_by_their_newest_change() {
    let story = given_view::<CartContent>([two_mugs(), and_a_tea()]).on(StreamId::new("cart", &user_id()));
    assert_eq!(story.row().position.unwrap().list, CartContent::OPEN);
    assert_eq!(story.row().position.unwrap().sort_key, "2026-01-01T00:00:01.000000000Z/u-1");
    story.then_row(CartContentRow {
        user_id: user_id(),
        lines: vec![line("mug", 2, 1499), line("tea", 1, 1299)],
        total: Some(euros(4297)),
        changes: 2,
        changed_at: Some("2026-01-01T00:00:01Z".parse().unwrap()),
    });
}

#[test]
fn a_cart_is_expired_after_30_days_without_a_change() {
    let row: CartContentRow =
        serde_json::from_value(given_view::<CartContent>([two_mugs()]).row().columns.into()).unwrap();
    assert!(!row.is_expired("2026-01-30T23:59:59Z".parse().unwrap()));
    assert!(row.is_expired("2026-01-31T00:00:00Z".parse().unwrap()));
}

#[test]
fn a_cart_that_is_checked_out_or_expired_is_in_no_list_of_open_carts() {
    for end in [CartEvent::from(checked_out()), CartExpired { user_id: user_id() }.into()] {
        let row = given_view::<CartContent>([two_mugs(), end]).row();
        assert_eq!(row.position.unwrap().list, CartContent::EMPTY);
        assert_eq!(row.columns["lines"], serde_json::json!([]));
    }
}
