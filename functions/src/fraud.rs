//! Suspicions of fraud: what happens elsewhere is taken through the patterns.

use causeway::{App, Cause, Handled, Outcome, Received, Verified};
use domain::{
    account::{Account, MoneyDeposited, MoneyWithdrawn},
    fraud::{Fact, Fraud, FraudInput, RejectHold, ReleaseHold},
    ids::{AccountId, UserId},
    order::OrderPlaced,
    payment::PaymentFailed,
    user::UserEmailUpdated,
};

/// Counts declined payments.
pub async fn on_payment_failed(app: App, failed: Verified<PaymentFailed>) -> Outcome {
    observe(&app, Fact::payment_failed(&failed.id, failed.timestamp, &failed.data), &failed.cause()).await
}

/// Remembers that a user has a new address.
pub async fn on_user_email_updated(app: App, updated: Verified<UserEmailUpdated>) -> Outcome {
    observe(&app, Fact::user_email_updated(&updated.id, updated.timestamp, &updated.data), &updated.cause()).await
}

/// Looks whether an order follows something that makes it suspicious.
pub async fn on_order_placed(app: App, placed: Verified<OrderPlaced>) -> Outcome {
    observe(&app, Fact::order_placed(&placed.id, placed.timestamp, &placed.data), &placed.cause()).await
}

/// Remembers a deposit.
pub async fn on_money_deposited(app: App, deposited: Verified<MoneyDeposited>) -> Outcome {
    let Some(owner) = owner_of(&app, &deposited.data.account_id).await? else { return Ok(Handled::Done) };
    let fact = Fact::money_deposited(&deposited.id, deposited.timestamp, &owner, &deposited.data);
    observe(&app, fact, &deposited.cause()).await
}

/// Looks whether a withdrawal follows a deposit.
pub async fn on_money_withdrawn(app: App, withdrawn: Verified<MoneyWithdrawn>) -> Outcome {
    let Some(owner) = owner_of(&app, &withdrawn.data.account_id).await? else { return Ok(Handled::Done) };
    let fact = Fact::money_withdrawn(&withdrawn.id, withdrawn.timestamp, &owner, &withdrawn.data);
    observe(&app, fact, &withdrawn.cause()).await
}

/// Lets an order that waits be placed.
pub async fn on_release_hold(app: App, release: Received<ReleaseHold>) -> Outcome {
    let input = FraudInput::Command(release.data.clone().into());
    app.execute::<Fraud>(&release.data.user_id, &input, &release.cause()).await
}

/// Rejects an order that waits.
pub async fn on_reject_hold(app: App, reject: Received<RejectHold>) -> Outcome {
    let input = FraudInput::Command(reject.data.clone().into());
    app.execute::<Fraud>(&reject.data.user_id, &input, &reject.cause()).await
}

async fn observe(app: &App, fact: Fact, cause: &Cause) -> Outcome {
    app.execute::<Fraud>(&fact.user_id.clone(), &FraudInput::Fact(fact), cause).await
}

/// The user who owns the account.
async fn owner_of(app: &App, account: &AccountId) -> Result<Option<UserId>, causeway::Failure> {
    Ok(app.state::<Account>(account).await?.owner().cloned())
}
