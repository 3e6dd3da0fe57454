//! The suite of [`Inbox`].

use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    delivery::{AttemptId, Claim, Inbox, InboxKey, LEASE},
    testing::{
        diff::assert_same,
        ports::fixture::{message_id, must, noon},
    },
};

/// Tests an inbox.
pub async fn inbox(inbox: &dyn Inbox, prefix: &str) {
    a_message_is_claimed_and_completed_once(inbox, prefix).await;
    an_expired_claim_is_taken_over(inbox, prefix).await;
    an_abandoned_claim_is_granted_again_at_once(inbox, prefix).await;
    a_forgotten_claim_is_granted_as_the_first(inbox, prefix).await;
    a_completed_key_stays_completed(inbox, prefix).await;
    a_repeated_claim_of_one_attempt_is_one_claim(inbox, prefix).await;
    an_attempt_gives_up_only_its_own_claim(inbox, prefix).await;
    keys_are_independent(inbox, prefix).await;
    of_concurrent_claims_one_is_granted(inbox, prefix).await;
}

async fn a_message_is_claimed_and_completed_once(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "completed");
    assert_same("the first claim", &claim(inbox, &key, 0).await, &Claim::First);
    assert_same("a second claim meanwhile", &claim(inbox, &key, 1).await, &Claim::Held);
    must(inbox.complete(&key, after(2)).await, "complete");
    assert_same("a claim after it is completed", &claim(inbox, &key, 3).await, &Claim::Completed);
    assert_same("a claim fifteen days later", &claim(inbox, &key, 1_296_000).await, &Claim::Completed);
}

async fn an_expired_claim_is_taken_over(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "expired");
    assert_same("the first claim", &claim(inbox, &key, 0).await, &Claim::First);
    assert_same("just before it expires", &claim(inbox, &key, 59).await, &Claim::Held);
    assert_same("after it expired", &claim(inbox, &key, 61).await, &Claim::Resumed);
    assert_same("while the second claim is held", &claim(inbox, &key, 62).await, &Claim::Held);
    assert_same("after the second expired", &claim(inbox, &key, 122).await, &Claim::Resumed);
    must(inbox.complete(&key, after(123)).await, "complete");
    assert_same("after it is completed", &claim(inbox, &key, 124).await, &Claim::Completed);
}

async fn an_abandoned_claim_is_granted_again_at_once(inbox: &dyn Inbox, prefix: &str) {
    let (key, first, second) = (key(prefix, "abandoned"), attempt(), attempt());
    assert_same("the first claim", &claim_by(inbox, &key, first, 0).await, &Claim::First);
    must(inbox.abandon(&key, first, after(1)).await, "abandon");
    assert_same("after it is abandoned", &claim_by(inbox, &key, second, 1).await, &Claim::Resumed);
    assert_same("meanwhile", &claim(inbox, &key, 2).await, &Claim::Held);
    must(inbox.abandon(&key, second, after(3)).await, "abandon");
    must(inbox.abandon(&key, second, after(3)).await, "abandon an abandoned claim");
    assert_same("after it is abandoned again", &claim(inbox, &key, 4).await, &Claim::Resumed);
}

async fn a_forgotten_claim_is_granted_as_the_first(inbox: &dyn Inbox, prefix: &str) {
    let (key, first, second) = (key(prefix, "forgotten"), attempt(), attempt());
    assert_same("the first claim", &claim_by(inbox, &key, first, 0).await, &Claim::First);
    must(inbox.forget(&key, first, after(1)).await, "forget");
    must(inbox.forget(&key, first, after(1)).await, "forget a forgotten claim");
    assert_same("after it is forgotten", &claim_by(inbox, &key, second, 1).await, &Claim::First);
    must(inbox.complete(&key, after(2)).await, "complete");
    must(inbox.forget(&key, second, after(3)).await, "forget a completed key");
    assert_same("the effect stays done", &claim(inbox, &key, 4).await, &Claim::Completed);
}

async fn a_repeated_claim_of_one_attempt_is_one_claim(inbox: &dyn Inbox, prefix: &str) {
    let (key, first, second) = (key(prefix, "repeated"), attempt(), attempt());
    let expired = 61;
    for _ in 0..3 {
        assert_same("the first attempt's claim", &claim_by(inbox, &key, first, 0).await, &Claim::First);
    }
    for _ in 0..3 {
        assert_same("the second attempt's claim", &claim_by(inbox, &key, second, expired).await, &Claim::Resumed);
    }
    assert_same("the first attempt is late", &claim_by(inbox, &key, first, expired).await, &Claim::Held);
    must(inbox.complete(&key, after(expired)).await, "complete");
    assert_same("it is completed", &claim_by(inbox, &key, second, expired).await, &Claim::Completed);
}

