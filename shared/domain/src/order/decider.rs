//! The rules of an order.

use std::collections::BTreeSet;

use causeway::{Decider, Effect, MessageId, Rejection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{
    CancelOrder, CompleteOrder, ConfirmOrder, OrderCancellationRequested, OrderCancelled, OrderCommand, OrderCompleted,
    OrderConfirmed, OrderEvent, OrderLine, OrderPlaced, PlaceOrder,
};
use crate::{
    email::EmailAddress,
    ids::{OrderId, Sku},
    money::{Currency, Money, MoneyError},
    quantity::{InvalidQuantity, Quantity},
    shipment::CancelShipping,
};

/// The maximum number of lines of an order: all its products are counted in one transaction.
pub const MAX_LINES: usize = 99;

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
    /// It is confirmed, and its shipment is asked to cancel.
    Cancelling(PlacedOrder),
    /// It is cancelled and will not be delivered.
    Cancelled(PlacedOrder),
    /// The carrier has it.
    Shipped(PlacedOrder),
    /// The buyer has it.
    Delivered(PlacedOrder),
    /// It is completed.
    Completed(PlacedOrder),
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
    /// Whether the total is paid.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paid: bool,
    /// The reason with which its cancellation is requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<String>,
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
    /// A shipped order cannot be cancelled.
    #[error("orderId: this order was shipped")]
    AlreadyShipped,
    /// Only a paid order is confirmed and shipped.
    #[error("orderId: this order is not paid")]
    NotPaid,
    /// Another amount than the total was paid.
    #[error("amount: {paid} was paid for an order of {total}")]
    PaidOtherAmount {
        /// The amount paid.
        paid: Money,
        /// The sum of all lines.
        total: Money,
    },
    /// The order was not shipped.
    #[error("orderId: this order was not shipped")]
    NotShipped,
    /// Only a delivered order is completed.
    #[error("orderId: this order was not delivered")]
    NotDelivered,
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
            Self::AlreadyShipped => "AlreadyShipped",
            Self::NotPaid => "NotPaid",
            Self::PaidOtherAmount { .. } => "PaidOtherAmount",
            Self::NotShipped => "NotShipped",
            Self::NotDelivered => "NotDelivered",
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
        match command {
            OrderCommand::PlaceOrder(command) => match state.placed() {
                None => Ok(vec![place(command)?.into()]),
                Some(placed) => match place(command) {
                    Ok(again) if content_of(&again) == placed.content => Ok(Vec::new()),
                    _ => Err(OrderRejection::AlreadyPlaced),
                },
            },
            OrderCommand::ConfirmOrder(confirm) => state.confirm(confirm),
            OrderCommand::CancelOrder(cancel) => state.cancel(cancel),
            OrderCommand::CompleteOrder(complete) => state.complete(complete),
        }
    }

    fn evolve(state: OrderState, event: &OrderEvent) -> OrderState {
        use OrderState as State;
        if let OrderEvent::OrderPlaced(placed) = event {
            return State::Placed(PlacedOrder {
                content: content_of(placed),
                total: placed.total,
                contact_email: placed.contact_email.clone(),
                paid: false,
                cancellation: None,
            });
        }
        let Some(order) = state.placed().cloned() else { return State::New };
        match event {
            OrderEvent::OrderPlaced(_) => state,
            OrderEvent::OrderPaid(_) => state.with(PlacedOrder { paid: true, ..order }),
            OrderEvent::OrderConfirmed(_) => State::Confirmed(order),
            OrderEvent::OrderCancellationRequested(request) => {
                State::Cancelling(PlacedOrder { cancellation: Some(request.reason.clone()), ..order })
            }
            OrderEvent::OrderCancelled(_) => State::Cancelled(order),
            OrderEvent::OrderShipped(_) => State::Shipped(order),
            OrderEvent::OrderDelivered(_) => State::Delivered(order),
            OrderEvent::OrderCompleted(_) => State::Completed(order),
        }
    }

    fn effects(_: &OrderState, event: &OrderEvent) -> Vec<Effect> {
        match event {
            // The shipment decides whether the order is cancelled or shipped.
            OrderEvent::OrderCancellationRequested(OrderCancellationRequested { order_id, .. }) => {
                vec![Effect::send(order_id, &CancelShipping { order_id: order_id.clone() })]
            }
            OrderEvent::OrderPlaced(_)
            | OrderEvent::OrderPaid(_)
            | OrderEvent::OrderConfirmed(_)
            | OrderEvent::OrderCancelled(_)
            | OrderEvent::OrderShipped(_)
            | OrderEvent::OrderDelivered(_)
            | OrderEvent::OrderCompleted(_) => Vec::new(),
        }
    }
}

