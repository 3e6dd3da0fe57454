//! The rules of a payment.

use causeway::{Decider, Rejection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{
    PaymentCommand, PaymentEvent, PaymentFailed, PaymentFailure, PaymentProcessed, PaymentRefundRequested,
    PaymentRefunded, PaymentRequested, PaymentVoided, ProcessPayment, RefundPayment,
};
use crate::{
    ids::{ChargeId, OrderId, RefundId},
    money::Money,
};

/// The maximum length of a reason in characters; a longer one is cut.
const MAX_REASON_LENGTH: usize = 500;

/// The rules of a payment.
#[derive(Debug)]
pub struct Payment;

/// The state of a payment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PaymentState {
    /// Nothing was requested.
    #[default]
    New,
    /// A charge is requested, and its outcome is not known.
    Requested(PaymentRequested),
    /// A refund is requested, and the outcome of the charge is not known.
    Closing(PaymentRequested),
    /// The order is charged.
    Processed(Processed),
    /// The order is charged, and a refund is requested.
    Refunding(Processed),
    /// All that was charged is returned.
    Refunded(Processed),
    /// The order is not charged and will not be.
    Failed(PaymentRequested),
    /// The same, and the refund is answered. Without a request the refund came before the payment.
    Voided(Option<PaymentRequested>),
}

/// A payment that was charged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Processed {
    /// The request.
    pub request: PaymentRequested,
    /// The provider's id of the charge; none for an amount of 0.
    pub charge_id: Option<ChargeId>,
}

/// What changes a payment: a command, or an answer of the provider.
#[derive(Clone, Debug, PartialEq)]
pub enum PaymentInput {
    /// A command from the bus.
    Command(PaymentCommand),
    /// The outcome of the charge.
    Charge(ChargeOutcome),
    /// The outcome of the refund.
    Refund(Refunded),
}

/// The final outcome of a charge at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeOutcome {
    /// It was made.
    Charged {
        /// The provider's id of the charge.
        charge_id: ChargeId,
        /// The amount charged.
        amount: Money,
    },
    /// The provider declined it.
    Declined {
        /// The provider's reason.
        reason: String,
    },
    /// It was closed before it was made, and will not be made.
    Closed,
}

/// A refund that the provider has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    /// The provider's id of the refund.
    pub refund_id: RefundId,
    /// The amount returned.
    pub amount: Money,
}

/// Why a payment rejects a command or an answer of the provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRejection {
    /// The amount is negative.
    #[error("amount: {amount} is less than 0")]
    NegativeAmount {
        /// The amount.
        amount: Money,
    },
    /// The payment was requested with another amount, user or payment method.
    #[error("orderId: its payment was requested before with other content")]
    RequestedDifferently,
    /// The provider has an outcome of what was never requested.
    #[error("the provider answered what was not requested")]
    NotRequested,
    /// The provider charged another amount.
    #[error("the provider charged {charged} instead of {requested}")]
    ChargedOtherAmount {
        /// The amount charged.
        charged: Money,
        /// The amount requested.
        requested: Money,
    },
    /// The provider has a second charge, or says that a known one was not made.
    #[error("the provider's answer contradicts its charge {charge_id}")]
    ContradictsCharge {
        /// The known charge.
        charge_id: ChargeId,
    },
    /// The provider returned another amount.
    #[error("the provider returned {refunded} instead of {charged}")]
    RefundedOtherAmount {
        /// The amount returned.
        refunded: Money,
        /// The amount charged.
        charged: Money,
    },
}

impl Rejection for PaymentRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::NegativeAmount { .. } => "NegativeAmount",
            Self::RequestedDifferently => "RequestedDifferently",
            Self::NotRequested => "NotRequested",
            Self::ChargedOtherAmount { .. } => "ChargedOtherAmount",
            Self::ContradictsCharge { .. } => "ContradictsCharge",
            Self::RefundedOtherAmount { .. } => "RefundedOtherAmount",
        }
    }
}

impl Decider for Payment {
    const CONTEXT: &'static str = "payment";
    type State = PaymentState;
    type Command = PaymentInput;
    type Event = PaymentEvent;
    type Rejection = PaymentRejection;

