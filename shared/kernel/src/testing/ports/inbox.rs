//! What any inbox must do.

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::fixture::{message_id, must, noon};
use crate::{
    inbox::{Claim, Inbox, LEASE, Ticket},
    testing::diff::assert_same,
};

/// Tries an inbox. The prefix keeps its tickets apart from those of other runs.
pub async fn inbox(inbox: &dyn Inbox, prefix: &str) {
    a_message_is_claimed_once_and_closed(inbox, prefix).await;
    a_claim_that_ran_out_is_taken_over(inbox, prefix).await;
    a_released_claim_is_granted_again_at_once(inbox, prefix).await;
    a_withdrawn_claim_was_never_made(inbox, prefix).await;
    a_closed_ticket_is_not_opened_by_a_latecomer(inbox, prefix).await;
    tickets_do_not_mix(inbox, prefix).await;
    of_many_claims_one_is_the_first(inbox, prefix).await;
}

async fn a_message_is_claimed_once_and_closed(inbox: &dyn Inbox, prefix: &str) {
    let ticket = ticket(prefix, "closed");
    assert_same("the first claim", &claim(inbox, &ticket, 0).await, &Claim::First);
    assert_same("a claim beside it", &claim(inbox, &ticket, 1).await, &Claim::Held);
    must(inbox.close(&ticket, after(2)).await, "close");
    assert_same("a claim behind it", &claim(inbox, &ticket, 3).await, &Claim::Closed);
    let late = SignedDuration::from_hours(15 * 24).as_secs();
    assert_same("a claim fifteen days later", &claim(inbox, &ticket, late).await, &Claim::Closed);
}

async fn a_claim_that_ran_out_is_taken_over(inbox: &dyn Inbox, prefix: &str) {
    let ticket = ticket(prefix, "ran-out");
    let lease = LEASE.as_secs();
    assert_same("the first claim", &claim(inbox, &ticket, 0).await, &Claim::First);
    assert_same("just before it runs out", &claim(inbox, &ticket, lease - 1).await, &Claim::Held);
    assert_same("after it ran out", &claim(inbox, &ticket, lease + 1).await, &Claim::Again);
    assert_same("beside the second claim", &claim(inbox, &ticket, lease + 2).await, &Claim::Held);
    assert_same("after the second ran out", &claim(inbox, &ticket, 2 * lease + 2).await, &Claim::Again);
    must(inbox.close(&ticket, after(2 * lease + 3)).await, "close");
    assert_same("after it is closed", &claim(inbox, &ticket, 2 * lease + 4).await, &Claim::Closed);
}

async fn a_released_claim_is_granted_again_at_once(inbox: &dyn Inbox, prefix: &str) {
    let ticket = ticket(prefix, "released");
    assert_same("the first claim", &claim(inbox, &ticket, 0).await, &Claim::First);
    must(inbox.release(&ticket, after(1)).await, "release");
    assert_same("after the release", &claim(inbox, &ticket, 1).await, &Claim::Again);
    assert_same("beside it", &claim(inbox, &ticket, 2).await, &Claim::Held);
    must(inbox.release(&ticket, after(3)).await, "release");
    must(inbox.release(&ticket, after(3)).await, "release what is released");
    assert_same("after another release", &claim(inbox, &ticket, 4).await, &Claim::Again);
}

async fn a_withdrawn_claim_was_never_made(inbox: &dyn Inbox, prefix: &str) {
    let ticket = ticket(prefix, "withdrawn");
    assert_same("the first claim", &claim(inbox, &ticket, 0).await, &Claim::First);
    must(inbox.withdraw(&ticket, after(1)).await, "withdraw");
    assert_same("after it is withdrawn", &claim(inbox, &ticket, 1).await, &Claim::First);
    must(inbox.close(&ticket, after(2)).await, "close");
    must(inbox.withdraw(&ticket, after(3)).await, "withdraw what is closed");
    assert_same("the effect stays done", &claim(inbox, &ticket, 4).await, &Claim::Closed);
}

async fn a_closed_ticket_is_not_opened_by_a_latecomer(inbox: &dyn Inbox, prefix: &str) {
    let ticket = ticket(prefix, "latecomer");
    let lease = LEASE.as_secs();
    assert_same("the slow one's claim", &claim(inbox, &ticket, 0).await, &Claim::First);
    assert_same("the fast one's claim", &claim(inbox, &ticket, lease + 1).await, &Claim::Again);
    must(inbox.close(&ticket, after(lease + 2)).await, "the fast one closes");
    must(inbox.release(&ticket, after(lease + 3)).await, "the slow one gives up");
    assert_same("the effect stays done", &claim(inbox, &ticket, lease + 4).await, &Claim::Closed);
    must(inbox.close(&ticket, after(lease + 5)).await, "close what is closed");
    assert_same("and done", &claim(inbox, &ticket, lease + 6).await, &Claim::Closed);
}

async fn tickets_do_not_mix(inbox: &dyn Inbox, prefix: &str) {
    let mine = ticket(prefix, "mine");
    let other_message = ticket(prefix, "mine-too");
    let other_consumer = Ticket { consumer: format!("{}-other", mine.consumer), message: mine.message.clone() };
    for ticket in [&mine, &other_message, &other_consumer] {
        assert_same("the first claim of its own", &claim(inbox, ticket, 0).await, &Claim::First);
    }
    must(inbox.close(&mine, after(1)).await, "close");
    assert_same("the closed one", &claim(inbox, &mine, 2).await, &Claim::Closed);
    for ticket in [&other_message, &other_consumer] {
        assert_same("the others are held still", &claim(inbox, ticket, 2).await, &Claim::Held);
    }
}

async fn of_many_claims_one_is_the_first(inbox: &dyn Inbox, prefix: &str) {
    let ticket = ticket(prefix, "race");
    let claims = join_all((0..16).map(|_| claim(inbox, &ticket, 0))).await;
    let count = |claim: Claim| claims.iter().filter(|found| **found == claim).count();
    assert_same("of 16 claims the first and the held", &(count(Claim::First), count(Claim::Held)), &(1, 15));
    let lease = LEASE.as_secs();
    let claims = join_all((0..16).map(|_| claim(inbox, &ticket, lease + 1))).await;
    let count = |claim: Claim| claims.iter().filter(|found| **found == claim).count();
    assert_same("of 16 who take over, granted and held", &(count(Claim::Again), count(Claim::Held)), &(1, 15));
}

fn ticket(prefix: &str, name: &str) -> Ticket {
    Ticket { consumer: "suite-on-noted".to_owned(), message: message_id(prefix, name) }
}

fn after(seconds: i64) -> Timestamp {
    must(noon().checked_add(SignedDuration::from_secs(seconds)), "a time after noon")
}

async fn claim(inbox: &dyn Inbox, ticket: &Ticket, seconds: i64) -> Claim {
    let now = after(seconds);
    must(inbox.claim(ticket, now, now + LEASE).await, "claim")
}
