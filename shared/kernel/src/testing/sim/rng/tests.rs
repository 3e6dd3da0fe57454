//! The bounds of the draws.

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_number_below_the_bound_is_drawn() {
    let rng = Rng::seeded(1);
    assert_eq!((rng.below(0), rng.below(1), rng.index(0)), (0, 0, 0));
    let drawn: BTreeSet<usize> = (0..100).map(|_| rng.index(5)).collect();
    assert_eq!(drawn, (0..5).collect());
    let most = SignedDuration::from_millis(2);
    let drawn: BTreeSet<SignedDuration> = (0..100).map(|_| rng.up_to(most)).collect();
    assert_eq!(drawn, (0..=2).map(SignedDuration::from_millis).collect());
}

#[test]
fn a_rate_is_the_share_of_draws() {
    let rng = Rng::seeded(1);
    let share = |rate| (0..1_000).filter(|_| rng.happens(rate)).count();
    assert_eq!((share(0.0), share(1.0)), (0, 1_000));
    assert!((200..300).contains(&share(0.25)));
    let first = Rng::seeded(1).random();
    assert!(!Rng::seeded(1).happens(first), "only a draw below the rate counts");
}

#[test]
fn a_rate_of_zero_draws_nothing() {
    let (rng, same) = (Rng::seeded(1), Rng::seeded(1));
    rng.happens(0.0);
    assert_eq!(rng.below(1_000_000), same.below(1_000_000));
}
