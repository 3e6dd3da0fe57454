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

/// The maximum number of lines of an order.
pub const MAX_LINES: usize = 100;

/// The maximum length of a reason in characters.
const MAX_REASON_LENGTH: usize = 500;

/// The rules of an order.
#[derive(Debug)]
pub struct Order;

/// The state of an order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OrderState {
    /// It is not placed yet.
    #[default]
    New,
    /// It is placed and not confirmed yet.
    Placed(PlacedOrder),
    /// It is confirmed and will be delivered.
    Confirmed(PlacedOrder),
    /// It is cancelled and will not be delivered.
    Cancelled(PlacedOrder),
}

/// What the rules and the e-mails need of a placed order. It is small, so that a commit can embed it as a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlacedOrder {
    /// A digest of the content, by which a repeated `PlaceOrder` is recognised.
    pub content: MessageId,
    /// The sum of all lines.
    pub total: Money,
    /// The address for e-mails about the order, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<EmailAddress>,
}

/// Why an order rejects a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderRejection {
    /// The order has no lines.
    #[error("lines: an order has at least one line")]
    NoLines,
    /// The order has too many lines.
    #[error("lines: {lines} lines; an order has at most {MAX_LINES}")]
    TooManyLines {
        /// The number of lines.
        lines: usize,
    },
    /// Two lines have the same sku.
    #[error("lines[{line}].sku: {sku} is in an earlier line")]
    SkuTwice {
        /// The later line, counted from 0.
        line: usize,
        /// The sku.
        sku: Sku,
    },
    /// The quantity is 0 or too large.
    #[error("lines[{line}].quantity: {source}")]
    QuantityOutOfRange {
        /// The line, counted from 0.
        line: usize,
        /// The violated limit.
        source: InvalidQuantity,
    },
    /// The price is negative.
    #[error("lines[{line}].unitPrice.amount: {amount} is less than 0")]
    NegativePrice {
        /// The line, counted from 0.
        line: usize,
        /// The price.
        amount: i64,
    },
    /// The lines have different currencies.
    #[error("lines[{line}].unitPrice.currency: {currency}, but the lines before are in {expected}")]
    TwoCurrencies {
        /// The line, counted from 0.
        line: usize,
        /// The currency of the line.
        currency: Currency,
        /// The currency of the lines before.
        expected: Currency,
    },
    /// The total does not fit into 64 bits.
    #[error("lines[{line}]: up to this line the total is too large")]
    TotalTooLarge {
        /// The line, counted from 0.
        line: usize,
    },
    /// An order with this id and other content was placed before.
    #[error("orderId: this order was placed before with other content")]
    AlreadyPlaced,
    /// The order was never placed.
    #[error("orderId: this order was never placed")]
    NotPlaced,
    /// The order was cancelled.
    #[error("orderId: this order was cancelled")]
    AlreadyCancelled,
    /// The order was confirmed.
    #[error("orderId: this order was confirmed")]
    AlreadyConfirmed,
    /// The reason is blank or too long.
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
            Self::AlreadyConfirmed => "AlreadyConfirmed",
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
        use OrderState as State;
        match (state, command) {
            (State::New, OrderCommand::PlaceOrder(command)) => Ok(vec![place(command)?.into()]),
            (
                State::Placed(placed) | State::Confirmed(placed) | State::Cancelled(placed),
                OrderCommand::PlaceOrder(command),
            ) => match place(command) {
                Ok(again) if content_of(&again) == placed.content => Ok(Vec::new()),
                _ => Err(OrderRejection::AlreadyPlaced),
            },
            (State::New, OrderCommand::ConfirmOrder(_) | OrderCommand::CancelOrder(_)) => {
                Err(OrderRejection::NotPlaced)
            }
            (State::Placed(_), OrderCommand::ConfirmOrder(confirm)) => {
                Ok(vec![OrderConfirmed { order_id: confirm.order_id.clone() }.into()])
            }
            (State::Confirmed(_), OrderCommand::ConfirmOrder(_)) => Ok(Vec::new()),
            (State::Cancelled(_), OrderCommand::ConfirmOrder(_)) => Err(OrderRejection::AlreadyCancelled),
            // It is decided once. A fulfilment that asks in doubt learns it from the event.
            (State::Confirmed(_), OrderCommand::CancelOrder(_)) => Err(OrderRejection::AlreadyConfirmed),
            (State::Placed(_), OrderCommand::CancelOrder(cancel)) => {
                if cancel.reason.trim().is_empty() || cancel.reason.chars().count() > MAX_REASON_LENGTH {
                    return Err(OrderRejection::ReasonOutOfBounds);
                }
                let cancel = cancel.clone();
                Ok(vec![OrderCancelled { order_id: cancel.order_id, reason: cancel.reason }.into()])
            }
            (State::Cancelled(_), OrderCommand::CancelOrder(_)) => Ok(Vec::new()),
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
                OrderState::Placed(placed) | OrderState::Confirmed(placed) | OrderState::Cancelled(placed),
                OrderEvent::OrderConfirmed(_),
            ) => OrderState::Confirmed(placed),
            (
                OrderState::Placed(placed) | OrderState::Confirmed(placed) | OrderState::Cancelled(placed),
                OrderEvent::OrderCancelled(_),
            ) => OrderState::Cancelled(placed),
        }
    }
}

impl OrderState {
    /// The placed order, unless the order is new.
    pub fn placed(&self) -> Option<&PlacedOrder> {
        match self {
            Self::New => None,
            Self::Placed(order) | Self::Confirmed(order) | Self::Cancelled(order) => Some(order),
        }
    }
}

fn place(command: &PlaceOrder) -> Result<OrderPlaced, OrderRejection> {
    let Some(first) = command.lines.first() else { return Err(OrderRejection::NoLines) };
    if command.lines.len() > MAX_LINES {
        return Err(OrderRejection::TooManyLines { lines: command.lines.len() });
    }
    let mut lines = Vec::with_capacity(command.lines.len());
    let mut skus = BTreeSet::new();
    let mut total = Money::zero(first.unit_price.currency);
    for (line, requested) in command.lines.iter().enumerate() {
        if !skus.insert(&requested.sku) {
            return Err(OrderRejection::SkuTwice { line, sku: requested.sku.clone() });
        }
        let quantity =
            Quantity::new(requested.quantity).map_err(|source| OrderRejection::QuantityOutOfRange { line, source })?;
        if requested.unit_price.amount < 0 {
            return Err(OrderRejection::NegativePrice { line, amount: requested.unit_price.amount });
        }
        let price = requested.unit_price.times(quantity);
        total = price.and_then(|price| total.plus(price)).map_err(|error| match error {
            MoneyError::Overflow => OrderRejection::TotalTooLarge { line },
            MoneyError::TwoCurrencies { left, right } => {
                OrderRejection::TwoCurrencies { line, currency: right, expected: left }
            }
        })?;
        lines.push(OrderLine { sku: requested.sku.clone(), quantity, unit_price: requested.unit_price });
    }
    Ok(OrderPlaced {
        order_id: command.order_id.clone(),
        user_id: command.user_id.clone(),
        lines,
        total,
        shipping_address: command.shipping_address.clone(),
        contact_email: command.contact_email.clone(),
    })
}

/// A digest of the order: equal for equal content. Its JSON cannot fail, because it has no map.
fn content_of(order: &OrderPlaced) -> MessageId {
    order.order_id.cast().derived(&serde_json::to_string(order).unwrap_or_default())
}
