//! Compiles the JSON of a pattern to its branches. A later field replaces an earlier one with the same path in every branch
//! so far, as in the service; so the order of the text matters, also between a field and an `$or` that names it again.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use super::{
    branch::Branch,
    condition::Condition,
    condition_parser,
    error::PatternError,
    event::Event,
    json::{self, Json},
};

/// The maximum length of a pattern, in characters.
const MAX_LENGTH: usize = 4_096;

/// The maximum number of combinations of all `$or`.
const MAX_COMBINATIONS: usize = 1_000;

/// The maximum number of fields of a branch.
const MAX_FIELDS: usize = 256;

/// Space-separated names that cannot be fields inside `$or`, because they are operators or reserved for future ones.
const RESERVED_NAMES: &str = "exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr \
    = < <= > >= regex not-wildcard not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before \
    in-date-range ip-address-in-range ip-address-not-in-range";

/// A checked event pattern.
///
/// ```
/// use causeway_local::pattern::{Event, Pattern};
///
/// let pattern = Pattern::parse(r#"{"detail": {"total": [{"numeric": [">", 100]}]}}"#)?;
/// let event = Event::parse(r#"{"source": "shop", "detail": {"total": 250}}"#)?;
/// assert!(pattern.matches(&event));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pattern {
    pub(super) branches: Vec<Branch>,
}

impl Pattern {
    /// Parses a pattern and checks it against every rule of the language.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let characters = text.chars().count();
        if characters > MAX_LENGTH {
            return Err(PatternError::TooLong { characters, limit: MAX_LENGTH });
        }
        let json = json::read(text).map_err(PatternError::Json)?;
        Ok(Self { branches: branches(&json)? })
    }

    /// Returns whether the event matches the pattern.
    pub fn matches(&self, event: &Event) -> bool {
        self.branches.iter().any(|branch| branch.matches(event))
    }
}

/// Compiles a pattern. If `$or` cannot be read as the operator, it is an ordinary field name.
fn branches(json: &Json<'_>) -> Result<Vec<Branch>, PatternError> {
    let Json::Object(fields) = json else {
        return Err(PatternError::NotAnObject { found: json.kind() });
    };
    let compile = |or_is_operator| {
        let mut drafts = Vec::new();
        let compiler = Compiler { or_is_operator };
        compiler.object(&mut drafts, "", fields, false)?;
        Ok(drafts)
    };
    let drafts: Vec<BranchFields> = compile(true).or_else(|error| compile(false).map_err(|_: PatternError| error))?;
    match drafts.iter().map(BTreeMap::len).max() {
        Some(fields) if fields > MAX_FIELDS => Err(PatternError::TooManyFields { fields, limit: MAX_FIELDS }),
        _ => Ok(drafts.into_iter().map(Branch::new).collect()),
    }
}

type BranchFields = BTreeMap<String, Arc<[Condition]>>;

struct Compiler {
    or_is_operator: bool,
}

impl Compiler {
    fn object(
        &self,
        drafts: &mut Vec<BranchFields>,
        path: &str,
        fields: &[(Cow<'_, str>, Json<'_>)],
        inside_or: bool,
    ) -> Result<(), PatternError> {
        if fields.is_empty() {
            return Err(PatternError::field(path, "an empty object is not allowed", "Empty objects are not allowed"));
        }
        for (name, value) in fields {
            let inner = if path.is_empty() { name.as_ref().to_owned() } else { format!("{path}.{name}") };
            match value {
                value if name == "$or" && self.or_is_operator => self.or(drafts, path, value)?,
                _ if inside_or && RESERVED_NAMES.split(' ').any(|reserved| reserved == name) => {
                    let problem = format!("{name:?} is reserved and cannot name a field inside $or");
                    let service_reason = format!("{name} is reserved and cannot be a field of $or");
                    return Err(PatternError::field(path, problem, service_reason));
                }
                Json::Object(fields) => self.object(drafts, &inner, fields, inside_or)?,
                Json::List(values) => field(drafts, inner, values)?,
                other => {
                    let problem = format!("must be an object or a list of values, not {}", other.kind());
                    let service_reason = format!("{} must be an object or an array", json::quoted(name));
                    return Err(PatternError::field(&inner, problem, service_reason));
                }
            }
        }
        Ok(())
    }

    // Continues every branch so far once with each of the alternatives.
    fn or(&self, drafts: &mut Vec<BranchFields>, path: &str, alternatives: &Json<'_>) -> Result<(), PatternError> {
        let invalid = || {
            let problem = format!("$or takes a list of at least two objects, not {alternatives}");
            PatternError::field(path, problem, "\"$or\" must be an array of at least two objects")
        };
        let Json::List(alternatives) = alternatives else {
            return Err(invalid());
        };
        if alternatives.len() < 2 {
            return Err(invalid());
        }
        let before = match std::mem::take(drafts) {
            none if none.is_empty() => vec![BranchFields::new()],
            some => some,
        };
        for alternative in alternatives {
            let Json::Object(fields) = alternative else {
                return Err(invalid());
            };
            let mut forked = before.clone();
            self.object(&mut forked, path, fields, true)?;
            drafts.append(&mut forked);
            if drafts.len() > MAX_COMBINATIONS {
                let path = if path.is_empty() { "the pattern" } else { path }.to_owned();
                return Err(PatternError::TooManyCombinations { path, limit: MAX_COMBINATIONS });
            }
        }
        Ok(())
    }
}

fn field(drafts: &mut Vec<BranchFields>, path: String, values: &[Json<'_>]) -> Result<(), PatternError> {
    if values.is_empty() {
        return Err(PatternError::field(&path, "an empty list is not allowed", "Empty arrays are not allowed"));
    }
    let conditions = condition_parser::conditions(&path, values)?;
    if drafts.is_empty() {
        drafts.push(BranchFields::new());
    }
    for draft in drafts {
        draft.insert(path.clone(), Arc::clone(&conditions));
    }
    Ok(())
}
