//! The rules of an order.

use std::collections::BTreeSet;

use causeway::{Decider, MessageId, Rejection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{OrderCancelled, OrderCommand, OrderConfirmed, OrderEvent, OrderLine, OrderPlaced, PlaceOrder};
use crate::{
    email::EmailAddress,
    ids::Sku,
    money::{Currency, Money, MoneyError},
    quantity::{InvalidQuantity, Quantity},
};

/// An order has at most so many lines.
pub const MAX_LINES: usize = 100;

/// A reason has at most so many characters.
const MAX_REASON_LENGTH: usize = 500;

/// The rules of an order.
#[derive(Debug)]
pub struct Order;

/// Where an order stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OrderState {
    /// Nobody has placed it.
    #[default]
    New,
    /// It waits for what it needs.
    Placed(PlacedOrder),
    /// It will be delivered.
    Confirmed(PlacedOrder),
    /// It will not be delivered.
    Cancelled(PlacedOrder),
}

/// What the rules and the mails need to know of a placed order. Small, so that it rides in the spare part of a commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlacedOrder {
    /// A digest of all that was ordered, by which the same order is known.
    pub content: MessageId,
    /// The sum.
    pub total: Money,
    /// Where mails about it go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<EmailAddress>,
}

/// How an order says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderRejection {
    /// Nothing is ordered.
    #[error("lines: an order has at least one line")]
    NoLines,
    /// Too much is ordered at once.
    #[error("lines: {lines} lines; an order has at most {MAX_LINES}")]
    TooManyLines {
        /// How many.
        lines: usize,
    },
    /// Two lines are about the same thing.
    #[error("lines[{line}].sku: {sku} stands in an earlier line")]
    SkuTwice {
        /// The later line, counted from 0.
        line: usize,
        /// The thing.
        sku: Sku,
    },
    /// Nothing or far too many.
    #[error("lines[{line}].quantity: {source}")]
    QuantityOutOfRange {
        /// The line, counted from 0.
        line: usize,
        /// Which rule it breaks.
        source: InvalidQuantity,
    },
    /// The buyer would be paid.
    #[error("lines[{line}].unitPrice.amount: {amount} is less than 0")]
    NegativePrice {
        /// The line, counted from 0.
        line: usize,
        /// The price.
        amount: i64,
    },
    /// The order has no one currency.
    #[error("lines[{line}].unitPrice.currency: {currency}, but the lines before are in {expected}")]
    TwoCurrencies {
        /// The line, counted from 0.
        line: usize,
        /// Its currency.
        currency: Currency,
        /// That of the lines before.
        expected: Currency,
    },
    /// The sum does not fit.
    #[error("lines[{line}]: up to this line the total is too large")]
    TotalTooLarge {
        /// The line, counted from 0.
        line: usize,
    },
    /// The id is taken by another order.
    #[error("orderId: this order was placed before with other content")]
    AlreadyPlaced,
    /// There is no such order.
    #[error("orderId: this order was never placed")]
    NotPlaced,
    /// It is too late.
    #[error("orderId: this order was cancelled")]
    AlreadyCancelled,
    /// A reason that says nothing, or too much.
    #[error("reason: 1 to {MAX_REASON_LENGTH} characters, and not only blanks")]
    ReasonOutOfBounds,
}

impl Rejection for OrderRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::NoLines => "NoLines",
            Self::TooManyLines { .. } => "TooManyLines",
            Self::SkuTwice { .. } => "SkuTwice",
            Self::QuantityOutOfRange { .. } => "QuantityOutOfRange",
            Self::NegativePrice { .. } => "NegativePrice",
            Self::TwoCurrencies { .. } => "TwoCurrencies",
            Self::TotalTooLarge { .. } => "TotalTooLarge",
            Self::AlreadyPlaced => "AlreadyPlaced",
            Self::NotPlaced => "NotPlaced",
            Self::AlreadyCancelled => "AlreadyCancelled",
            Self::ReasonOutOfBounds => "ReasonOutOfBounds",
        }
    }
}

impl Decider for Order {
    const CONTEXT: &'static str = "order";
    type State = OrderState;
    type Command = OrderCommand;
    type Event = OrderEvent;
    type Rejection = OrderRejection;

