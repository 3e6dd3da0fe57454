//! Parses the conditions of a field: plain values, and operators in objects. Every error names the field and the
//! operator, says what the operator takes, and has the shorter sentence of the service.

use std::{borrow::Cow, sync::Arc};

use super::{
    cidr::{Address, CidrBlock},
    complexity,
    condition::{Bound, Condition, Excluded, IgnoreCase, Operator, Range},
    error::PatternError,
    json::Json,
    number,
    wildcard::{Wildcard, WildcardProblem},
};

/// The operands of `anything-but`, for the error message.
const ANYTHING_BUT_VALUES: &str = "a string, a number, or a list of either";

/// Parses all conditions of the field at this path.
pub(super) fn conditions(path: &str, values: &[Json<'_>]) -> Result<Arc<[Condition]>, PatternError> {
    let conditions: Result<Vec<_>, _> = values.iter().map(|value| condition(path, value)).collect();
    let mut conditions = conditions?;
    let has_numbers = conditions.iter().any(|condition| condition.operator.is_numeric());
    for condition in &mut conditions {
        if let Operator::Cidr { beside_numbers, .. } = &mut condition.operator {
            *beside_numbers = has_numbers;
        }
    }
    Ok(conditions.into())
}

fn condition(path: &str, json: &Json<'_>) -> Result<Condition, PatternError> {
    let operator = match json {
        // An address matches in any of its spellings.
        Json::Text(text) => match Address::parse(text) {
            Some(address) => in_block(CidrBlock::single(address)),
            None => Operator::Text(text.as_ref().to_owned()),
        },
        Json::Number(text) => match number::comparable(text) {
            Some(number) => Operator::Number(number),
            None => Operator::NumberText((*text).to_owned()),
        },
        Json::Literal(literal) => Operator::Literal(literal),
        Json::List(_) => {
            let problem = format!("a condition cannot be {}", json.kind());
            let service_reason = "Match value must be String, number, true, false, or null";
            return Err(PatternError::field(path, problem, service_reason));
        }
        Json::Object(fields) => OperatorParser { path }.operator(fields)?,
    };
    Ok(Condition { json: json.to_string(), operator })
}

fn in_block(block: CidrBlock) -> Operator {
    Operator::Cidr { block, beside_numbers: false }
}

type Field<'t> = (Cow<'t, str>, Json<'t>);

/// Parses operators of one field, whose path goes into the error messages.
#[derive(Clone, Copy)]
struct OperatorParser<'p> {
    path: &'p str,
}

