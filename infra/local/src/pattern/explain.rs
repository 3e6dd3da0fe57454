//! Tells why a pattern does not match an event: for each field of the pattern what was
//! wanted, what was found and what is wrong with it. A pattern with `$or` is explained
//! once for each combination, because each has its own reason to fail.

use std::fmt;

use super::{
    Event, Pattern,
    branch::{Answer, Branch, Field},
    together,
};

/// How a pattern compares to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether the pattern matches, which one matching alternative is enough for.
    pub matches: bool,
    /// One without `$or`; otherwise each combination of its objects.
    pub alternatives: Vec<Alternative>,
}

/// One way in which the pattern could match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// Whether all parts hold, and hold together.
    pub matches: bool,
    /// Each field that the pattern names.
    pub parts: Vec<Part>,
}

/// One field of the pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The names from the outside to the inside, joined by dots.
    pub path: String,
    /// The values of the pattern, as it spells them; any of them would do.
    pub wanted: Vec<String>,
    /// The values of the event, as JSON.
    pub found: Vec<String>,
    /// How they compare.
    pub verdict: Verdict,
}

/// How the found values compare to the wanted ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// One of the found values is wanted, or none was wanted and none was found.
    Holds,
    /// The event has no value under this path: no such field, or an empty list.
    Missing,
    /// The event has an object here, and patterns look at plain values only.
    NotAValue,
    /// The field should not be there.
    Unwanted,
    /// None of the found values is wanted.
    Different,
    /// It holds, but in another element of a list than the other parts.
    Apart,
}

/// Compares a pattern to an event, field by field.
pub fn explain(pattern: &Pattern, event: &Event) -> Explanation {
    let alternatives: Vec<_> = pattern.branches.iter().map(|branch| alternative(branch, event)).collect();
    Explanation { matches: alternatives.iter().any(|alternative| alternative.matches), alternatives }
}

fn alternative(branch: &Branch, event: &Event) -> Alternative {
    let answers: Vec<_> = branch.fields().iter().map(|field| (field, field.answer(event))).collect();
    let choices = answers.iter().filter_map(|(_, answer)| match answer {
        Answer::Depends(choice) if !choice.accepted.is_empty() => Some(choice.clone()),
        _ => None,
    });
    let each_holds = answers.iter().all(|(_, answer)| !matches!(answer, Answer::Never));
    let apart = each_holds && !together::possible(event, &choices.collect::<Vec<_>>());
    let matches = branch.matches(event);
    let part = |(field, answer): &(&Field, Answer)| {
        let leaves = event.leaves(&field.path);
        let verdict = match answer {
            Answer::Always => Verdict::Holds,
            Answer::Depends(_) if matches => Verdict::Holds,
            Answer::Depends(choice) if choice.accepted.is_empty() => Verdict::Unwanted,
            Answer::Depends(_) if apart => Verdict::Apart,
            Answer::Depends(_) => Verdict::Holds,
            Answer::Never if leaves.is_empty() && has_something_below(&field.path.text, event) => Verdict::NotAValue,
            Answer::Never if leaves.is_empty() => Verdict::Missing,
            Answer::Never if field.may_be_absent() && field.wanted.len() == 1 => Verdict::Unwanted,
            Answer::Never => Verdict::Different,
        };
        Part {
            path: field.path.text.clone(),
            wanted: field.wanted.iter().map(|wanted| wanted.spelled.clone()).collect(),
            found: leaves.iter().map(|leaf| event.value(leaf).to_string()).collect(),
            verdict,
        }
    };
    Alternative { matches, parts: answers.iter().map(part).collect() }
}

fn has_something_below(path: &str, event: &Event) -> bool {
    let below = |other: &str| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    event.paths().any(|(other, _)| below(other))
}

impl Explanation {
    /// The alternative that fails in the fewest parts.
    pub fn nearest(&self) -> Option<&Alternative> {
        self.alternatives.iter().min_by_key(|alternative| (!alternative.matches, alternative.failures().count()))
    }
}

impl Alternative {
    /// The parts that keep it from matching.
    pub fn failures(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.verdict != Verdict::Holds)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.matches {
            return out.write_str("the pattern matches");
        }
        out.write_str("the pattern does not match")?;
        for (number, alternative) in (1..).zip(&self.alternatives) {
            if self.alternatives.len() > 1 {
                write!(out, "\nalternative {number} of $or:")?;
            }
            for part in alternative.failures() {
                write!(out, "\n  {part}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: wanted {}, ", self.path, self.wanted.join(" or "))?;
        match self.found.as_slice() {
            [] => write!(out, "found nothing: {}", self.verdict),
            found => write!(out, "found {}: {}", found.join(", "), self.verdict),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Holds => "it holds",
            Self::Missing => "the event has no value there",
            Self::NotAValue => "the event has an object there, and only plain values are compared",
            Self::Unwanted => "the field should be absent",
            Self::Different => "no found value is wanted",
            Self::Apart => "it holds only in another element of a list than the other fields",
        })
    }
}
