//! The rules of a cart.

use causeway::{Decider, Effect, Message, Messages, Once, Rejection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{
    AddToCart, CartCheckedOut, CartCommand, CartEvent, CartExpired, CartLine, CheckOutCart, ItemAddedToCart,
    ItemRemovedFromCart, ProductViewed, RemoveFromCart, ViewProduct,
};
use crate::{
    ids::Sku,
    money::{Currency, Money, MoneyError},
    order::{MAX_LINES, PlaceOrder, RequestedLine},
    quantity::{InvalidQuantity, Quantity},
};

/// The maximum number of lines of a cart: those of an order.
pub const MAX_CART_LINES: usize = MAX_LINES;

/// The rules of a cart.
#[derive(Debug)]
pub struct Cart;

/// The state of a cart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartState {
    /// The lines, in the order in which their skus were added.
    pub lines: Vec<CartLine>,
    /// The number of changes so far; a view of a product is none.
    pub changes: u64,
    /// The number of changes before the newest check-out, by which its repetition is recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_out_at: Option<u64>,
}

/// Why a cart rejects a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CartRejection {
    /// The quantity, or the quantity of the line with it, is 0 or too large.
    #[error("quantity: {0}")]
    QuantityOutOfRange(InvalidQuantity),
    /// The price is negative.
    #[error("unitPrice.amount: {amount} is less than 0")]
    NegativePrice {
        /// The price.
        amount: i64,
    },
    /// The cart is in another currency.
    #[error("unitPrice.currency: {currency}, but the cart is in {expected}")]
    TwoCurrencies {
        /// The currency of the item.
        currency: Currency,
        /// The currency of the cart.
        expected: Currency,
    },
    /// The cart has too many lines.
    #[error("sku: a cart has at most {MAX_CART_LINES} lines")]
    TooManyLines,
    /// The total does not fit into 64 bits.
    #[error("unitPrice.amount: with this item the total is too large")]
    TotalTooLarge,
    /// There is nothing to check out.
    #[error("userId: the cart of this user is empty")]
    EmptyCart,
    /// The cart is not as the user saw it.
    #[error("changes: {seen}, but the cart has {changes} changes")]
    CartChanged {
        /// The number of changes that the user has seen.
        seen: u64,
        /// The number of changes so far.
        changes: u64,
    },
}

impl Rejection for CartRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::QuantityOutOfRange(_) => "QuantityOutOfRange",
            Self::NegativePrice { .. } => "NegativePrice",
            Self::TwoCurrencies { .. } => "TwoCurrencies",
            Self::TooManyLines => "TooManyLines",
            Self::TotalTooLarge => "TotalTooLarge",
            Self::EmptyCart => "EmptyCart",
            Self::CartChanged { .. } => "CartChanged",
        }
    }
}

impl Decider for Cart {
    const CONTEXT: &'static str = "cart";
    /// The state cannot tell a late repeat from a new command: the same item may be added and removed many times.
    /// A view of a product is not worth a marker.
    const ONCE: Once<CartCommand> = Once::Messages(&[AddToCart::NAME, RemoveFromCart::NAME], CartCommand::name);
    type State = CartState;
    type Command = CartCommand;
    type Event = CartEvent;
    type Rejection = CartRejection;

    fn decide(state: &CartState, command: &CartCommand) -> Result<Vec<CartEvent>, CartRejection> {
        match command {
            CartCommand::ViewProduct(view) => {
                let ViewProduct { user_id, sku } = view.clone();
                Ok(vec![ProductViewed { user_id, sku }.into()])
            }
            CartCommand::AddToCart(add) => Ok(vec![added(state, add)?.into()]),
            CartCommand::RemoveFromCart(remove) => Ok(removed(state, remove)?.into_iter().map(Into::into).collect()),
            CartCommand::CheckOutCart(check_out) if state.checked_out_at == Some(check_out.changes) => Ok(Vec::new()),
            CartCommand::CheckOutCart(check_out) => Ok(vec![checked_out(state, check_out)?.into()]),
            CartCommand::ExpireCart(expire) if state.lines.is_empty() || state.changes != expire.changes => {
                Ok(Vec::new())
            }
            CartCommand::ExpireCart(expire) => Ok(vec![CartExpired { user_id: expire.user_id.clone() }.into()]),
        }
    }

