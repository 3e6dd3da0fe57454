//! The shopping cart of a user. Stream `cart/<user id>`.
//!
//! | command | event | a rejection names the rule |
//! |---|---|---|
//! | `ViewProduct` | `ProductViewed` | |
//! | `AddToCart` (once) | `ItemAddedToCart` | `QuantityOutOfRange`, `NegativePrice`, `TwoCurrencies`, `TooManyLines`, `TotalTooLarge` |
//! | `RemoveFromCart` (once) | `ItemRemovedFromCart` | |
//! | `CheckOutCart` | `CartCheckedOut`, which sends `PlaceOrder` | `EmptyCart`, `CartChanged` |
//! | `ExpireCart` | `CartExpired` | |
//!
//! - The cart has one line per sku, in one currency. What is added to a line gives the whole line the newest price.
//! - An empty cart is not checked out. A cart that is checked out or expired is empty.
//! - `CheckOutCart` and `ExpireCart` name the number of changes that their sender saw, so a cart that was changed in the
//!   meantime is neither bought nor emptied: a late repeat of a check-out orders nothing.
//! - The order's id is derived from the user and that number. Every cart fulfils the rules of an order, and no order has
//!   this id before, so the order of a check-out is not rejected. If somebody else used the id, the lines are in the log.
//! - A schedule looks for carts that were not changed for [`DAYS_UNTIL_EXPIRY`] days. The list of open carts is its
//!   queue: an expired cart leaves it, so the next run continues where one ended.

mod decider;
mod events;
mod samples;
mod views;

#[cfg(test)]
mod tests;

pub use decider::{Cart, CartRejection, CartState, MAX_CART_LINES};
pub use events::{
    AddToCart, CartCheckedOut, CartCommand, CartEvent, CartExpired, CartExpiryCommand, CartExpiryDue, CartLine,
    CheckOutCart, ExpireCart, ItemAddedToCart, ItemRemovedFromCart, ProductViewed, RemoveFromCart, ViewProduct,
};
pub use samples::context;
pub use views::{CartContent, CartContentRow, DAYS_UNTIL_EXPIRY};
