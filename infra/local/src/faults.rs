//! Faults by seed: what goes wrong on purpose, and how often. The n-th time that a kind of fault may
//! meet a subject it meets it or not by the seed alone, so that a seed plays the same faults again.

mod error;
mod kind;
mod read;
#[cfg(test)]
mod tests;

pub use error::FaultError;
pub use kind::{Kind, Part};

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::SignedDuration;

use crate::rng;

/// A fault that was injected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: Kind,
    /// Where: the part and what it was about to do, as in `dynamodb PutItem`.
    pub subject: String,
}

/// Who hears of every fault.
pub type Listener = Arc<dyn Fn(&Fault) + Send + Sync>;

/// Which faults there are, and how often. A clone counts together with the others.
///
/// ```
/// use causeway_local::faults::Faults;
///
/// let faults = Faults::read(["throttle=0.05,delay@events=0.2"], 7)?;
/// assert_eq!(faults.seed(), Some(7));
/// assert!(Faults::read(["throttle=2"], 7).is_err());
/// # Ok::<(), causeway_local::faults::FaultError>(())
/// ```
#[derive(Clone)]
pub struct Faults {
    wanted: Option<Arc<Wanted>>,
    listener: Option<Listener>,
}

struct Wanted {
    seed: u64,
    rates: BTreeMap<(Kind, Part), f64>,
    /// How often each kind might have met each subject.
    counted: Mutex<BTreeMap<(Kind, String), u64>>,
}

/// One fault that happens now, with chances of its own for what it needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strike {
    seed: u64,
}

impl Faults {
    /// Nothing goes wrong on purpose.
    pub fn none() -> Self {
        Self { wanted: None, listener: None }
    }

    /// Reads `KIND=RATE` and `KIND@PART=RATE`, several in one text with commas between them.
    pub fn read<'t>(texts: impl IntoIterator<Item = &'t str>, seed: u64) -> Result<Self, FaultError> {
        let mut rates = read::rates(texts)?;
        rates.retain(|_, rate| *rate > 0.0);
        let wanted = (!rates.is_empty()).then(|| Arc::new(Wanted { seed, rates, counted: Mutex::default() }));
        Ok(Self { wanted, listener: None })
    }

    /// The same faults, with somebody who hears of them.
    #[must_use]
    pub fn told_to(self, listener: Listener) -> Self {
        Self { listener: Some(listener), ..self }
    }

    /// The seed, if anything may go wrong at all.
    pub fn seed(&self) -> Option<u64> {
        self.wanted.as_ref().map(|wanted| wanted.seed)
    }

    /// Whether this kind of fault happens to this subject this time. Each call is the next time.
    pub(crate) fn strike(&self, kind: Kind, part: Part, what: &str) -> Option<Strike> {
        let wanted = self.wanted.as_ref()?;
        let rate = *wanted.rates.get(&(kind, part))?;
        let subject = format!("{part} {what}");
        let time = wanted.next_time(kind, &subject);
        let seed = rng::mix(wanted.seed, &[kind as u64, rng::hash_text(&subject), time]);
        if rng::unit_f64(seed, &[]) >= rate {
            return None;
        }
        if let Some(listener) = &self.listener {
            listener(&Fault { kind, subject });
        }
        Some(Strike { seed })
    }
}

impl Wanted {
    fn next_time(&self, kind: Kind, subject: &str) -> u64 {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let times = counted.entry((kind, subject.to_owned())).or_default();
        *times += 1;
        *times
    }
}

impl Strike {
    /// A chance from 0 up to 1; each number has its own.
    pub(crate) fn unit_f64(self, number: u64) -> f64 {
        rng::unit_f64(self.seed, &[number + 1])
    }

    /// A number from 1 to this.
    pub(crate) fn one_of(self, most: u32) -> u32 {
        let rng = rng::mix(self.seed, &[u64::MAX]) % u64::from(most.max(1));
        1 + u32::try_from(rng).unwrap_or_default()
    }

    /// A part of this time, by chance.
    pub(crate) fn within(self, longest: SignedDuration) -> SignedDuration {
        SignedDuration::from_secs_f64(longest.as_secs_f64() * self.unit_f64(0))
    }

    /// Mostly short and seldom long: this long on average, and never longer than that.
    pub(crate) fn about(self, mean: SignedDuration, longest: SignedDuration) -> SignedDuration {
        let seconds = -mean.as_secs_f64() * (1.0 - self.unit_f64(0)).ln();
        SignedDuration::from_secs_f64(seconds.clamp(0.0, longest.as_secs_f64()))
    }
}
