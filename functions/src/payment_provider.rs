//! Calls to the payment provider that follow from the events of payments.
//!
//! Every call may be repeated: the order is the idempotency key. An answer is recorded before anything follows from it, and
//! without an answer the charge is looked up, never assumed. What the provider says and the rules do not accept is
//! dead-lettered.

use causeway::{
    App, Cause, Failure, Handled, Message, Outcome, Received, Verified,
    command::execute::ExecuteError,
    gateway::{HttpClient, HttpError, HttpRequest, HttpResponse},
};
use domain::{
    ids::OrderId,
    payment::{
        ChargeOutcome, Payment, PaymentInput, PaymentRefundRequested, PaymentRequested, PaymentState,
        provider::{self, ChargeAnswer},
    },
};
use jiff::SignedDuration;

/// A provider may forget its idempotency keys after a day. A charge that was requested longer ago is looked up first.
const KEYS_ARE_KNOWN: SignedDuration = SignedDuration::from_hours(12);

/// Charges the order, unless a refund was requested meanwhile.
pub async fn on_payment_requested(app: App, event: Verified<PaymentRequested>) -> Outcome {
    let order_id = &event.data.order_id;
    let PaymentState::Requested(request) = app.state::<Payment>(order_id).await? else {
        return Ok(Handled::Duplicate);
    };
    let known = match app.clock().now().duration_since(event.timestamp) > KEYS_ARE_KNOWN {
        true => find(&app, order_id).await?,
        false => ChargeAnswer::Unknown,
    };
    let outcome = match known {
        ChargeAnswer::Ended(outcome) => outcome,
        ChargeAnswer::Pending => return Err(Failure::transient(StillOpen)),
        ChargeAnswer::Unknown => charge(&app, &request).await?,
    };
    record(&app, order_id, PaymentInput::Charge(outcome), &cause_of(&event, "charge")).await
}

/// Returns the charge. If its outcome is not known, the charge is closed first: then it is known, or will never be made.
pub async fn on_payment_refund_requested(app: App, event: Verified<PaymentRefundRequested>) -> Outcome {
    let order_id = &event.data.order_id;
    let mut state = app.state::<Payment>(order_id).await?;
    if let PaymentState::Closing(_) = state {
        let outcome = close(&app, order_id).await?;
        record(&app, order_id, PaymentInput::Charge(outcome), &cause_of(&event, "charge")).await?;
        state = app.state::<Payment>(order_id).await?;
    }
    let PaymentState::Refunding(_) = state else {
        return Ok(Handled::Duplicate);
    };
    let response = send(&app, &provider::refund(order_id)).await?;
    let refunded = provider::read_refund(order_id, &response).map_err(Failure::permanent)?;
    record(&app, order_id, PaymentInput::Refund(refunded), &cause_of(&event, "refund")).await
}

async fn charge(app: &App, request: &PaymentRequested) -> Result<ChargeOutcome, Failure> {
    let order_id = &request.order_id;
    let answer = match call(app, &provider::charge(request)).await? {
        Some(response) => provider::read_charge(order_id, &response).ok(),
        None => None,
    };
    // What cannot be read, or did not come, may be a charge.
    let answer = match answer {
        Some(answer) => answer,
        None => find(app, order_id).await?,
    };
    match answer {
        ChargeAnswer::Ended(outcome) => Ok(outcome),
        ChargeAnswer::Pending | ChargeAnswer::Unknown => Err(Failure::transient(StillOpen)),
    }
}

async fn find(app: &App, order_id: &OrderId) -> Result<ChargeAnswer, Failure> {
    let response = send(app, &provider::find(order_id)).await?;
    provider::read_charge(order_id, &response).map_err(Failure::permanent)
}

async fn close(app: &App, order_id: &OrderId) -> Result<ChargeOutcome, Failure> {
    let response = send(app, &provider::close(order_id)).await?;
    match provider::read_charge(order_id, &response).map_err(Failure::permanent)? {
        ChargeAnswer::Ended(outcome) => Ok(outcome),
        ChargeAnswer::Pending | ChargeAnswer::Unknown => Err(Failure::transient(StillOpen)),
    }
}

/// Sends a request that is simply repeated if it has no answer.
async fn send(app: &App, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    call(app, request).await?.ok_or_else(|| Failure::transient(StillOpen))
}

/// Sends a request; returns no response if it may have had its effect nevertheless.
async fn call(app: &App, request: &HttpRequest) -> Result<Option<HttpResponse>, Failure> {
    let provider = app.gateway::<dyn HttpClient>().map_err(Failure::transient)?;
    match provider.send(request).await {
        Ok(response) if response.is_throttled() => Err(Failure::transient(StillOpen)),
        Ok(response) if response.is_server_error() => Ok(None),
        Ok(response) => Ok(Some(response)),
        Err(HttpError::NoAnswer(_)) => Ok(None),
        Err(error @ (HttpError::NotSent(_) | HttpError::CircuitOpen)) => Err(Failure::transient(error)),
    }
}

/// Records an answer of the provider. One that the rules do not accept is a case for an operator.
async fn record(app: &App, order_id: &OrderId, answer: PaymentInput, cause: &Cause) -> Outcome {
    match app.try_execute::<Payment>(order_id, &answer, cause).await {
        Ok(executed) if executed.repeated => Ok(Handled::Duplicate),
        Ok(_) => Ok(Handled::Done),
        Err(ExecuteError::Rejected(rejection)) => Err(Failure::permanent(rejection)),
        Err(error) => Err(error.into()),
    }
}

/// The cause of a record. A function may record two answers, so each has an id of its own.
fn cause_of<M: Message>(event: &Received<M>, step: &str) -> Cause {
    let cause = event.cause();
    Cause { command: cause.command.derived(step), ..cause }
}

/// The provider has no final answer yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payment provider has no final answer yet")]
struct StillOpen;