    fn decide(state: &PaymentState, input: &PaymentInput) -> Result<Vec<PaymentEvent>, PaymentRejection> {
        match input {
            PaymentInput::Command(PaymentCommand::ProcessPayment(process)) => state.process(process),
            PaymentInput::Command(PaymentCommand::RefundPayment(refund)) => Ok(state.refund(refund)),
            PaymentInput::Charge(outcome) => state.charge_ended(outcome),
            PaymentInput::Refund(refunded) => state.refund_ended(refunded),
        }
    }

    fn evolve(state: PaymentState, event: &PaymentEvent) -> PaymentState {
        use PaymentState as State;
        match (state, event) {
            (State::New, PaymentEvent::PaymentRequested(request)) => State::Requested(request.clone()),
            (State::Voided(None), PaymentEvent::PaymentRequested(request)) => State::Voided(Some(request.clone())),
            (
                State::Requested(request) | State::Failed(request) | State::Voided(Some(request)),
                PaymentEvent::PaymentProcessed(processed),
            ) => State::Processed(Processed { request, charge_id: processed.charge_id.clone() }),
            (State::Closing(request), PaymentEvent::PaymentProcessed(processed)) => {
                State::Refunding(Processed { request, charge_id: processed.charge_id.clone() })
            }
            (State::Requested(request) | State::Closing(request), PaymentEvent::PaymentFailed(_)) => {
                State::Failed(request)
            }
            (State::Requested(request), PaymentEvent::PaymentRefundRequested(_)) => State::Closing(request),
            (State::Processed(processed), PaymentEvent::PaymentRefundRequested(_)) => State::Refunding(processed),
            (State::Processed(processed) | State::Refunding(processed), PaymentEvent::PaymentRefunded(_)) => {
                State::Refunded(processed)
            }
            (State::New, PaymentEvent::PaymentVoided(_)) => State::Voided(None),
            (
                State::Requested(request) | State::Closing(request) | State::Failed(request),
                PaymentEvent::PaymentVoided(_),
            ) => State::Voided(Some(request)),
            (State::Processed(processed), PaymentEvent::PaymentVoided(_)) => State::Voided(Some(processed.request)),
            (
                state,
                PaymentEvent::PaymentRequested(_)
                | PaymentEvent::PaymentProcessed(_)
                | PaymentEvent::PaymentFailed(_)
                | PaymentEvent::PaymentRefundRequested(_)
                | PaymentEvent::PaymentRefunded(_)
                | PaymentEvent::PaymentVoided(_),
            ) => state,
        }
    }
}

impl PaymentState {
    /// The request, if there is one.
    pub fn request(&self) -> Option<&PaymentRequested> {
        match self {
            Self::New => None,
            Self::Requested(request) | Self::Closing(request) | Self::Failed(request) => Some(request),
            Self::Processed(processed) | Self::Refunding(processed) | Self::Refunded(processed) => {
                Some(&processed.request)
            }
            Self::Voided(request) => request.as_ref(),
        }
    }

    fn process(&self, process: &ProcessPayment) -> Result<Vec<PaymentEvent>, PaymentRejection> {
        let ProcessPayment { order_id, user_id, amount, payment_token } = process.clone();
        if amount.amount < 0 {
            return Err(PaymentRejection::NegativeAmount { amount });
        }
        let request = PaymentRequested { order_id, user_id, amount, payment_token };
        if let Some(known) = self.request() {
            return if *known == request { Ok(Vec::new()) } else { Err(PaymentRejection::RequestedDifferently) };
        }
        let (order_id, user_id) = (request.order_id.clone(), request.user_id.clone());
        let answer: Option<PaymentEvent> = if matches!(self, Self::Voided(_)) {
            Some(PaymentFailed { order_id, user_id, because: PaymentFailure::RefundedBefore }.into())
        } else if amount.amount == 0 {
            Some(PaymentProcessed { order_id, user_id, amount, charge_id: None }.into())
        } else {
            None
        };
        Ok([PaymentEvent::from(request)].into_iter().chain(answer).collect())
    }

