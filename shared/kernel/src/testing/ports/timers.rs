//! The suite of [`Timers`].

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::fixture::{envelope, must, noon, stream};
use crate::{
    testing::diff::assert_same,
    time::{Timer, TimerKey, Timers},
};

/// Tests a scheduler of timers. The timers are due in about ten years.
pub async fn timers(timers: &dyn Timers, prefix: &str) {
    let deadline = timer(prefix, "one", "deadline", 87_624);
    let reminder = timer(prefix, "one", "reminder", 87_648);
    let of_another = timer(prefix, "two", "deadline", 87_672);
    for key in [&deadline.key, &reminder.key] {
        assert_same("a timer that is not set", &due(timers, key).await, &None);
        must(timers.cancel(key, 1).await, "cancel a timer that is not set");
    }
    for timer in [&deadline, &reminder, &of_another] {
        must(timers.set(timer).await, "set");
    }
    for timer in [&deadline, &reminder, &of_another] {
        assert_same("a set timer is listed once", &due(timers, &timer.key).await, &Some(timer.due));
    }

    let moved = Timer { due: later(90_000), version: 2, ..deadline.clone() };
    must(timers.set(&moved).await, "move");
    must(timers.set(&moved).await, "set it again unchanged");
    assert_same("a moved timer is listed once", &due(timers, &moved.key).await, &Some(moved.due));
    must(timers.set(&deadline).await, "set for an older commit");
    must(timers.cancel(&deadline.key, 1).await, "cancel for an older commit");
    assert_same("what a newer commit has set stays", &due(timers, &moved.key).await, &Some(moved.due));
    assert_same(
        "the same name in another stream is unchanged",
        &due(timers, &of_another.key).await,
        &Some(of_another.due),
    );

    must(timers.cancel(&deadline.key, 3).await, "cancel");
    must(timers.cancel(&deadline.key, 3).await, "cancel a cancelled timer");
    assert_same("a cancelled timer is not listed", &due(timers, &deadline.key).await, &None);
    assert_same("the other timers stay", &due(timers, &reminder.key).await, &Some(reminder.due));
    let deadline = Timer { version: 4, ..deadline };
    must(timers.set(&deadline).await, "set again");
    assert_same("it is listed again", &due(timers, &deadline.key).await, &Some(deadline.due));
    for timer in [&deadline, &reminder, &of_another] {
        must(timers.cancel(&timer.key, 5).await, "cancel");
        assert_same("no timer is left", &due(timers, &timer.key).await, &None);
    }
}

fn timer(prefix: &str, id: &str, name: &str, hours: i64) -> Timer {
    let stream = stream(prefix, id);
    let envelope = envelope(&stream, "TooLate", &json!({ "text": super::fixture::AWKWARD }));
    Timer { key: TimerKey { stream, name: name.to_owned() }, version: 1, due: later(hours), envelope }
}

/// A whole second, so many hours after noon.
fn later(hours: i64) -> Timestamp {
    let at = must(noon().checked_add(SignedDuration::from_hours(hours)), "a time to come");
    must(Timestamp::from_second(at.as_second()), "a whole second")
}

/// When the timer is due, if it is set exactly once.
async fn due(timers: &dyn Timers, key: &TimerKey) -> Option<Timestamp> {
    let name = key.schedule_name();
    let mut found = must(timers.list().await, "list");
    found.retain(|pending| pending.schedule_name == name);
    assert_same("a timer is listed at most once", &(found.len() <= 1), &true);
    found.first().map(|pending| pending.due)
}
