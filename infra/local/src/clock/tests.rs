//! The clock is paused, runs, is advanced, and wakes sleepers in order.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};

use super::Clock;

fn start() -> Timestamp {
    Timestamp::from_second(1_767_225_600).expect("a time")
}

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_tick_wakes_the_due_sleepers_in_the_order_of_their_ends() {
    let clock = Clock::paused(start());
    let woken = Arc::new(Mutex::new(Vec::new()));
    for wait in [5_i64, 1, 9, 3, 1] {
        let (clock, woken) = (clock.clone(), woken.clone());
        tokio::spawn(async move {
            clock.sleep(seconds(wait)).await;
            woken.lock().expect("the list").push(wait);
        });
    }
    settle().await;
    assert_eq!(clock.next_wake(), Some(start() + seconds(1)));
    clock.tick(seconds(5));
    settle().await;
    assert_eq!(*woken.lock().expect("the list"), [1, 1, 3, 5]);
    assert_eq!(clock.next_wake(), Some(start() + seconds(9)));
}

#[tokio::test]
async fn a_clone_is_the_same_clock_and_never_goes_back() {
    let clock = Clock::paused(start());
    let clone = clock.clone();
    clock.tick(seconds(10));
    clock.tick(seconds(-4));
    assert_eq!(clone.now(), start() + seconds(10));
}

#[tokio::test]
async fn ten_thousand_sleepers_are_woken_and_dropped_ones_are_removed() {
    let clock = Clock::paused(start());
    let sleepers: Vec<_> = (0..10_000)
        .map(|number| {
            let clock = clock.clone();
            tokio::spawn(async move { clock.sleep(seconds(1 + number % 100)).await })
        })
        .collect();
    let dropped = clock.clone();
    let dropped = tokio::spawn(async move { dropped.sleep(seconds(1000)).await });
    settle().await;
    dropped.abort();
    assert!(dropped.await.is_err());
    clock.tick(seconds(100));
    for sleeper in sleepers {
        sleeper.await.expect("a woken sleeper");
    }
    assert_eq!(clock.next_wake(), None);
}

#[tokio::test(start_paused = true)]
async fn a_fast_clock_runs_faster_than_the_machines_by_its_speed() {
    let real = tokio::time::Instant::now();
    let clock = Clock::running(start(), 60.0);
    clock.sleep(SignedDuration::from_mins(10)).await;
    assert!(clock.now() >= start() + SignedDuration::from_mins(10));
    let taken = real.elapsed().as_millis();
    assert!((10_000..10_010).contains(&taken), "{taken} ms");
}

#[tokio::test(start_paused = true)]
async fn a_running_clock_can_be_advanced_paused_and_resumed_during_a_sleep() {
    let real = tokio::time::Instant::now();
    let clock = Clock::running(start(), 1.0);
    let sleeper = clock.clone();
    let sleeper = tokio::spawn(async move { sleeper.sleep(seconds(100)).await });
    settle().await;
    clock.tick(seconds(60));
    clock.pause();
    tokio::time::sleep(std::time::Duration::from_secs(500)).await;
    assert!(!sleeper.is_finished());
    assert_eq!(clock.now(), start() + seconds(60));
    clock.resume();
    sleeper.await.expect("a woken sleeper");
    let taken = real.elapsed().as_secs();
    assert_eq!(taken, 540);
}

#[tokio::test]
async fn a_sleep_until_a_past_time_does_not_wait() {
    let clock = Clock::paused(start());
    clock.sleep_until(start()).await;
    clock.sleep_until(start() - seconds(5)).await;
    assert_eq!(clock.next_wake(), None);
}

#[tokio::test]
async fn a_woken_sleeper_counts_as_waking_until_it_continues() {
    let clock = Clock::paused(start());
    let sleeper = clock.clone();
    let woken = tokio::spawn(async move { sleeper.sleep(seconds(5)).await });
    let sleeper = clock.clone();
    let given_up = tokio::spawn(async move { sleeper.sleep(seconds(5)).await });
    settle().await;
    clock.advance_to(start() + seconds(4));
    assert!(clock.all_are_awake());
    clock.advance_to(start() + seconds(5));
    assert!(!clock.all_are_awake());
    given_up.abort();
    woken.await.expect("a woken sleeper");
    settle().await;
    assert!(clock.all_are_awake());
}

#[test]
fn the_machines_clock_has_no_line_until_it_is_advanced_or_paused() {
    let clock = Clock::of_the_machine();
    assert_eq!(clock.line(), None);
    clock.advance_to(start());
    assert_eq!(clock.line(), None);
    clock.tick(seconds(60));
    assert_eq!(clock.line().map(|line| line.speed), Some(1.0));
    clock.pause();
    assert_eq!(clock.line().map(|line| (line.shown, line.speed)), Some((clock.now(), 0.0)));
}

#[test]
fn a_line_holds_the_time_of_both_clocks_and_the_speed() {
    let clock = Clock::running(start(), 60.0);
    let line = clock.line().expect("a line");
    assert_eq!((line.shown, line.speed), (start(), 60.0));
    assert_eq!(clock.line(), Some(line));
    assert_eq!(line.to_string(), format!("2026-01-01T00:00:00Z@{}*60", line.at));
    clock.tick(seconds(1));
    assert_ne!(clock.line(), Some(line));
}
