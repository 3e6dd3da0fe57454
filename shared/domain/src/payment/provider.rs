//! The language of the payment provider: its requests, and what its answers mean. Pure; the functions send the requests.
//!
//! | request | answer |
//! |---|---|
//! | `POST /charges`, idempotency key: the order | the charge, made once for each key |
//! | `GET /charges/<order>` | the charge, or 404 |
//! | `POST /charges/<order>/close` | the charge as it ended; one that was not made is closed and will not be made |
//! | `POST /charges/<order>/refund` | the refund of the whole charge, made once |

use causeway::gateway::{HttpMethod, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    decider::{ChargeOutcome, Refunded},
    events::PaymentRequested,
};
use crate::{
    ids::{ChargeId, OrderId, PaymentToken, RefundId},
    money::{Currency, Money},
};

/// The name under which the provider's address is configured.
pub const PARTY: &str = "payments";

/// The maximum length of an answer in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// What the provider says about a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeAnswer {
    /// It has ended.
    Ended(ChargeOutcome),
    /// It is under way.
    Pending,
    /// The provider never got it.
    Unknown,
}

/// An answer that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// The status and the body are no answer to the request.
    #[error("the provider answered {status}: {reason}")]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// What is wrong.
        reason: String,
    },
    /// The answer is about another order.
    #[error("the provider answered for order {key} instead")]
    OtherOrder {
        /// The order.
        key: OrderId,
    },
}

/// Charges the order; a repeated request returns the first charge.
pub fn charge(request: &PaymentRequested) -> HttpRequest {
    let Money { amount, currency } = request.amount;
    let body = ChargeBody { key: &request.order_id, amount, currency, token: &request.payment_token };
    let path = "/charges".to_owned();
    post(path, request.order_id.to_string(), serde_json::to_string(&body).unwrap_or_default())
}

/// Looks the charge of an order up.
pub fn find(order: &OrderId) -> HttpRequest {
    let path = format!("/charges/{order}");
    HttpRequest { party: PARTY, method: HttpMethod::Get, path, idempotency_key: None, body: None }
}

/// Makes sure that the order is not charged later than now.
pub fn close(order: &OrderId) -> HttpRequest {
    post(format!("/charges/{order}/close"), format!("{order}/close"), "{}".to_owned())
}

/// Returns the whole charge of an order; a repeated request returns the first refund.
pub fn refund(order: &OrderId) -> HttpRequest {
    post(format!("/charges/{order}/refund"), format!("{order}/refund"), "{}".to_owned())
}

fn post(path: String, key: String, body: String) -> HttpRequest {
    HttpRequest { party: PARTY, method: HttpMethod::Post, path, idempotency_key: Some(key), body: Some(body) }
}

/// What the answer to [`charge`], [`find`] or [`close`] means.
pub fn read_charge(order: &OrderId, response: &HttpResponse) -> Result<ChargeAnswer, BadAnswer> {
    let answer = match response.status {
        404 => return read::<UnknownBody>(order, response).map(|_| ChargeAnswer::Unknown),
        // 402: declined; 409: closed, or under way.
        200 | 201 | 402 | 409 => read::<ChargeStatus>(order, response)?,
        _ => return Err(unexpected(response)),
    };
    let outcome = match answer {
        ChargeStatus::Pending { .. } => return Ok(ChargeAnswer::Pending),
        ChargeStatus::Succeeded { id, amount, currency, .. } => {
            ChargeOutcome::Charged { charge_id: id, amount: Money { amount, currency } }
        }
        ChargeStatus::Declined { reason, .. } => ChargeOutcome::Declined { reason: readable(&reason) },
        ChargeStatus::Closed { .. } => ChargeOutcome::Closed,
    };
    Ok(ChargeAnswer::Ended(outcome))
}

/// What the answer to [`refund`] means.
pub fn read_refund(order: &OrderId, response: &HttpResponse) -> Result<Refunded, BadAnswer> {
    if !matches!(response.status, 200 | 201) {
        return Err(unexpected(response));
    }
    let RefundBody { id, amount, currency, .. } = read(order, response)?;
    Ok(Refunded { refund_id: id, amount: Money { amount, currency } })
}

#[derive(Serialize)]
struct ChargeBody<'a> {
    key: &'a OrderId,
    amount: i64,
    currency: Currency,
    token: &'a PaymentToken,
}

/// An answer names the order that it is about.
trait Answer: DeserializeOwned {
    fn key(&self) -> &OrderId;
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum ChargeStatus {
    Pending { key: OrderId },
    Succeeded { key: OrderId, id: ChargeId, amount: i64, currency: Currency },
    Declined { key: OrderId, reason: String },
    Closed { key: OrderId },
}

impl Answer for ChargeStatus {
    fn key(&self) -> &OrderId {
        match self {
            Self::Pending { key } | Self::Succeeded { key, .. } | Self::Declined { key, .. } | Self::Closed { key } => {
                key
            }
        }
    }
}

#[derive(Deserialize)]
struct RefundBody {
    key: OrderId,
    id: RefundId,
    amount: i64,
    currency: Currency,
}

impl Answer for RefundBody {
    fn key(&self) -> &OrderId {
        &self.key
    }
}

/// A 404 that does not name the order comes from something else on the way, such as a proxy.
#[derive(Deserialize)]
struct UnknownBody {
    key: OrderId,
}

impl Answer for UnknownBody {
    fn key(&self) -> &OrderId {
        &self.key
    }
}

fn read<A: Answer>(order: &OrderId, response: &HttpResponse) -> Result<A, BadAnswer> {
    let status = response.status;
    if response.body.len() > MAX_ANSWER {
        return Err(BadAnswer::Unreadable { status, reason: format!("more than {MAX_ANSWER} bytes") });
    }
    let answer: A = serde_json::from_str(&response.body)
        .map_err(|error| BadAnswer::Unreadable { status, reason: error.to_string() })?;
    match answer.key() == order {
        true => Ok(answer),
        false => Err(BadAnswer::OtherOrder { key: answer.key().clone() }),
    }
}

fn unexpected(response: &HttpResponse) -> BadAnswer {
    let reason = readable(&response.body).chars().take(200).collect();
    BadAnswer::Unreadable { status: response.status, reason }
}

/// A text of the provider without control characters.
fn readable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