impl OrderState {
    /// The placed order, unless the order is new.
    pub fn placed(&self) -> Option<&PlacedOrder> {
        match self {
            Self::New => None,
            Self::Placed(order)
            | Self::Confirmed(order)
            | Self::Cancelling(order)
            | Self::Cancelled(order)
            | Self::Shipped(order)
            | Self::Delivered(order)
            | Self::Completed(order) => Some(order),
        }
    }

    /// The same state of this order.
    fn with(self, order: PlacedOrder) -> Self {
        match self {
            Self::New | Self::Placed(_) => Self::Placed(order),
            Self::Confirmed(_) => Self::Confirmed(order),
            Self::Cancelling(_) => Self::Cancelling(order),
            Self::Cancelled(_) => Self::Cancelled(order),
            Self::Shipped(_) => Self::Shipped(order),
            Self::Delivered(_) => Self::Delivered(order),
            Self::Completed(_) => Self::Completed(order),
        }
    }

    fn confirm(&self, confirm: &ConfirmOrder) -> Result<Vec<OrderEvent>, OrderRejection> {
        match self {
            Self::New => Err(OrderRejection::NotPlaced),
            Self::Placed(order) if !order.paid => Err(OrderRejection::NotPaid),
            Self::Placed(_) => Ok(vec![OrderConfirmed { order_id: confirm.order_id.clone() }.into()]),
            Self::Confirmed(_) | Self::Cancelling(_) | Self::Shipped(_) | Self::Delivered(_) | Self::Completed(_) => {
                Ok(Vec::new())
            }
            Self::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
        }
    }

    /// An order that is not confirmed decides at once. A confirmed one asks its shipment, which may be dispatched.
    fn cancel(&self, cancel: &CancelOrder) -> Result<Vec<OrderEvent>, OrderRejection> {
        let CancelOrder { order_id, reason, unless_confirmed } = cancel.clone();
        let length = reason.chars().count();
        let reason = match reason.trim().is_empty() || length > MAX_REASON_LENGTH {
            true => Err(OrderRejection::ReasonOutOfBounds),
            false => Ok(reason),
        };
        match self {
            Self::New => Err(OrderRejection::NotPlaced),
            Self::Placed(_) => Ok(vec![OrderCancelled { order_id, reason: reason? }.into()]),
            Self::Confirmed(_) | Self::Cancelling(_) if unless_confirmed => Err(OrderRejection::AlreadyConfirmed),
            Self::Confirmed(_) => Ok(vec![OrderCancellationRequested { order_id, reason: reason? }.into()]),
            Self::Cancelling(_) | Self::Cancelled(_) => Ok(Vec::new()),
            Self::Shipped(_) | Self::Delivered(_) | Self::Completed(_) => Err(OrderRejection::AlreadyShipped),
        }
    }

    fn complete(&self, complete: &CompleteOrder) -> Result<Vec<OrderEvent>, OrderRejection> {
        match self {
            Self::New => Err(OrderRejection::NotPlaced),
            Self::Placed(_) | Self::Confirmed(_) | Self::Cancelling(_) | Self::Shipped(_) => {
                Err(OrderRejection::NotDelivered)
            }
            Self::Delivered(_) => Ok(vec![OrderCompleted { order_id: complete.order_id.clone() }.into()]),
            Self::Completed(_) => Ok(Vec::new()),
            Self::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
        }
    }
}

impl CancelOrder {
    /// Cancels an order unless it is confirmed, for a reason of any length.
    pub fn unless_confirmed(order_id: OrderId, reason: &str) -> Self {
        let cut: String = reason.chars().take(MAX_REASON_LENGTH).collect();
        let reason = if cut.trim().is_empty() { "cancelled".to_owned() } else { cut };
        Self { order_id, reason, unless_confirmed: true }
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
        payment_token: command.payment_token.clone(),
    })
}

/// A digest of the order: equal for equal content. Its JSON cannot fail, because it has no map.
fn content_of(order: &OrderPlaced) -> MessageId {
    order.order_id.cast().derived(&serde_json::to_string(order).unwrap_or_default())
}