    fn decide(state: &OrderState, command: &OrderCommand) -> Result<Vec<OrderEvent>, OrderRejection> {
        use OrderCommand as Ask;
        use OrderState as Is;
        match (state, command) {
            (Is::New, Ask::PlaceOrder(wanted)) => Ok(vec![place(wanted)?.into()]),
            (Is::Placed(known) | Is::Confirmed(known) | Is::Cancelled(known), Ask::PlaceOrder(wanted)) => {
                match place(wanted) {
                    Ok(again) if content_of(&again) == known.content => Ok(Vec::new()),
                    _ => Err(OrderRejection::AlreadyPlaced),
                }
            }
            (Is::New, Ask::ConfirmOrder(_) | Ask::CancelOrder(_)) => Err(OrderRejection::NotPlaced),
            (Is::Placed(_), Ask::ConfirmOrder(confirm)) => {
                Ok(vec![OrderConfirmed { order_id: confirm.order_id.clone() }.into()])
            }
            (Is::Confirmed(_), Ask::ConfirmOrder(_)) => Ok(Vec::new()),
            (Is::Cancelled(_), Ask::ConfirmOrder(_)) => Err(OrderRejection::AlreadyCancelled),
            (Is::Placed(_) | Is::Confirmed(_), Ask::CancelOrder(cancel)) => {
                if cancel.reason.trim().is_empty() || cancel.reason.chars().count() > MAX_REASON_LENGTH {
                    return Err(OrderRejection::ReasonOutOfBounds);
                }
                let cancel = cancel.clone();
                Ok(vec![OrderCancelled { order_id: cancel.order_id, reason: cancel.reason }.into()])
            }
            (Is::Cancelled(_), Ask::CancelOrder(_)) => Ok(Vec::new()),
        }
    }

    fn evolve(state: OrderState, event: &OrderEvent) -> OrderState {
        match (state, event) {
            (_, OrderEvent::OrderPlaced(placed)) => OrderState::Placed(PlacedOrder {
                content: content_of(placed),
                total: placed.total,
                contact_email: placed.contact_email.clone(),
            }),
            (OrderState::New, OrderEvent::OrderConfirmed(_) | OrderEvent::OrderCancelled(_)) => OrderState::New,
            (
                OrderState::Placed(known) | OrderState::Confirmed(known) | OrderState::Cancelled(known),
                OrderEvent::OrderConfirmed(_),
            ) => OrderState::Confirmed(known),
            (
                OrderState::Placed(known) | OrderState::Confirmed(known) | OrderState::Cancelled(known),
                OrderEvent::OrderCancelled(_),
            ) => OrderState::Cancelled(known),
        }
    }
}

impl OrderState {
    /// What was placed, once it was.
    pub fn placed(&self) -> Option<&PlacedOrder> {
        match self {
            Self::New => None,
            Self::Placed(order) | Self::Confirmed(order) | Self::Cancelled(order) => Some(order),
        }
    }
}

fn place(wanted: &PlaceOrder) -> Result<OrderPlaced, OrderRejection> {
    let Some(first) = wanted.lines.first() else { return Err(OrderRejection::NoLines) };
    if wanted.lines.len() > MAX_LINES {
        return Err(OrderRejection::TooManyLines { lines: wanted.lines.len() });
    }
    let mut lines = Vec::with_capacity(wanted.lines.len());
    let mut skus = BTreeSet::new();
    let mut total = Money::zero(first.unit_price.currency);
    for (line, asked) in wanted.lines.iter().enumerate() {
        if !skus.insert(&asked.sku) {
            return Err(OrderRejection::SkuTwice { line, sku: asked.sku.clone() });
        }
        let quantity =
            Quantity::new(asked.quantity).map_err(|source| OrderRejection::QuantityOutOfRange { line, source })?;
        if asked.unit_price.amount < 0 {
            return Err(OrderRejection::NegativePrice { line, amount: asked.unit_price.amount });
        }
        let price = asked.unit_price.times(quantity);
        total = price.and_then(|price| total.plus(price)).map_err(|error| match error {
            MoneyError::Overflow => OrderRejection::TotalTooLarge { line },
            MoneyError::TwoCurrencies { left, right } => {
                OrderRejection::TwoCurrencies { line, currency: right, expected: left }
            }
        })?;
        lines.push(OrderLine { sku: asked.sku.clone(), quantity, unit_price: asked.unit_price });
    }
    Ok(OrderPlaced {
        order_id: wanted.order_id.clone(),
        user_id: wanted.user_id.clone(),
        lines,
        total,
        shipping_address: wanted.shipping_address.clone(),
        contact_email: wanted.contact_email.clone(),
    })
}

/// A digest of the order, the same for the same content. Its JSON cannot fail: it has no map and no foreign key.
fn content_of(order: &OrderPlaced) -> MessageId {
    order.order_id.cast().derived(&serde_json::to_string(order).unwrap_or_default())
}
