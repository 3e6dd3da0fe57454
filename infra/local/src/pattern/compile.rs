//! Turns the JSON of a pattern into its branches. A later field replaces an earlier one of
//! the same path in every branch made so far, as the service does; so the order of the
//! text counts, between a field and an `$or` that names it again as well.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use super::{PatternError, branch::Branch, json::Json, operators, wanted::Wanted};

/// More combinations of all `$or` than this are refused.
const MOST_COMBINATIONS: usize = 1_000;

/// More fields in one branch than this are refused.
const MOST_FIELDS: usize = 256;

/// Names that cannot be fields inside `$or`, because they are operators or may become some.
const RESERVED: [&str; 24] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

/// Compiles a pattern. Where `$or` cannot be the operator it is an ordinary field name.
pub(super) fn branches(json: &Json<'_>) -> Result<Vec<Branch>, PatternError> {
    let Json::Object(fields) = json else {
        return Err(PatternError::NotAnObject { found: json.kind() });
    };
    let compile = |or_is_operator| {
        let mut drafts = Vec::new();
        let compiler = Compiler { or_is_operator };
        compiler.object(&mut drafts, "", fields, false)?;
        Ok(drafts)
    };
    let drafts: Vec<Draft> = compile(true).or_else(|error| compile(false).map_err(|_: PatternError| error))?;
    match drafts.iter().map(BTreeMap::len).max() {
        Some(fields) if fields > MOST_FIELDS => Err(PatternError::TooManyFields { fields, limit: MOST_FIELDS }),
        _ => Ok(drafts.into_iter().map(Branch::new).collect()),
    }
}

type Draft = BTreeMap<String, Arc<[Wanted]>>;

struct Compiler {
    or_is_operator: bool,
}

impl Compiler {
    fn object(
        &self,
        drafts: &mut Vec<Draft>,
        path: &str,
        fields: &[(Cow<'_, str>, Json<'_>)],
        inside_or: bool,
    ) -> Result<(), PatternError> {
        if fields.is_empty() {
            return Err(PatternError::EmptyObject { path: shown(path) });
        }
        for (name, value) in fields {
            let inner = if path.is_empty() { name.as_ref().to_owned() } else { format!("{path}.{name}") };
            match value {
                value if name == "$or" && self.or_is_operator => self.or(drafts, path, value)?,
                _ if inside_or && RESERVED.contains(&name.as_ref()) => {
                    return Err(PatternError::Reserved { path: shown(path), name: name.as_ref().to_owned() });
                }
                Json::Object(fields) => self.object(drafts, &inner, fields, inside_or)?,
                Json::List(values) => field(drafts, inner, values)?,
                other => return Err(PatternError::NotAList { path: inner, found: other.kind() }),
            }
        }
        Ok(())
    }

    // Every branch made so far goes on once with each of the alternatives.
    fn or(&self, drafts: &mut Vec<Draft>, path: &str, alternatives: &Json<'_>) -> Result<(), PatternError> {
        let wrong = || PatternError::Or { path: shown(path), found: alternatives.to_string() };
        let Json::List(alternatives) = alternatives else {
            return Err(wrong());
        };
        if alternatives.len() < 2 {
            return Err(wrong());
        }
        let before = match std::mem::take(drafts) {
            none if none.is_empty() => vec![Draft::new()],
            some => some,
        };
        for alternative in alternatives {
            let Json::Object(fields) = alternative else {
                return Err(wrong());
            };
            let mut forked = before.clone();
            self.object(&mut forked, path, fields, true)?;
            drafts.append(&mut forked);
            if drafts.len() > MOST_COMBINATIONS {
                return Err(PatternError::TooManyCombinations { path: shown(path), limit: MOST_COMBINATIONS });
            }
        }
        Ok(())
    }
}

fn field(drafts: &mut Vec<Draft>, path: String, values: &[Json<'_>]) -> Result<(), PatternError> {
    if values.is_empty() {
        return Err(PatternError::EmptyList { path });
    }
    let wanted = operators::all_wanted(&path, values)?;
    if drafts.is_empty() {
        drafts.push(Draft::new());
    }
    for draft in drafts {
        draft.insert(path.clone(), Arc::clone(&wanted));
    }
    Ok(())
}

fn shown(path: &str) -> String {
    if path.is_empty() { "the pattern".to_owned() } else { path.to_owned() }
}
