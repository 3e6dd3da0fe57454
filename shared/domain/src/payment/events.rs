//! Commands and events of a payment.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{ChargeId, OrderId, PaymentToken, RefundId, UserId},
    money::Money,
};

causeway::events! {
    /// The commands to a payment.
    pub enum PaymentCommand: commands to "payment" by order_id {
        ProcessPayment = 1,
        RefundPayment = 1,
    }
}

causeway::events! {
    /// The events of a payment.
    pub enum PaymentEvent: events of "payment" {
        PaymentRequested = 1,
        PaymentProcessed = 1,
        PaymentFailed = 1,
        PaymentRefundRequested = 1,
        PaymentRefunded = 1,
        PaymentVoided = 1,
    }
}

/// Charges an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessPayment {
    /// The id of the order.
    pub order_id: OrderId,
    /// The id of the user who pays.
    pub user_id: UserId,
    /// The amount to charge, not validated yet.
    pub amount: Money,
    /// The payment method.
    pub payment_token: PaymentToken,
}

/// Returns all that was charged for an order, and makes sure that it is not charged later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundPayment {
    /// The id of the order.
    pub order_id: OrderId,
    /// The reason; a long one is cut.
    pub reason: String,
}

/// A charge was requested. The provider is called after this event, never before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRequested {
    /// The id of the order.
    pub order_id: OrderId,
    /// The id of the user who pays.
    pub user_id: UserId,
    /// The amount to charge.
    pub amount: Money,
    /// The payment method.
    pub payment_token: PaymentToken,
}

/// The order was charged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentProcessed {
    /// The id of the order.
    pub order_id: OrderId,
    /// The id of the user who paid.
    pub user_id: UserId,
    /// The amount charged.
    pub amount: Money,
    /// The provider's id of the charge; none for an amount of 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_id: Option<ChargeId>,
}

/// The order was not charged and will not be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentFailed {
    /// The id of the order.
    pub order_id: OrderId,
    /// The id of the user who should pay.
    pub user_id: UserId,
    /// The reason.
    pub because: PaymentFailure,
}

/// Why an order was not charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PaymentFailure {
    /// The provider declined.
    Declined {
        /// The provider's reason.
        reason: String,
    },
    /// The charge was closed at the provider before it was made.
    Closed,
    /// A refund was requested before the payment.
    RefundedBefore,
}

impl fmt::Display for PaymentFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined { reason } => write!(f, "payment declined: {reason}"),
            Self::Closed => f.write_str("the payment was closed before the charge"),
            Self::RefundedBefore => f.write_str("a refund was requested before the payment"),
        }
    }
}

/// A refund was requested. The provider is called after this event, never before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefundRequested {
    /// The id of the order.
    pub order_id: OrderId,
    /// The reason.
    pub reason: String,
}

/// All that was charged for the order was returned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded {
    /// The id of the order.
    pub order_id: OrderId,
    /// The amount returned.
    pub amount: Money,
    /// The provider's id of the refund.
    pub refund_id: RefundId,
}

/// The refund ended without a charge: nothing was charged for the order and nothing will be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentVoided {
    /// The id of the order.
    pub order_id: OrderId,
}