    fn evolve(state: CartState, event: &CartEvent) -> CartState {
        let CartState { changes, checked_out_at, .. } = state;
        match event {
            CartEvent::ProductViewed(_) => state,
            CartEvent::ItemAddedToCart(ItemAddedToCart { lines, .. })
            | CartEvent::ItemRemovedFromCart(ItemRemovedFromCart { lines, .. }) => {
                CartState { lines: lines.clone(), changes: changes + 1, checked_out_at }
            }
            CartEvent::CartCheckedOut(_) => {
                CartState { lines: Vec::new(), changes: changes + 1, checked_out_at: Some(changes) }
            }
            CartEvent::CartExpired(_) => CartState { lines: Vec::new(), changes: changes + 1, checked_out_at },
        }
    }

    fn effects(_: &CartState, event: &CartEvent) -> Vec<Effect> {
        match event {
            CartEvent::CartCheckedOut(event) => vec![Effect::send(&event.order_id, &order_of(event))],
            CartEvent::ProductViewed(_)
            | CartEvent::ItemAddedToCart(_)
            | CartEvent::ItemRemovedFromCart(_)
            | CartEvent::CartExpired(_) => Vec::new(),
        }
    }
}

fn added(state: &CartState, add: &AddToCart) -> Result<ItemAddedToCart, CartRejection> {
    let AddToCart { user_id, sku, quantity, unit_price } = add.clone();
    let added = Quantity::new(quantity).map_err(CartRejection::QuantityOutOfRange)?;
    if unit_price.amount < 0 {
        return Err(CartRejection::NegativePrice { amount: unit_price.amount });
    }
    let mut lines = state.lines.clone();
    match line_of(&lines, &sku) {
        Some(line) => {
            // Both are at most a million, so the sum fits.
            let quantity = Quantity::new(lines[line].quantity.get() + quantity);
            lines[line].quantity = quantity.map_err(CartRejection::QuantityOutOfRange)?;
            lines[line].unit_price = unit_price;
        }
        None if lines.len() >= MAX_CART_LINES => return Err(CartRejection::TooManyLines),
        None => lines.push(CartLine { sku: sku.clone(), quantity: added, unit_price }),
    }
    let total = total(&lines)?.unwrap_or(Money::zero(unit_price.currency));
    Ok(ItemAddedToCart { user_id, sku, added, lines, total })
}

fn removed(state: &CartState, remove: &RemoveFromCart) -> Result<Option<ItemRemovedFromCart>, CartRejection> {
    let Some(line) = line_of(&state.lines, &remove.sku) else { return Ok(None) };
    let RemoveFromCart { user_id, sku } = remove.clone();
    let mut lines = state.lines.clone();
    let removed = lines.remove(line);
    let total = total(&lines)?.unwrap_or(Money::zero(removed.unit_price.currency));
    Ok(Some(ItemRemovedFromCart { user_id, sku, lines, total }))
}

fn checked_out(state: &CartState, check_out: &CheckOutCart) -> Result<CartCheckedOut, CartRejection> {
    let total = total(&state.lines)?.ok_or(CartRejection::EmptyCart)?;
    let CheckOutCart { user_id, changes: seen, shipping_address, contact_email } = check_out.clone();
    let changes = state.changes;
    if seen != changes {
        return Err(CartRejection::CartChanged { seen, changes });
    }
    let order_id = user_id.cast().derived(&format!("check-out/{changes}")).cast();
    let lines = state.lines.clone();
    Ok(CartCheckedOut { user_id, order_id, lines, total, shipping_address, contact_email })
}

fn line_of(lines: &[CartLine], sku: &Sku) -> Option<usize> {
    lines.iter().position(|line| line.sku == *sku)
}

/// The sum of all lines, unless there are none.
fn total(lines: &[CartLine]) -> Result<Option<Money>, CartRejection> {
    let Some(first) = lines.first() else { return Ok(None) };
    let sum = lines
        .iter()
        .try_fold(Money::zero(first.unit_price.currency), |sum, line| sum.plus(line.unit_price.times(line.quantity)?));
    match sum {
        Ok(sum) => Ok(Some(sum)),
        Err(MoneyError::Overflow) => Err(CartRejection::TotalTooLarge),
        Err(MoneyError::TwoCurrencies { left, right }) => {
            Err(CartRejection::TwoCurrencies { currency: right, expected: left })
        }
    }
}

fn order_of(checked_out: &CartCheckedOut) -> PlaceOrder {
    let CartCheckedOut { user_id, order_id, lines, shipping_address, contact_email, .. } = checked_out.clone();
    let line = |CartLine { sku, quantity, unit_price }| RequestedLine { sku, quantity: quantity.get(), unit_price };
    let lines = lines.into_iter().map(line).collect();
    PlaceOrder { order_id, user_id, lines, shipping_address, contact_email, payment_token: None }
}