impl OperatorParser<'_> {
    fn operator(self, fields: &[Field<'_>]) -> Result<Operator, PatternError> {
        let (name, operand) = self.single(fields)?;
        match (name, operand) {
            ("exactly", operand) => Ok(Operator::Text(self.text("exactly", "exact", operand)?.to_owned())),
            ("equals-ignore-case", operand) => Ok(Operator::EqualsIgnoreCase(self.ignore_case(operand)?)),
            ("prefix", Json::Object(inner)) => Ok(Operator::PrefixIgnoreCase(self.inner_ignore_case(inner, name)?)),
            ("prefix", operand) => Ok(Operator::Prefix(self.text(name, name, operand)?.to_owned())),
            ("suffix", Json::Object(inner)) => Ok(Operator::SuffixIgnoreCase(self.inner_ignore_case(inner, name)?)),
            ("suffix", operand) => Ok(Operator::Suffix(self.text(name, name, operand)?.to_owned())),
            ("wildcard", operand) => Ok(Operator::Wildcard(self.wildcard(self.text(name, name, operand)?)?)),
            ("numeric", operand) => self.numeric(operand),
            // The service names the wrong operator here.
            ("cidr", operand) => Ok(in_block(self.block(self.text(name, "prefix", operand)?)?)),
            ("exists", Json::Literal("true")) => Ok(Operator::Exists),
            ("exists", Json::Literal("false")) => Ok(Operator::Absent),
            ("exists", operand) => {
                let service_reason = "exists match pattern must be either true or false.";
                Err(self.wrong_operand("exists", "true or false", operand, service_reason))
            }
            ("anything-but", operand) => Ok(Operator::AnythingBut(self.anything_but(operand)?)),
            (unknown, _) => {
                let service_reason = format!("Unrecognized match type {unknown}");
                Err(self.error(format!("unknown operator {unknown:?}"), service_reason))
            }
        }
    }

    // A comparison and its number, or a lower bound followed by an upper bound. The order of the two bounds is fixed,
    // and the lower one must be less than the upper one, as in the service.
    fn numeric(self, operand: &Json<'_>) -> Result<Operator, PatternError> {
        let invalid =
            |problem, service_reason| Err(self.error(format!("numeric is invalid: {problem}"), service_reason));
        let Json::List(terms) = operand else {
            let expected = "a list of comparisons and numbers";
            return Err(self.wrong_operand("numeric", expected, operand, "Value of numeric must be an array."));
        };
        match terms.as_slice() {
            [Json::Text(comparison), Json::Number(number)] => {
                let number = self.number(number)?;
                let bound = |inclusive| Some(Bound { number, inclusive });
                Ok(Operator::Range(match comparison.as_ref() {
                    "=" => return Ok(Operator::Number(number)),
                    "<" => Range { lower: None, upper: bound(false) },
                    "<=" => Range { lower: None, upper: bound(true) },
                    ">" => Range { lower: bound(false), upper: None },
                    ">=" => Range { lower: bound(true), upper: None },
                    _ => {
                        let service_reason = format!("Unrecognized numeric range operator: {comparison}");
                        return invalid("a comparison is one of =, <, <=, > and >=", service_reason);
                    }
                }))
            }
            [Json::Text(above), Json::Number(lower), Json::Text(below), Json::Number(upper)] => {
                let lower = Bound { number: self.number(lower)?, inclusive: above == ">=" };
                let upper = Bound { number: self.number(upper)?, inclusive: below == "<=" };
                if !matches!((above.as_ref(), below.as_ref()), (">" | ">=", "<" | "<=")) {
                    let problem = "of two bounds the first is > or >= and the second < or <=";
                    return invalid(problem, numeric_service_reason(terms));
                }
                if lower.number >= upper.number {
                    return invalid(
                        "the lower bound must be less than the upper bound",
                        "Bottom must be less than top".to_owned(),
                    );
                }
                Ok(Operator::Range(Range { lower: Some(lower), upper: Some(upper) }))
            }
            _ => invalid("it must be a comparison and a number, once or twice", numeric_service_reason(terms)),
        }
    }

    // The excluded values, or an operator whose matches are excluded. One value is the same as a list of one; a list
    // holds either strings or numbers and is never empty.
    fn anything_but(self, operand: &Json<'_>) -> Result<Excluded, PatternError> {
        let Json::Object(fields) = operand else {
            return self.excluded_values(operand);
        };
        match self.single(fields)? {
            ("prefix", operand) => Ok(Excluded::Prefixes(self.non_empty_strings("anything-but prefix", operand)?)),
            ("suffix", operand) => Ok(Excluded::Suffixes(self.non_empty_strings("anything-but suffix", operand)?)),
            ("equals-ignore-case", operand) => {
                let service_reason =
                    "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.";
                let texts = self.strings("anything-but equals-ignore-case", operand, service_reason)?;
                Ok(Excluded::EqualsIgnoreCase(texts.iter().map(|text| IgnoreCase::new(text)).collect()))
            }
            ("wildcard", operand) => {
                let texts =
                    self.strings("anything-but wildcard", operand, "wildcard match pattern must be a string")?;
                let wildcards = texts.iter().map(|text| self.wildcard(text));
                Ok(Excluded::Wildcards(wildcards.collect::<Result<_, _>>()?))
            }
            (unknown, _) => {
                let problem = format!("unknown operator {unknown:?} inside anything-but");
                Err(self.error(problem, format!("Unsupported anything-but pattern: {unknown}")))
            }
        }
    }

    fn excluded_values(self, operand: &Json<'_>) -> Result<Excluded, PatternError> {
        let items = items(operand);
        let is_literal = |item: &Json<'_>| !matches!(item, Json::Text(_) | Json::Number(_));
        let service_reason = match operand {
            Json::List(items) if items.iter().any(is_literal) => {
                "Inside anything but list, start|null|boolean is not supported."
            }
            Json::List(_) => {
                "Inside anything but list, either all values are number or string, mixed type is not supported"
            }
            _ => "Value of anything-but must be an array or single string/number value.",
        };
        let wrong = || self.wrong_operand("anything-but", ANYTHING_BUT_VALUES, operand, service_reason);
        match items.first() {
            Some(Json::Text(_)) => {
                let texts = items.iter().map(|item| text(item).ok_or_else(wrong));
                Ok(Excluded::Texts(texts.collect::<Result<_, _>>()?))
            }
            Some(Json::Number(_)) => {
                let numbers = items.iter().map(|item| match item {
                    Json::Number(text) => self.number(text),
                    _ => Err(wrong()),
                });
                Ok(Excluded::Numbers(numbers.collect::<Result<_, _>>()?))
            }
            _ => Err(wrong()),
        }
    }

    fn non_empty_strings(self, operator: &str, operand: &Json<'_>) -> Result<Vec<String>, PatternError> {
        let texts = self.strings(operator, operand, "prefix/suffix match pattern must be a string")?;
        if texts.iter().any(String::is_empty) {
            let service_reason = "Null prefix/suffix not allowed";
            return Err(self.wrong_operand(operator, "strings that are not empty", operand, service_reason));
        }
        Ok(texts)
    }

    fn strings(self, operator: &str, operand: &Json<'_>, service_reason: &str) -> Result<Vec<String>, PatternError> {
        let texts: Option<Vec<_>> = items(operand).iter().map(text).collect();
        match texts {
            Some(texts) if !texts.is_empty() => Ok(texts),
            _ => Err(self.wrong_operand(operator, "a string or a list of strings", operand, service_reason)),
        }
    }

    fn single<'f>(self, fields: &'f [Field<'f>]) -> Result<(&'f str, &'f Json<'f>), PatternError> {
        let service_reason = match fields {
            [(name, operand)] => return Ok((name, operand)),
            [] => "Match expression name not found",
            _ => "Only one key allowed in match expression",
        };
        let problem = format!("an operator object must have exactly one field, not {}", fields.len());
        Err(self.error(problem, service_reason))
    }

    /// The text of an operator's operand. The service may name the operator by another word.
    fn text<'f>(self, operator: &str, service_name: &str, operand: &'f Json<'_>) -> Result<&'f str, PatternError> {
        let service_reason = || format!("{service_name} match pattern must be a string");
        match operand {
            Json::Text(text) => Ok(text),
            other => Err(self.wrong_operand(operator, "a string", other, &service_reason())),
        }
    }

    fn ignore_case(self, operand: &Json<'_>) -> Result<IgnoreCase, PatternError> {
        self.text("equals-ignore-case", "equals-ignore-case", operand).map(IgnoreCase::new)
    }

    fn inner_ignore_case(self, fields: &[Field<'_>], outer: &str) -> Result<IgnoreCase, PatternError> {
        match self.single(fields)? {
            ("equals-ignore-case", operand) => self.ignore_case(operand),
            (unknown, _) => {
                let problem = format!("unknown operator {unknown:?} inside {outer}");
                Err(self.error(problem, format!("Unsupported {outer} pattern: {unknown}")))
            }
        }
    }

    fn wildcard(self, text: &str) -> Result<Wildcard, PatternError> {
        let wildcard = Wildcard::parse(text).map_err(|(problem, at)| {
            // The service counts the quote before the text, too.
            let service_reason = match problem {
                WildcardProblem::Consecutive => format!("Consecutive wildcard characters at pos {}", at + 1),
                WildcardProblem::Escape => format!("Invalid escape character at pos {}", at + 1),
            };
            self.error(format!("the wildcard {text:?} is invalid: {problem} at byte {at}"), service_reason)
        })?;
        match complexity::is_too_complex(&wildcard) {
            true => Err(PatternError::TooComplex { path: self.path.to_owned(), wildcard: text.to_owned() }),
            false => Ok(wildcard),
        }
    }

    fn block(self, text: &str) -> Result<CidrBlock, PatternError> {
        CidrBlock::parse(text).map_err(|problem| {
            self.error(format!("{text:?} is not a CIDR block: {problem}"), problem.service_reason(text))
        })
    }

    fn number(self, text: &str) -> Result<f64, PatternError> {
        let problem = || format!("the number {text} cannot be compared exactly between -5e9 and 5e9");
        let service_reason = "Value must be between -5.0E9 and 5.0E9, inclusive";
        number::comparable(text).ok_or_else(|| self.error(problem(), service_reason))
    }

    fn wrong_operand(self, operator: &str, expected: &str, found: &Json<'_>, service_reason: &str) -> PatternError {
        self.error(format!("{operator} takes {expected}, not {found}"), service_reason)
    }

    fn error(self, problem: String, service_reason: impl Into<String>) -> PatternError {
        PatternError::field(self.path, problem, service_reason)
    }
}

/// The sentence of the service about the first term of a numeric condition that it does not expect.
fn numeric_service_reason(terms: &[Json<'_>]) -> String {
    let shown = |term: Option<&Json<'_>>| match term {
        None => "]".to_owned(),
        Some(Json::Text(text)) => text.as_ref().to_owned(),
        Some(other) => other.to_string(),
    };
    let is_number = |term: Option<&Json<'_>>| matches!(term, Some(Json::Number(_)));
    let [Json::Text(first), rest @ ..] = terms else {
        return format!("Invalid member in numeric match: {}", shown(terms.first()));
    };
    match first.as_ref() {
        "=" if !is_number(rest.first()) => return "Value of equals must be numeric".to_owned(),
        "=" | "<" | "<=" | ">" | ">=" => {}
        _ => return format!("Unrecognized numeric range operator: {first}"),
    }
    match rest {
        [Json::Number(_), ..] if matches!(first.as_ref(), "=" | "<" | "<=") => {
            "Too many elements in numeric expression".to_owned()
        }
        [Json::Number(_), Json::Text(second), value @ ..] => match (second.as_ref(), value) {
            ("<" | "<=", [Json::Number(_), ..]) => "Too many terms in numeric range expression".to_owned(),
            ("<" | "<=", _) => format!("Value of {second} must be numeric"),
            _ => format!("Bad numeric range operator: {second}"),
        },
        [Json::Number(_), other, ..] => format!("Bad value in numeric range: {}", shown(Some(other))),
        _ => format!("Value of {first} must be numeric"),
    }
}

fn items<'j, 't>(operand: &'j Json<'t>) -> &'j [Json<'t>] {
    match operand {
        Json::List(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn text(json: &Json<'_>) -> Option<String> {
    match json {
        Json::Text(text) => Some(text.as_ref().to_owned()),
        _ => None,
    }
}
