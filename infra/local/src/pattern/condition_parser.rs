//! Parses the conditions of a field: plain values, and operators in objects. Every error names the field and the
//! operator, and says what the operator takes.

use std::{borrow::Cow, sync::Arc};

use super::{
    cidr::{Address, CidrBlock},
    condition::{Bound, Condition, Excluded, IgnoreCase, Operator, Range, Wildcard},
    error::PatternError,
    json::Json,
    number,
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
        Json::List(_) => return Err(PatternError::field(path, format!("a condition cannot be {}", json.kind()))),
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
            ("exactly", operand) => Ok(Operator::Text(self.text("exactly", operand)?.to_owned())),
            ("equals-ignore-case", operand) => Ok(Operator::EqualsIgnoreCase(self.ignore_case(operand)?)),
            ("prefix", Json::Object(inner)) => {
                Ok(Operator::PrefixIgnoreCase(self.inner_ignore_case(inner, " inside prefix")?))
            }
            ("prefix", operand) => Ok(Operator::Prefix(self.text("prefix", operand)?.to_owned())),
            ("suffix", Json::Object(inner)) => {
                Ok(Operator::SuffixIgnoreCase(self.inner_ignore_case(inner, " inside suffix")?))
            }
            ("suffix", operand) => Ok(Operator::Suffix(self.text("suffix", operand)?.to_owned())),
            ("wildcard", operand) => Ok(Operator::Wildcard(self.wildcard(self.text("wildcard", operand)?)?)),
            ("numeric", operand) => self.numeric(operand),
            ("cidr", operand) => Ok(in_block(self.block(self.text("cidr", operand)?)?)),
            ("exists", Json::Literal("true")) => Ok(Operator::Exists),
            ("exists", Json::Literal("false")) => Ok(Operator::Absent),
            ("exists", operand) => Err(self.wrong_operand("exists", "true or false", operand)),
            ("anything-but", operand) => Ok(Operator::AnythingBut(self.anything_but(operand)?)),
            (unknown, _) => Err(self.unknown(unknown, "")),
        }
    }

    // A comparison and its number, or a lower bound followed by an upper bound. The order of the two bounds is fixed,
    // and the lower one must be less than the upper one, as in the service.
    fn numeric(self, operand: &Json<'_>) -> Result<Operator, PatternError> {
        let invalid = |problem| Err(self.error(format!("numeric is invalid: {problem}")));
        let Json::List(terms) = operand else {
            return Err(self.wrong_operand("numeric", "a list of comparisons and numbers", operand));
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
                    _ => return invalid("a comparison is one of =, <, <=, > and >="),
                }))
            }
            [Json::Text(above), Json::Number(lower), Json::Text(below), Json::Number(upper)] => {
                let lower = Bound { number: self.number(lower)?, inclusive: above == ">=" };
                let upper = Bound { number: self.number(upper)?, inclusive: below == "<=" };
                if !matches!((above.as_ref(), below.as_ref()), (">" | ">=", "<" | "<=")) {
                    return invalid("of two bounds the first is > or >= and the second < or <=");
                }
                if lower.number >= upper.number {
                    return invalid("the lower bound must be less than the upper bound");
                }
                Ok(Operator::Range(Range { lower: Some(lower), upper: Some(upper) }))
            }
            _ => invalid("it must be a comparison and a number, once or twice"),
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
                let texts = self.strings("anything-but equals-ignore-case", operand)?;
                Ok(Excluded::EqualsIgnoreCase(texts.iter().map(|text| IgnoreCase::new(text)).collect()))
            }
            ("wildcard", operand) => {
                let texts = self.strings("anything-but wildcard", operand)?;
                let wildcards = texts.iter().map(|text| self.wildcard(text));
                Ok(Excluded::Wildcards(wildcards.collect::<Result<_, _>>()?))
            }
            (unknown, _) => Err(self.unknown(unknown, " inside anything-but")),
        }
    }

    fn excluded_values(self, operand: &Json<'_>) -> Result<Excluded, PatternError> {
        let wrong = || self.wrong_operand("anything-but", ANYTHING_BUT_VALUES, operand);
        let items = items(operand);
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
        let texts = self.strings(operator, operand)?;
        if texts.iter().any(String::is_empty) {
            return Err(self.wrong_operand(operator, "strings that are not empty", operand));
        }
        Ok(texts)
    }

    fn strings(self, operator: &str, operand: &Json<'_>) -> Result<Vec<String>, PatternError> {
        let texts: Option<Vec<_>> = items(operand).iter().map(text).collect();
        match texts {
            Some(texts) if !texts.is_empty() => Ok(texts),
            _ => Err(self.wrong_operand(operator, "a string or a list of strings", operand)),
        }
    }

    fn single<'f>(self, fields: &'f [Field<'f>]) -> Result<(&'f str, &'f Json<'f>), PatternError> {
        match fields {
            [(name, operand)] => Ok((name, operand)),
            _ => Err(self.error(format!("an operator object must have exactly one field, not {}", fields.len()))),
        }
    }

    fn text<'f>(self, operator: &str, operand: &'f Json<'_>) -> Result<&'f str, PatternError> {
        match operand {
            Json::Text(text) => Ok(text),
            other => Err(self.wrong_operand(operator, "a string", other)),
        }
    }

    fn ignore_case(self, operand: &Json<'_>) -> Result<IgnoreCase, PatternError> {
        self.text("equals-ignore-case", operand).map(IgnoreCase::new)
    }

    fn inner_ignore_case(self, fields: &[Field<'_>], inside: &str) -> Result<IgnoreCase, PatternError> {
        match self.single(fields)? {
            ("equals-ignore-case", operand) => self.ignore_case(operand),
            (unknown, _) => Err(self.unknown(unknown, inside)),
        }
    }

    fn wildcard(self, text: &str) -> Result<Wildcard, PatternError> {
        let invalid = |(problem, at)| self.error(format!("the wildcard {text:?} is invalid: {problem} at byte {at}"));
        Wildcard::parse(text).map_err(invalid)
    }

    fn block(self, text: &str) -> Result<CidrBlock, PatternError> {
        CidrBlock::parse(text).map_err(|problem| self.error(format!("{text:?} is not a CIDR block: {problem}")))
    }

    fn number(self, text: &str) -> Result<f64, PatternError> {
        let invalid = || self.error(format!("the number {text} cannot be compared exactly between -5e9 and 5e9"));
        number::comparable(text).ok_or_else(invalid)
    }

    fn unknown(self, operator: &str, inside: &str) -> PatternError {
        self.error(format!("unknown operator {operator:?}{inside}"))
    }

    fn wrong_operand(self, operator: &str, expected: &str, found: &Json<'_>) -> PatternError {
        self.error(format!("{operator} takes {expected}, not {found}"))
    }

    fn error(self, problem: String) -> PatternError {
        PatternError::field(self.path, problem)
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
