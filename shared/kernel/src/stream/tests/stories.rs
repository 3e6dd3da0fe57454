//! Each kind of window, and each outcome, as an example.

use jiff::{SignedDuration, Timestamp};

use crate::stream::{
    Aggregate, Count, Fact, FactOutcome, KeyState, Max, Mean, Min, Sum, WindowBound, WindowKind, WindowLimits,
    WindowSpec, Windows,
};

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

fn at(clock: &str) -> Timestamp {
    format!("2026-01-01T{clock}Z").parse().unwrap()
}

fn windows(window: WindowKind, lateness: i64) -> Windows {
    let limits = WindowLimits { max_open: 3, max_ids: 4, max_unconfirmed: 5 };
    Windows::new(&WindowSpec { window, lateness: seconds(lateness), limits }).unwrap()
}

fn minutes(lateness: i64) -> Windows {
    windows(WindowKind::Tumbling { size: seconds(60) }, lateness)
}

/// A payment of an amount. Its id is its time and amount, unless it is a copy.
fn paid(clock: &str, amount: i64) -> Fact<i64> {
    Fact { id: format!("{}-{amount}", clock.replace([':', '.'], "-")).parse().unwrap(), at: at(clock), input: amount }
}

fn accept<A: Aggregate<Input = i64>>(windows: &Windows, state: &mut KeyState<A>, facts: &[Fact<i64>]) {
    for fact in facts {
        assert_eq!(windows.add(state, fact.clone()), FactOutcome::Accepted, "{fact:?}");
    }
}

/// The closed windows: start, end and sum.
fn closed(state: &KeyState<Sum>) -> Vec<String> {
    let clock = |at: Timestamp| at.strftime("%H:%M:%S").to_string();
    let window = |(start, end, sum)| format!("{}-{} {sum}", clock(start), clock(end));
    state.closed().iter().map(|it| window((it.id.start, it.id.end, it.value.sum()))).collect()
}

#[test]
fn payments_are_summed_by_the_minute() {
    let mut state = KeyState::<Sum>::new("u-1");
    let windows = minutes(10);
    accept(&windows, &mut state, &[paid("12:00:00", 1), paid("12:00:59.999999", 2), paid("12:01:00", 4)]);
    assert_eq!(closed(&state), [""; 0]);
    // Ten seconds late, but in time; then the minute is over.
    accept(&windows, &mut state, &[paid("12:00:55", 8), paid("12:01:10", 16)]);
    assert_eq!(closed(&state), ["12:00:00-12:01:00 11"]);
    windows.advance(&mut state, at("12:05:00"));
    assert_eq!(closed(&state), ["12:00:00-12:01:00 11", "12:01:00-12:02:00 20"]);
}

#[test]
fn a_sliding_window_counts_a_payment_in_each_window_that_contains_it() {
    let mut state = KeyState::<Sum>::new("u-1");
    let windows = windows(WindowKind::Sliding { size: seconds(60), step: seconds(20) }, 0);
    accept(&windows, &mut state, &[paid("12:00:05", 1), paid("12:00:25", 2)]);
    windows.advance(&mut state, at("12:02:00"));
    let expected = ["11:59:20-12:00:20 1", "11:59:40-12:00:40 3", "12:00:00-12:01:00 3", "12:00:20-12:01:20 2"];
    assert_eq!(closed(&state), expected);
}

#[test]
fn a_session_ends_when_nothing_came_for_a_gap() {
    let mut state = KeyState::<Sum>::new("u-1");
    let windows = windows(WindowKind::Session { gap: seconds(30) }, 60);
    // The third payment joins the two sessions before it; the fourth follows by exactly the gap.
    accept(&windows, &mut state, &[paid("12:00:00", 1), paid("12:00:50", 2)]);
    assert_eq!(state.open_windows(), 2);
    accept(&windows, &mut state, &[paid("12:00:25", 4)]);
    assert_eq!(state.open_windows(), 1);
    accept(&windows, &mut state, &[paid("12:01:20", 8)]);
    windows.advance(&mut state, at("12:03:00"));
    assert_eq!(closed(&state), ["12:00:00-12:01:20 7", "12:01:20-12:01:50 8"]);
}

#[test]
fn a_payment_that_comes_twice_is_counted_once_and_a_late_one_never() {
    let mut state = KeyState::<Sum>::new("u-1");
    let windows = minutes(10);
    accept(&windows, &mut state, &[paid("12:00:30", 1), paid("12:00:40", 2)]);
    assert_eq!(windows.add(&mut state, paid("12:00:30", 1)), FactOutcome::Duplicate);
    let moved = Fact { at: at("12:00:45"), ..paid("12:00:40", 2) };
    assert_eq!(windows.add(&mut state, moved), FactOutcome::Duplicate);
    assert_eq!(windows.add(&mut state, paid("12:00:29.999999", 4)), FactOutcome::Late);
    accept(&windows, &mut state, &[paid("12:00:50", 8)]);
    assert_eq!(windows.add(&mut state, paid("12:00:30", 1)), FactOutcome::Late);
    windows.advance(&mut state, at("12:01:10"));
    assert_eq!(closed(&state), ["12:00:00-12:01:00 11"]);
}

