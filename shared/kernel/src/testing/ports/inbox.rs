//! What any inbox must do.

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::fixture::{message_id, must, noon};
use crate::{
    delivery::inbox::{Claim, Inbox, InboxKey, LEASE},
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
    let key = key(prefix, "closed");
    assert_same("the first claim", &claim(inbox, &key, 0).await, &Claim::First);
    assert_same("a claim beside it", &claim(inbox, &key, 1).await, &Claim::Held);
    must(inbox.complete(&key, after(2)).await, "close");
    assert_same("a claim behind it", &claim(inbox, &key, 3).await, &Claim::Completed);
    let late = SignedDuration::from_hours(15 * 24).as_secs();
    assert_same("a claim fifteen days later", &claim(inbox, &key, late).await, &Claim::Completed);
}

async fn a_claim_that_ran_out_is_taken_over(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "ran-out");
    let lease = LEASE.as_secs();
    assert_same("the first claim", &claim(inbox, &key, 0).await, &Claim::First);
    assert_same("just before it runs out", &claim(inbox, &key, lease - 1).await, &Claim::Held);
    assert_same("after it ran out", &claim(inbox, &key, lease + 1).await, &Claim::Resumed);
    assert_same("beside the second claim", &claim(inbox, &key, lease + 2).await, &Claim::Held);
    assert_same("after the second ran out", &claim(inbox, &key, 2 * lease + 2).await, &Claim::Resumed);
    must(inbox.complete(&key, after(2 * lease + 3)).await, "close");
    assert_same("after it is closed", &claim(inbox, &key, 2 * lease + 4).await, &Claim::Completed);
}

async fn a_released_claim_is_granted_again_at_once(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "released");
    assert_same("the first claim", &claim(inbox, &key, 0).await, &Claim::First);
    must(inbox.abandon(&key, after(1)).await, "release");
    assert_same("after the release", &claim(inbox, &key, 1).await, &Claim::Resumed);
    assert_same("beside it", &claim(inbox, &key, 2).await, &Claim::Held);
    must(inbox.abandon(&key, after(3)).await, "release");
    must(inbox.abandon(&key, after(3)).await, "release what is released");
    assert_same("after another release", &claim(inbox, &key, 4).await, &Claim::Resumed);
}

async fn a_withdrawn_claim_was_never_made(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "withdrawn");
    assert_same("the first claim", &claim(inbox, &key, 0).await, &Claim::First);
    must(inbox.forget(&key, after(1)).await, "withdraw");
    assert_same("after it is withdrawn", &claim(inbox, &key, 1).await, &Claim::First);
    must(inbox.complete(&key, after(2)).await, "close");
    must(inbox.forget(&key, after(3)).await, "withdraw what is closed");
    assert_same("the effect stays done", &claim(inbox, &key, 4).await, &Claim::Completed);
}

async fn a_closed_ticket_is_not_opened_by_a_latecomer(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "latecomer");
    let lease = LEASE.as_secs();
    assert_same("the slow one's claim", &claim(inbox, &key, 0).await, &Claim::First);
    assert_same("the fast one's claim", &claim(inbox, &key, lease + 1).await, &Claim::Resumed);
    must(inbox.complete(&key, after(lease + 2)).await, "the fast one closes");
    must(inbox.abandon(&key, after(lease + 3)).await, "the slow one gives up");
    assert_same("the effect stays done", &claim(inbox, &key, lease + 4).await, &Claim::Completed);
    must(inbox.complete(&key, after(lease + 5)).await, "close what is closed");
    assert_same("and done", &claim(inbox, &key, lease + 6).await, &Claim::Completed);
}

async fn tickets_do_not_mix(inbox: &dyn Inbox, prefix: &str) {
    let mine = key(prefix, "mine");
    let other_message = key(prefix, "mine-too");
    let other_consumer = InboxKey { consumer: format!("{}-other", mine.consumer), message: mine.message.clone() };
    for key in [&mine, &other_message, &other_consumer] {
        assert_same("the first claim of its own", &claim(inbox, key, 0).await, &Claim::First);
    }
    must(inbox.complete(&mine, after(1)).await, "close");
    assert_same("the closed one", &claim(inbox, &mine, 2).await, &Claim::Completed);
    for key in [&other_message, &other_consumer] {
        assert_same("the others are held still", &claim(inbox, key, 2).await, &Claim::Held);
    }
}

async fn of_many_claims_one_is_the_first(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "race");
    let claims = join_all((0..16).map(|_| claim(inbox, &key, 0))).await;
    let count = |claim: Claim| claims.iter().filter(|found| **found == claim).count();
    assert_same("of 16 claims the first and the held", &(count(Claim::First), count(Claim::Held)), &(1, 15));
    let lease = LEASE.as_secs();
    let claims = join_all((0..16).map(|_| claim(inbox, &key, lease + 1))).await;
    let count = |claim: Claim| claims.iter().filter(|found| **found == claim).count();
    assert_same("of 16 who take over, granted and held", &(count(Claim::Resumed), count(Claim::Held)), &(1, 15));
}

fn key(prefix: &str, name: &str) -> InboxKey {
    InboxKey { consumer: "suite-on-noted".to_owned(), message: message_id(prefix, name) }
}

fn after(seconds: i64) -> Timestamp {
    must(noon().checked_add(SignedDuration::from_secs(seconds)), "a time after noon")
}

async fn claim(inbox: &dyn Inbox, key: &InboxKey, seconds: i64) -> Claim {
    let now = after(seconds);
    must(inbox.claim(key, now, now + LEASE).await, "claim")
}
