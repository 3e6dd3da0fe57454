//! What follows when an account has done its part of a transfer. Nobody conducts it.

use causeway::{App, Cause, Handled, Outcome, Verified};
use domain::{
    account::{TransferCreditRefused, TransferCredited, TransferDebited, TransferRefused, TransferReturned},
    transfer::{Transfer, TransferFact, TransferLeg, TransferLegs, TransferRecord},
};

/// Gives the money to the other account, unless the transfer has ended: the archive of the bus holds events for longer
/// than the inbox remembers them.
pub async fn on_transfer_debited(app: App, debited: Verified<TransferDebited>) -> Outcome {
    if app.state::<Transfer>(&debited.data.transfer_id).await?.is_finished() {
        return Ok(Handled::Duplicate);
    }
    let leg = TransferLeg::Credit(debited.data.clone());
    app.execute::<TransferLegs>(leg.account(), &leg, &debited.cause()).await
}

/// Returns the money that the other account did not take.
pub async fn on_transfer_credit_refused(app: App, refused: Verified<TransferCreditRefused>) -> Outcome {
    let leg = TransferLeg::Return(refused.data.clone());
    app.execute::<TransferLegs>(leg.account(), &leg, &refused.cause()).await
}

/// Completes a transfer whose money is in the other account.
pub async fn on_transfer_credited(app: App, credited: Verified<TransferCredited>) -> Outcome {
    record(&app, TransferFact::Credited(credited.data.clone()), &credited.cause()).await
}

/// Ends a transfer whose money was never given.
pub async fn on_transfer_refused(app: App, refused: Verified<TransferRefused>) -> Outcome {
    record(&app, TransferFact::Refused(refused.data.clone()), &refused.cause()).await
}

/// Ends a transfer whose money is back.
pub async fn on_transfer_returned(app: App, returned: Verified<TransferReturned>) -> Outcome {
    record(&app, TransferFact::Returned(returned.data.clone()), &returned.cause()).await
}

async fn record(app: &App, fact: TransferFact, cause: &Cause) -> Outcome {
    app.execute::<TransferRecord>(fact.transfer(), &fact, cause).await
}