#[test]
fn a_timer_at_the_deadline_closes_the_window() {
    let mut state = KeyState::<Sum>::new("u-1");
    let windows = minutes(10);
    assert_eq!(windows.next_deadline(&state), None);
    accept(&windows, &mut state, &[paid("12:00:30", 1)]);
    let deadline = windows.next_deadline(&state).unwrap();
    assert_eq!(deadline, at("12:01:10"));
    windows.advance(&mut state, deadline - SignedDuration::from_micros(1));
    assert_eq!((closed(&state).len(), windows.next_deadline(&state)), (0, Some(deadline)));
    windows.advance(&mut state, deadline);
    assert_eq!((closed(&state).len(), windows.next_deadline(&state)), (1, None));
    // An early or repeated timer changes nothing.
    windows.advance(&mut state, at("12:00:00"));
    assert_eq!(closed(&state), ["12:00:00-12:01:00 1"]);
}

#[test]
fn what_exceeds_a_bound_is_refused_and_can_be_handed_in_again() {
    let mut state = KeyState::<Sum>::new("u-1");
    let windows = minutes(600);
    accept(&windows, &mut state, &[paid("12:00:00", 1), paid("12:01:00", 2), paid("12:02:00", 3)]);
    let before = serde_json::to_string(&state).unwrap();
    let fourth = paid("12:03:00", 4);
    assert_eq!(windows.add(&mut state, fourth.clone()), FactOutcome::Refused(WindowBound::Open));
    assert_eq!(serde_json::to_string(&state).unwrap(), before);
    accept(&windows, &mut state, &[paid("12:02:30", 4)]);
    assert_eq!(windows.add(&mut state, paid("12:02:31", 5)), FactOutcome::Refused(WindowBound::Ids));
    windows.advance(&mut state, at("12:12:30"));
    accept(&windows, &mut state, &[fourth]);
}

#[test]
fn windows_that_nobody_confirms_stop_the_key() {
    let mut state = KeyState::<Sum>::new("u-1");
    let windows = minutes(0);
    let clocks: Vec<String> = (0..6).map(|minute| format!("12:0{minute}:00")).collect();
    for clock in &clocks {
        accept(&windows, &mut state, &[paid(clock, 1)]);
    }
    let next = paid("12:06:00", 1);
    assert_eq!(windows.add(&mut state, next.clone()), FactOutcome::Refused(WindowBound::Unconfirmed));
    let published = state.closed()[0].id.clone();
    state.confirm(&[published]);
    accept(&windows, &mut state, &[next]);
    assert_eq!(state.closed().len(), 5);
}

#[test]
fn a_batch_that_is_handed_in_again_leaves_the_same_closed_windows() {
    let windows = minutes(0);
    let batch = [paid("12:00:10", 1), paid("12:00:20", 2), paid("12:01:00", 4), paid("12:02:00", 8)];
    let mut stored = KeyState::<Sum>::new("u-1");
    accept(&windows, &mut stored, &batch);
    let published = stored.closed().to_vec();
    // The answer to the write was lost; the write was not.
    let mut loaded: KeyState<Sum> = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();
    for fact in batch.clone() {
        assert_ne!(windows.add(&mut loaded, fact), FactOutcome::Accepted);
    }
    assert_eq!(loaded.closed(), published);
    // The write was lost, too.
    let mut again = KeyState::<Sum>::new("u-1");
    accept(&windows, &mut again, &batch);
    assert_eq!(again.take_closed(), published);
    assert_eq!(again.closed(), []);
}

#[test]
fn the_aggregates_compute_what_their_names_say() {
    fn of<A: Aggregate<Input = i64> + Copy>() -> [A; 2] {
        let mut all = A::default();
        [4, -2, 7].into_iter().for_each(|number| all.add(number));
        let [mut first, mut rest] = [A::default(), A::default()];
        first.add(7);
        [-2, 4].into_iter().for_each(|number| rest.add(number));
        first.merge(&rest);
        first.merge(&A::default());
        [all, first]
    }
    assert_eq!(of::<Sum>().map(Sum::sum), [9, 9]);
    assert_eq!(of::<Min>().map(Min::min), [Some(-2); 2]);
    assert_eq!(of::<Max>().map(Max::max), [Some(7); 2]);
    assert_eq!(of::<Mean>().map(|mean| (mean.mean(), mean.sum(), mean.count())), [(Some(3.0), 9, 3); 2]);
    assert_eq!((Min::default().min(), Max::default().max(), Mean::default().mean()), (None, None, None));
    let mut count = Count::default();
    count.add(());
    count.merge(&count.clone());
    assert_eq!(count.count(), 2);
}
