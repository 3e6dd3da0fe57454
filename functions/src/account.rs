//! The legs of transfers of the account that gives the money.

use causeway::{App, Handled, Outcome, Verified};
use domain::transfer::{Transfer, TransferCompleted, TransferLeg, TransferLegs, TransferRequested};

/// Takes the money of a transfer from its account, unless the transfer has ended: the archive of the bus holds events for
/// longer than the inbox remembers them.
pub async fn on_transfer_requested(app: App, requested: Verified<TransferRequested>) -> Outcome {
    if app.state::<Transfer>(&requested.data.transfer_id).await?.is_finished() {
        return Ok(Handled::Duplicate);
    }
    let leg = TransferLeg::Debit(requested.data.clone());
    app.execute::<TransferLegs>(leg.account(), &leg, &requested.cause()).await
}

/// Records that the money is no longer under way.
pub async fn on_transfer_completed(app: App, completed: Verified<TransferCompleted>) -> Outcome {
    let leg = TransferLeg::Settle(completed.data.clone());
    app.execute::<TransferLegs>(leg.account(), &leg, &completed.cause()).await
}
