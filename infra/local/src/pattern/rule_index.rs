//! Matches many patterns at once. Every branch of every pattern is indexed by values that an event must have to match
//! it; an event looks up the branches under its own values, and only these candidates are matched one by one.

use std::collections::{BTreeMap, HashMap};

use super::{
    branch::{Branch, Field},
    compile::Pattern,
    condition::Operator,
    event::{Event, Leaf, Path, Value},
};

#[cfg(test)]
mod tests;

/// A compiled set of rules, each a name and a pattern.
///
/// ```
/// use causeway_local::pattern::{Event, Pattern, RuleIndex};
///
/// let placed = Pattern::parse(r#"{"detail-type": ["OrderPlaced"]}"#)?;
/// let shipped = Pattern::parse(r#"{"detail-type": [{"prefix": "OrderShip"}]}"#)?;
/// let rules = RuleIndex::new([("bill".to_owned(), placed), ("thank".to_owned(), shipped)]);
/// let event = Event::parse(r#"{"source": "shop", "detail-type": "OrderPlaced"}"#)?;
/// assert_eq!(rules.matching(&event), ["bill"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RuleIndex {
    names: Vec<String>,
    branches: Vec<RuleBranch>,
    buckets: HashMap<String, (Path, IndexBucket)>,
    // Branches that require no value, so that any event is a candidate.
    unindexed: Vec<BranchId>,
}

/// An index into [`RuleIndex::branches`].
type BranchId = usize;

#[derive(Clone, Debug)]
struct RuleBranch {
    /// An index into [`RuleIndex::names`].
    rule: usize,
    branch: Branch,
}

/// The branches indexed under one path, by value. Prefixes are looked up once for each length that occurs; there are few.
#[derive(Clone, Debug, Default)]
struct IndexBucket {
    texts: HashMap<String, Vec<BranchId>>,
    numbers: HashMap<u64, Vec<BranchId>>,
    literals: HashMap<String, Vec<BranchId>>,
    prefixes: BTreeMap<usize, HashMap<String, Vec<BranchId>>>,
    /// Branches that only require the field to exist.
    present: Vec<BranchId>,
}