async fn an_attempt_gives_up_only_its_own_claim(inbox: &dyn Inbox, prefix: &str) {
    let (key, first, second) = (key(prefix, "foreign"), attempt(), attempt());
    must(inbox.abandon(&key, first, after(0)).await, "abandon no claim");
    must(inbox.forget(&key, first, after(0)).await, "forget no claim");
    assert_same("the first claim", &claim_by(inbox, &key, first, 0).await, &Claim::First);
    assert_same("the first is slow", &claim_by(inbox, &key, second, 61).await, &Claim::Resumed);
    must(inbox.abandon(&key, first, after(62)).await, "the first abandons");
    must(inbox.forget(&key, first, after(62)).await, "the first forgets");
    assert_same("the second still has it", &claim(inbox, &key, 63).await, &Claim::Held);
    must(inbox.forget(&key, second, after(63)).await, "the second forgets");
    let claimed = claim(inbox, &key, 124).await;
    assert_same("the first may have had the effect", &claimed, &Claim::Resumed);
}

async fn a_completed_key_stays_completed(inbox: &dyn Inbox, prefix: &str) {
    let (key, slow) = (key(prefix, "latecomer"), attempt());
    assert_same("the slow one's claim", &claim_by(inbox, &key, slow, 0).await, &Claim::First);
    assert_same("the fast one's claim", &claim(inbox, &key, 61).await, &Claim::Resumed);
    must(inbox.complete(&key, after(62)).await, "the fast one completes");
    must(inbox.abandon(&key, slow, after(63)).await, "the slow one abandons");
    assert_same("the effect stays done", &claim(inbox, &key, 64).await, &Claim::Completed);
    must(inbox.complete(&key, after(65)).await, "complete a completed key");
    assert_same("and stays done", &claim(inbox, &key, 66).await, &Claim::Completed);
}

async fn keys_are_independent(inbox: &dyn Inbox, prefix: &str) {
    let mine = key(prefix, "mine");
    let other_message = key(prefix, "mine-too");
    let other_consumer = InboxKey { consumer: format!("{}-other", mine.consumer), message: mine.message.clone() };
    for key in [&mine, &other_message, &other_consumer] {
        assert_same("the first claim of its own", &claim(inbox, key, 0).await, &Claim::First);
    }
    must(inbox.complete(&mine, after(1)).await, "complete");
    assert_same("the completed one", &claim(inbox, &mine, 2).await, &Claim::Completed);
    for key in [&other_message, &other_consumer] {
        assert_same("the others are still held", &claim(inbox, key, 2).await, &Claim::Held);
    }
}

async fn of_concurrent_claims_one_is_granted(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "race");
    let claims = join_all((0..16).map(|_| claim(inbox, &key, 0))).await;
    let count = |claim: Claim| claims.iter().filter(|found| **found == claim).count();
    assert_same("of 16 claims the first and the held", &(count(Claim::First), count(Claim::Held)), &(1, 15));
    let claims = join_all((0..16).map(|_| claim(inbox, &key, 61))).await;
    let count = |claim: Claim| claims.iter().filter(|found| **found == claim).count();
    assert_same("of 16 takeovers, granted and held", &(count(Claim::Resumed), count(Claim::Held)), &(1, 15));
}

fn key(prefix: &str, name: &str) -> InboxKey {
    InboxKey { consumer: "suite-on-noted".to_owned(), message: message_id(prefix, name) }
}

fn after(seconds: i64) -> Timestamp {
    must(noon().checked_add(SignedDuration::from_secs(seconds)), "a time after noon")
}

/// A new attempt.
fn attempt() -> AttemptId {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    AttemptId::new(Uuid::from_u128(COUNT.fetch_add(1, Ordering::Relaxed).into()))
}

/// The claim of a new attempt, so many seconds after noon.
async fn claim(inbox: &dyn Inbox, key: &InboxKey, seconds: i64) -> Claim {
    claim_by(inbox, key, attempt(), seconds).await
}

async fn claim_by(inbox: &dyn Inbox, key: &InboxKey, attempt: AttemptId, seconds: i64) -> Claim {
    let now = after(seconds);
    must(inbox.claim(key, attempt, now, now + LEASE).await, "claim")
}
