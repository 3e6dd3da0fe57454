//! Fault injection by seed: which faults are injected, and at which rate. Whether the n-th operation of a kind on a
//! subject fails follows from the seed alone, so one seed injects the same faults again.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::SignedDuration;

use crate::rng;

/// A fault that was injected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind.
    pub kind: Kind,
    /// The part and its operation, as in `dynamodb PutItem`.
    pub subject: String,
}

/// Called with every injected fault.
pub type Listener = Arc<dyn Fn(&Fault) + Send + Sync>;

/// The faults to inject and their rates. Clones share the counters.
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
    plan: Option<Arc<Plan>>,
    listener: Option<Listener>,
}

struct Plan {
    seed: u64,
    rates: BTreeMap<(Kind, Part), f64>,
    /// Number of draws for each kind and subject.
    counted: Mutex<BTreeMap<(Kind, String), u64>>,
}

/// A fault that was drawn for one operation, with random numbers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DrawnFault {
    seed: u64,
}

impl Faults {
    /// No faults.
    pub fn none() -> Self {
        Self { plan: None, listener: None }
    }

    /// Parses `KIND=RATE` and `KIND@PART=RATE`, separated by commas.
    pub fn read<'t>(texts: impl IntoIterator<Item = &'t str>, seed: u64) -> Result<Self, FaultError> {
        let mut rates = rates(texts)?;
        rates.retain(|_, rate| *rate > 0.0);
        let plan = (!rates.is_empty()).then(|| Arc::new(Plan { seed, rates, counted: Mutex::default() }));
        Ok(Self { plan, listener: None })
    }

    /// The same faults, reported to this listener.
    #[must_use]
    pub fn with_listener(self, listener: Listener) -> Self {
        Self { listener: Some(listener), ..self }
    }

    /// The seed. `None` without faults.
    pub fn seed(&self) -> Option<u64> {
        self.plan.as_ref().map(|plan| plan.seed)
    }

    /// Draws whether this operation fails with this kind of fault. Each call counts as one operation.
    pub(crate) fn draw(&self, kind: Kind, part: Part, what: &str) -> Option<DrawnFault> {
        let plan = self.plan.as_ref()?;
        let rate = *plan.rates.get(&(kind, part))?;
        let subject = format!("{part} {what}");
        let time = {
            let mut counted = plan.counted.lock().unwrap_or_else(PoisonError::into_inner);
            let times = counted.entry((kind, subject.clone())).or_default();
            *times += 1;
            *times
        };
        let seed = rng::mix(plan.seed, &[kind as u64, rng::hash_text(&subject), time]);
        if rng::unit_f64(seed, &[]) >= rate {
            return None;
        }
        if let Some(listener) = &self.listener {
            listener(&Fault { kind, subject });
        }
        Some(DrawnFault { seed })
    }
}

impl DrawnFault {
    /// A random number from 0 up to 1, another one for each `number`.
    pub(crate) fn unit_f64(self, number: u64) -> f64 {
        rng::unit_f64(self.seed, &[number + 1])
    }

    /// A random number from 1 to `most`.
    pub(crate) fn one_of(self, most: u32) -> u32 {
        let drawn = rng::mix(self.seed, &[u64::MAX]) % u64::from(most.max(1));
        1 + u32::try_from(drawn).unwrap_or_default()
    }

    /// A random duration up to `longest`.
    pub(crate) fn within(self, longest: SignedDuration) -> SignedDuration {
        SignedDuration::from_secs_f64(longest.as_secs_f64() * self.unit_f64(0))
    }

    /// A random duration with an exponential distribution: `mean` on average, at most `longest`.
    pub(crate) fn about(self, mean: SignedDuration, longest: SignedDuration) -> SignedDuration {
        let seconds = -mean.as_secs_f64() * (1.0 - self.unit_f64(0)).ln();
        SignedDuration::from_secs_f64(seconds.clamp(0.0, longest.as_secs_f64()))
    }
}

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A delivery or an asynchronous invoke is duplicated.
    Duplicate,
    /// A delivery is delayed. The payment provider does not answer.
    Delay,
    /// A delivery is held until later ones have passed it.
    Reorder,
    /// The first attempt of a delivery fails and is retried.
    Drop,
    /// A request is executed, and its response is lost.
    LostAnswer,
    /// A request is throttled.
    Throttle,
    /// A request fails with a server error.
    Error,
    /// An entry of `PutEvents` fails while others of the same call succeed.
    Partial,
    /// A function is killed while it runs.
    Kill,
}

/// A part of the local cloud that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// EventBridge.
    Events,
    /// Lambda.
    Lambda,
    /// DynamoDB and its streams.
    Dynamodb,
    /// SQS.
    Sqs,
    /// EventBridge Scheduler.
    Scheduler,
    /// SES.
    Email,
    /// The simulated payment provider.
    Payments,
}

