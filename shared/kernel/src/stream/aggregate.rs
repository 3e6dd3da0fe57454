//! [`Aggregate`]: what a window computes. Ready ones: [`Count`], [`Sum`], [`Min`], [`Max`] and [`Mean`], over whole numbers,
//! so that the result does not depend on the order of the facts.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What a window computes of its facts.
///
/// The order of the facts must not matter: facts come in any order, and sessions and the parts of sliding windows are
/// merged. `Default` is the value of no facts, and merging it changes nothing.
///
/// ```
/// use causeway::stream::Aggregate;
/// use serde::{Deserialize, Serialize};
/// #[derive(Clone, Default, Serialize, Deserialize)]
/// struct Countries(std::collections::BTreeSet<String>);
/// impl Aggregate for Countries {
///     type Input = String;
///     fn add(&mut self, country: String) { self.0.insert(country); }
///     fn merge(&mut self, other: &Self) { self.0.extend(other.0.iter().cloned()); }
/// }
/// ```
///
/// An aggregate must be bounded itself: the set above has at most as many entries as there are countries.
pub trait Aggregate: Clone + Default + Serialize + DeserializeOwned {
    /// What a fact contributes.
    type Input;

    /// Adds a fact.
    fn add(&mut self, input: Self::Input);

    /// Adds all facts of another one.
    fn merge(&mut self, other: &Self);
}

/// The number of facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Count(u64);

/// The sum. It has room for more numbers than can be added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sum(i128);

/// The smallest number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Min(Option<i64>);

/// The largest number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Max(Option<i64>);

/// The mean, kept as sum and count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mean {
    sum: Sum,
    count: Count,
}

impl Count {
    /// The number of facts.
    pub fn count(self) -> u64 {
        self.0
    }
}

impl Sum {
    /// The sum; 0 without facts.
    pub fn sum(self) -> i128 {
        self.0
    }
}

impl Min {
    /// The smallest number.
    pub fn min(self) -> Option<i64> {
        self.0
    }
}

impl Max {
    /// The largest number.
    pub fn max(self) -> Option<i64> {
        self.0
    }
}

impl Mean {
    /// The mean, if there is a fact.
    pub fn mean(self) -> Option<f64> {
        (self.count.0 > 0).then(|| self.sum.0 as f64 / self.count.0 as f64)
    }

    /// The sum.
    pub fn sum(self) -> i128 {
        self.sum.0
    }

    /// The number of facts.
    pub fn count(self) -> u64 {
        self.count.0
    }
}

impl Aggregate for Count {
    type Input = ();

    fn add(&mut self, (): ()) {
        self.0 += 1;
    }

    fn merge(&mut self, other: &Self) {
        self.0 += other.0;
    }
}

impl Aggregate for Sum {
    type Input = i64;

    fn add(&mut self, number: i64) {
        self.0 += i128::from(number);
    }

    fn merge(&mut self, other: &Self) {
        self.0 += other.0;
    }
}

impl Aggregate for Min {
    type Input = i64;

    fn add(&mut self, number: i64) {
        self.merge(&Self(Some(number)));
    }

    fn merge(&mut self, other: &Self) {
        self.0 = self.0.into_iter().chain(other.0).min();
    }
}

impl Aggregate for Max {
    type Input = i64;

    fn add(&mut self, number: i64) {
        self.merge(&Self(Some(number)));
    }

    fn merge(&mut self, other: &Self) {
        self.0 = self.0.max(other.0);
    }
}

impl Aggregate for Mean {
    type Input = i64;

    fn add(&mut self, number: i64) {
        self.sum.add(number);
        self.count.add(());
    }

    fn merge(&mut self, other: &Self) {
        self.sum.merge(&other.sum);
        self.count.merge(&other.count);
    }
}
