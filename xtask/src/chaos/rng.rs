//! Chances by seed: the same seed makes the same choices.

/// A source of chances.
#[derive(Clone, Debug)]
pub(super) struct Rng {
    state: u64,
}

impl Rng {
    /// The source of a seed; each purpose has one of its own.
    pub(super) fn of(seed: u64, purpose: u64) -> Self {
        let mut chance = Self { state: seed ^ purpose.rotate_left(32) };
        chance.next();
        chance
    }

    /// A number from 0 up to, and without, this one.
    pub(super) fn below(&mut self, most: usize) -> usize {
        let most = u64::try_from(most).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % most).unwrap_or_default()
    }

    // A counter, well mixed: every number comes, and neighbours have nothing in common.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        mixed ^ (mixed >> 32)
    }
}