/// A value under which a branch is indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum IndexKey<'b> {
    /// The whole string.
    Text(&'b str),
    /// The bits of the number.
    Number(u64),
    /// `true`, `false`, `null`, or a number that is compared by its spelling.
    Literal(&'b str),
    /// The prefix of the string.
    Prefix(&'b str),
}

impl RuleIndex {
    /// Compiles the rules. To change one, compile them again: it takes microseconds a rule.
    pub fn new(rules: impl IntoIterator<Item = (String, Pattern)>) -> Self {
        let mut compiled = Self::default();
        for (rule, (name, pattern)) in rules.into_iter().enumerate() {
            compiled.names.push(name);
            compiled.branches.extend(pattern.branches.into_iter().map(|branch| RuleBranch { rule, branch }));
        }
        compiled.fill_buckets();
        compiled
    }

    /// Returns the number of rules.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns the names of all rules that match the event, in the order they were given.
    pub fn matching(&self, event: &Event) -> Vec<&str> {
        let candidates = self.candidates(event).into_iter().filter_map(|id| self.branches.get(id));
        let matching = candidates.filter(|candidate| candidate.branch.matches(event));
        let mut rules: Vec<_> = matching.map(|candidate| candidate.rule).collect();
        rules.dedup();
        rules.into_iter().filter_map(|rule| self.names.get(rule)).map(String::as_str).collect()
    }

    fn candidates(&self, event: &Event) -> Vec<BranchId> {
        let mut candidates = self.unindexed.clone();
        let mut look_up = |bucket: &IndexBucket, leaves: &[Leaf]| {
            candidates.extend(&bucket.present);
            leaves.iter().for_each(|leaf| bucket.look_up(event.value(leaf), &mut candidates));
        };
        // Iterates over the shorter side: usually the rules use few paths and the event has many.
        if self.buckets.len() < event.len() {
            for (path, bucket) in self.buckets.values() {
                let leaves = event.leaves(path);
                if !leaves.is_empty() {
                    look_up(bucket, leaves);
                }
            }
        } else {
            for (path, leaves) in event.paths() {
                if let Some((_, bucket)) = self.buckets.get(path) {
                    look_up(bucket, leaves);
                }
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    fn fill_buckets(&mut self) {
        let mut uses: HashMap<(&str, IndexKey<'_>), usize> = HashMap::new();
        for field in self.branches.iter().flat_map(|numbered| numbered.branch.fields()) {
            for key in index_keys(field).unwrap_or_default() {
                *uses.entry((&field.path.text, key)).or_default() += 1;
            }
        }
        for (id, numbered) in self.branches.iter().enumerate() {
            match choose_field(&numbered.branch, &uses) {
                Some((path, keys)) => {
                    let bucket = self.buckets.entry(path.text.clone());
                    bucket.or_insert_with(|| (path.clone(), IndexBucket::default())).1.insert(id, &keys);
                }
                None => self.unindexed.push(id),
            }
        }
    }
}

impl IndexBucket {
    /// Indexes a branch under each of its keys; without keys under any value.
    fn insert(&mut self, id: BranchId, keys: &[IndexKey<'_>]) {
        if keys.is_empty() {
            self.present.push(id);
        }
        for key in keys {
            let branches = match *key {
                IndexKey::Text(text) => self.texts.entry(text.to_owned()).or_default(),
                IndexKey::Number(bits) => self.numbers.entry(bits).or_default(),
                IndexKey::Literal(literal) => self.literals.entry(literal.to_owned()).or_default(),
                IndexKey::Prefix(prefix) => {
                    self.prefixes.entry(prefix.len()).or_default().entry(prefix.to_owned()).or_default()
                }
            };
            branches.push(id);
        }
    }

    /// Adds the branches that are indexed under this value.
    fn look_up(&self, value: Value<'_>, found: &mut Vec<BranchId>) {
        let mut add = |branches: Option<&Vec<BranchId>>| found.extend(branches.into_iter().flatten());
        match value {
            Value::Text(text) => {
                add(self.texts.get(text));
                for (length, prefixes) in &self.prefixes {
                    add(text.get(..*length).and_then(|prefix| prefixes.get(prefix)));
                }
            }
            Value::Number { number: Some(number), .. } => add(self.numbers.get(&number.to_bits())),
            Value::Number { text, number: None } => add(self.literals.get(text)),
            Value::Literal(literal) => add(self.literals.get(literal)),
        }
    }
}

// Keys of which every accepted value has one; none if a condition of the field has no key.
fn index_keys(field: &Field) -> Option<Vec<IndexKey<'_>>> {
    let prefix_key = |prefix| (!str::is_empty(prefix)).then_some(IndexKey::Prefix(prefix));
    let keys = field.conditions.iter().map(|condition| match &condition.operator {
        Operator::Text(text) => Some(IndexKey::Text(text)),
        Operator::Number(number) => Some(IndexKey::Number(number.to_bits())),
        Operator::NumberText(text) => Some(IndexKey::Literal(text)),
        Operator::Literal(literal) => Some(IndexKey::Literal(literal)),
        Operator::Prefix(prefix) => prefix_key(prefix),
        Operator::Wildcard(wildcard) => match wildcard.prefix() {
            (whole, true) => Some(IndexKey::Text(whole)),
            (prefix, false) => prefix_key(prefix),
        },
        _ => None,
    });
    keys.collect()
}

// The path and keys under which to index a branch: the field whose keys the fewest other branches share. If no field has
// keys, a field that must exist; if there is none either, the branch is not indexed.
fn choose_field<'b>(
    branch: &'b Branch,
    uses: &HashMap<(&'b str, IndexKey<'b>), usize>,
) -> Option<(&'b Path, Vec<IndexKey<'b>>)> {
    let shared = |field: &'b Field, keys: &[IndexKey<'b>]| -> usize {
        keys.iter().filter_map(|key| uses.get(&(field.path.text.as_str(), *key))).sum()
    };
    let with_keys = branch.fields().iter().filter_map(|field| Some((field, index_keys(field)?)));
    if let Some((field, keys)) = with_keys.min_by_key(|(field, keys)| shared(field, keys)) {
        return Some((&field.path, keys));
    }
    // The longest path is the most selective.
    let required = branch.fields().iter().filter(|field| !field.may_be_absent());
    required.max_by_key(|field| field.path.text.len()).map(|field| (&field.path, Vec::new()))
}