impl Kind {
    /// All kinds with their names on the command line.
    const NAMES: [(Self, &str); 9] = [
        (Self::Duplicate, "duplicate"),
        (Self::Delay, "delay"),
        (Self::Reorder, "reorder"),
        (Self::Drop, "drop"),
        (Self::LostAnswer, "lost-answer"),
        (Self::Throttle, "throttle"),
        (Self::Error, "error"),
        (Self::Partial, "partial"),
        (Self::Kill, "kill"),
    ];

    /// The parts that can have this fault.
    pub fn parts(self) -> &'static [Part] {
        match self {
            Self::Duplicate => &[Part::Events, Part::Lambda, Part::Scheduler, Part::Payments],
            Self::Delay => &[Part::Events, Part::Scheduler, Part::Payments],
            Self::Drop => &[Part::Events, Part::Scheduler],
            Self::Reorder | Self::Partial => &[Part::Events],
            Self::LostAnswer | Self::Throttle | Self::Error => &Part::ALL,
            Self::Kill => &[Part::Lambda],
        }
    }
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Events, Self::Lambda, Self::Dynamodb, Self::Sqs, Self::Scheduler, Self::Email, Self::Payments];
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Self::NAMES.iter().find(|(kind, _)| kind == self).map_or("", |(_, name)| name))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Events => "events",
            Self::Lambda => "lambda",
            Self::Dynamodb => "dynamodb",
            Self::Sqs => "sqs",
            Self::Scheduler => "scheduler",
            Self::Email => "email",
            Self::Payments => "payments",
        })
    }
}

/// A fault argument is invalid. Texts are as they were given; a name is the fault, with its part if one was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// The text is not `KIND=RATE`.
    #[error("{0:?} is no fault: write KIND=RATE or KIND@PART=RATE, as in throttle=0.05 or delay@events=0.2")]
    Unreadable(String),
    /// The kind is unknown.
    #[error("there is no fault {:?}: the faults are {}", .0, listed(&Kind::NAMES.map(|(_, name)| name)))]
    UnknownKind(String),
    /// The part is unknown.
    #[error("there is no part {:?}: the parts are {}", .0, listed(&Part::ALL))]
    UnknownPart(String),
    /// The part cannot have this fault.
    #[error("{} cannot have the fault {}: it is for {}", .1, .0, listed(.0.parts()))]
    WrongPart(Kind, Part),
    /// The rate of this name is not a number from 0 to 1.
    #[error("the rate of {0} is {1:?}: it must be a number from 0 to 1")]
    InvalidRate(String, String),
    /// The rate of this name is given twice.
    #[error("the rate of {0} is given twice: give it once")]
    GivenTwice(String),
}

fn listed(words: &[impl ToString]) -> String {
    words.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

type FaultKey = (Kind, Option<Part>);

fn rates<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<BTreeMap<(Kind, Part), f64>, FaultError> {
    let mut given = BTreeMap::new();
    let texts = texts.into_iter().flat_map(|text| text.split(','));
    for text in texts.map(str::trim).filter(|text| !text.is_empty()) {
        let (name, key, rate) = parse_rate(text)?;
        if given.insert(key, rate).is_some() {
            return Err(FaultError::GivenTwice(name.to_owned()));
        }
    }
    let mut rates = BTreeMap::new();
    // A rate for all parts sorts before one for a single part, which replaces it.
    for ((kind, part), rate) in given {
        let parts = part.as_ref().map_or(kind.parts(), std::slice::from_ref);
        rates.extend(parts.iter().map(|part| ((kind, *part), rate)));
    }
    Ok(rates)
}

fn parse_rate(text: &str) -> Result<(&str, FaultKey, f64), FaultError> {
    let Some((name, rate)) = text.split_once('=') else { return Err(FaultError::Unreadable(text.to_owned())) };
    let (name, rate) = (name.trim(), rate.trim());
    let (kind, part) = name.split_once('@').map_or((name, None), |(kind, part)| (kind, Some(part)));
    let unknown_kind = || FaultError::UnknownKind(kind.to_owned());
    let (kind, _) = Kind::NAMES.into_iter().find(|(_, name)| *name == kind).ok_or_else(unknown_kind)?;
    let part = part.map(|part| parse_part(kind, part)).transpose()?;
    let share = rate.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    let wrong = || FaultError::InvalidRate(name.to_owned(), rate.to_owned());
    Ok((name, (kind, part), share.ok_or_else(wrong)?))
}

fn parse_part(kind: Kind, word: &str) -> Result<Part, FaultError> {
    let unknown = || FaultError::UnknownPart(word.to_owned());
    let part = Part::ALL.into_iter().find(|known| known.to_string() == word).ok_or_else(unknown)?;
    match kind.parts().contains(&part) {
        true => Ok(part),
        false => Err(FaultError::WrongPart(kind, part)),
    }
}
