//! Carts: the schedule that expires those that nobody changes.

use causeway::{App, Failure, Handled, Outcome, Received, view::Page};
use domain::cart::{Cart, CartContent, CartContentRow, CartExpiryDue, ExpireCart};
use futures::future::join_all;

/// The number of rows that one query reads, and of carts that are expired at the same time.
const PAGE_SIZE: u32 = 25;

/// The number of carts that one run expires at most, so that it ends long before the function's timeout.
const MAX_CARTS: usize = 1_000;

/// Expires the open carts that were not changed for [`domain::cart::DAYS_UNTIL_EXPIRY`] days.
///
/// The list of open carts is the queue: an expired cart leaves it. So a run that was killed, or that ended at its limit,
/// is continued by its retry or by the next run. A cart that was changed since its row was read stays, and a cart that
/// fails does not keep the others from expiring.
pub async fn on_cart_expiry_due(app: App, due: Received<CartExpiryDue>) -> Outcome {
    // The sender of a command chooses its timestamp.
    let now = due.timestamp.min(app.clock().now());
    let expire = |cart: CartContentRow| {
        let (app, cause) = (app.clone(), due.cause());
        async move {
            let expire = ExpireCart { user_id: cart.user_id.clone(), changes: cart.changes };
            app.execute::<Cart>(&cart.user_id, &expire.into(), &cause).await
        }
    };
    let mut page = Page { limit: PAGE_SIZE, newest_first: false, after: None };
    let mut tried = 0;
    let mut failure: Option<Failure> = None;
    loop {
        let carts = app.list::<CartContent>(CartContent::OPEN, &page).await?;
        let all = carts.rows.len();
        let expired: Vec<_> = carts.rows.into_iter().filter(|cart| cart.is_expired(now)).collect();
        let is_last = expired.len() < all;
        tried += expired.len();
        for outcome in join_all(expired.into_iter().map(expire)).await {
            failure = failure.or(outcome.err());
        }
        page.after = carts.next;
        if is_last || page.after.is_none() || tried >= MAX_CARTS {
            return failure.map_or(Ok(Handled::Done), Err);
        }
    }
}
