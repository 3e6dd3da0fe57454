//! `cargo xtask new` refuses bad names.

use xtask::{new::Wanted, place};

#[test]
fn a_name_that_is_taken_or_no_name_is_refused() {
    let refused = |context: &str, message: &str| {
        let wanted = Wanted { context: context.to_owned(), message: message.to_owned(), hears: None };
        xtask::new::write(&place::root(), &wanted).unwrap_err().to_string()
    };
    assert!(refused("order", "OrderPlaced").starts_with("OrderPlaced is taken"));
    assert!(refused("order", "order_lost").contains("PascalCase"));
    assert!(refused("bakery", "BreadBaked").contains("no context \"bakery\""));
}