    fn refund(&self, refund: &RefundPayment) -> Vec<PaymentEvent> {
        let RefundPayment { order_id, reason } = refund.clone();
        let reason = reason.chars().take(MAX_REASON_LENGTH).collect();
        match self {
            Self::New | Self::Failed(_) => vec![PaymentVoided { order_id }.into()],
            Self::Processed(processed) if processed.charge_id.is_none() => vec![PaymentVoided { order_id }.into()],
            Self::Requested(_) | Self::Processed(_) => vec![PaymentRefundRequested { order_id, reason }.into()],
            Self::Closing(_) | Self::Refunding(_) | Self::Refunded(_) | Self::Voided(_) => Vec::new(),
        }
    }

    fn charge_ended(&self, outcome: &ChargeOutcome) -> Result<Vec<PaymentEvent>, PaymentRejection> {
        let Some(PaymentRequested { order_id, user_id, amount: requested, .. }) = self.request().cloned() else {
            return Err(PaymentRejection::NotRequested);
        };
        let known = match self {
            Self::Processed(processed) | Self::Refunding(processed) | Self::Refunded(processed) => {
                Some(processed.charge_id.clone())
            }
            Self::New | Self::Requested(_) | Self::Closing(_) | Self::Failed(_) | Self::Voided(_) => None,
        };
        match (known, outcome) {
            (Some(None), _) => Err(PaymentRejection::NotRequested),
            (Some(known), ChargeOutcome::Charged { charge_id, .. }) if known.as_ref() == Some(charge_id) => {
                Ok(Vec::new())
            }
            (Some(Some(charge_id)), _) => Err(PaymentRejection::ContradictsCharge { charge_id }),
            (None, ChargeOutcome::Charged { amount, .. }) if *amount != requested => {
                Err(PaymentRejection::ChargedOtherAmount { charged: *amount, requested })
            }
            (None, ChargeOutcome::Charged { charge_id, amount }) => {
                let charge_id = Some(charge_id.clone());
                let processed = PaymentProcessed { order_id: order_id.clone(), user_id, amount: *amount, charge_id };
                let mut events = vec![processed.into()];
                if matches!(self, Self::Failed(_) | Self::Voided(_)) {
                    // The provider broke its word; the money goes back.
                    let reason = "charged after the payment had ended".to_owned();
                    events.push(PaymentRefundRequested { order_id, reason }.into());
                }
                Ok(events)
            }
            (None, ChargeOutcome::Declined { .. } | ChargeOutcome::Closed) => {
                let because = match outcome {
                    ChargeOutcome::Declined { reason } => {
                        PaymentFailure::Declined { reason: reason.chars().take(MAX_REASON_LENGTH).collect() }
                    }
                    ChargeOutcome::Closed | ChargeOutcome::Charged { .. } => PaymentFailure::Closed,
                };
                let failed = PaymentFailed { order_id: order_id.clone(), user_id, because };
                Ok(match self {
                    Self::Requested(_) => vec![failed.into()],
                    Self::Closing(_) => vec![failed.into(), PaymentVoided { order_id }.into()],
                    Self::New
                    | Self::Processed(_)
                    | Self::Refunding(_)
                    | Self::Refunded(_)
                    | Self::Failed(_)
                    | Self::Voided(_) => Vec::new(),
                })
            }
        }
    }

    fn refund_ended(&self, refunded: &Refunded) -> Result<Vec<PaymentEvent>, PaymentRejection> {
        let Refunded { refund_id, amount } = refunded.clone();
        match self {
            Self::Refunding(Processed { request, .. }) | Self::Refunded(Processed { request, .. })
                if request.amount != amount =>
            {
                Err(PaymentRejection::RefundedOtherAmount { refunded: amount, charged: request.amount })
            }
            Self::Refunding(Processed { request, .. }) => {
                let order_id: OrderId = request.order_id.clone();
                Ok(vec![PaymentRefunded { order_id, amount, refund_id }.into()])
            }
            Self::Refunded(_) => Ok(Vec::new()),
            Self::New
            | Self::Requested(_)
            | Self::Closing(_)
            | Self::Processed(_)
            | Self::Failed(_)
            | Self::Voided(_) => Err(PaymentRejection::NotRequested),
        }
    }
}

impl From<ProcessPayment> for PaymentInput {
    fn from(process: ProcessPayment) -> Self {
        Self::Command(process.into())
    }
}

impl From<RefundPayment> for PaymentInput {
    fn from(refund: RefundPayment) -> Self {
        Self::Command(refund.into())
    }
}
