//! The view of payments.

use causeway::{Patch, StreamId, View, log::commit::Recorded};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::events::PaymentEvent;
use crate::{
    ids::{ChargeId, OrderId, RefundId, UserId},
    money::Money,
};

/// The status of a payment, as readers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PaymentStatus {
    /// The outcome of the charge is not known yet.
    Requested,
    /// The order is charged.
    Processed,
    /// The order is not charged.
    Failed,
    /// A refund is under way.
    Refunding,
    /// All that was charged is returned.
    Refunded,
    /// A refund ended without a charge.
    Voided,
}

/// The view of payments: one row per order, in the list of its status, such as `refunding`, by the time of the change.
#[derive(Debug)]
pub struct PaymentSummary;

/// A payment. A refund that came before the payment has only id, status and times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRow {
    /// The id of the order.
    pub order_id: OrderId,
    /// The id of the user who pays.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// The amount.
    #[serde(default)]
    pub amount: Option<Money>,
    /// The current status.
    pub status: PaymentStatus,
    /// The time of the last change.
    pub changed_at: Timestamp,
    /// The provider's id of the charge.
    #[serde(default)]
    pub charge_id: Option<ChargeId>,
    /// The provider's id of the refund.
    #[serde(default)]
    pub refund_id: Option<RefundId>,
    /// Why it failed or was refunded.
    #[serde(default)]
    pub reason: Option<String>,
}

impl View for PaymentSummary {
    const NAME: &'static str = "payment";
    type Event = PaymentEvent;
    type Row = PaymentRow;

    fn patch(stream: &StreamId, event: &Recorded<PaymentEvent>) -> Patch {
        let row = Patch::none().set("orderId", stream.id());
        let (row, status) = match &event.event {
            PaymentEvent::PaymentRequested(requested) => {
                (row.set("userId", &requested.user_id).set("amount", requested.amount), PaymentStatus::Requested)
            }
            PaymentEvent::PaymentProcessed(processed) => {
                (row.set("chargeId", &processed.charge_id), PaymentStatus::Processed)
            }
            PaymentEvent::PaymentFailed(failed) => {
                (row.set("reason", failed.because.to_string()), PaymentStatus::Failed)
            }
            PaymentEvent::PaymentRefundRequested(requested) => {
                (row.set("reason", &requested.reason), PaymentStatus::Refunding)
            }
            PaymentEvent::PaymentRefunded(refunded) => {
                (row.set("refundId", &refunded.refund_id), PaymentStatus::Refunded)
            }
            PaymentEvent::PaymentVoided(_) => (row, PaymentStatus::Voided),
        };
        row.set("status", status)
            .set("changedAt", event.at)
            .list_at(Self::list_of(status), format!("{:.9}/{}", event.at, stream.id()))
    }
}

impl PaymentSummary {
    /// The list of the payments with this status.
    pub fn list_of(status: PaymentStatus) -> &'static str {
        match status {
            PaymentStatus::Requested => "requested",
            PaymentStatus::Processed => "processed",
            PaymentStatus::Failed => "failed",
            PaymentStatus::Refunding => "refunding",
            PaymentStatus::Refunded => "refunded",
            PaymentStatus::Voided => "voided",
        }
    }
}
