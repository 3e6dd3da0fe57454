//! `anything-but`: values that are not let through, or an operator whose matches are not.
//! One value is as good as a list of one, but a list holds either strings or numbers and
//! is never empty.

use super::Place;
use crate::pattern::{PatternError, fold::Folded, json::Json, wanted::Refused};

const VALUES: &str = "a string, a number, or a list of either";

impl Place<'_> {
    pub(super) fn anything_but(self, operand: &Json<'_>) -> Result<Refused, PatternError> {
        match operand {
            Json::Object(fields) => match self.single(fields)? {
                ("prefix", operand) => Ok(Refused::Prefixes(self.filled_strings("anything-but prefix", operand)?)),
                ("suffix", operand) => Ok(Refused::Suffixes(self.filled_strings("anything-but suffix", operand)?)),
                ("equals-ignore-case", operand) => {
                    let texts = self.strings("anything-but equals-ignore-case", operand)?;
                    Ok(Refused::Folded(texts.iter().map(|text| Folded::new(text)).collect()))
                }
                ("wildcard", operand) => {
                    let texts = self.strings("anything-but wildcard", operand)?;
                    let wildcards = texts.iter().map(|text| self.wildcard(text));
                    Ok(Refused::Wildcards(wildcards.collect::<Result<_, _>>()?))
                }
                (unknown, _) => Err(self.unknown(unknown, " inside anything-but")),
            },
            values => self.values(values),
        }
    }

    fn values(self, operand: &Json<'_>) -> Result<Refused, PatternError> {
        let wrong = || self.wrong_operand("anything-but", VALUES, operand);
        let items = items(operand);
        match items.first() {
            Some(Json::Text(_)) => {
                let texts = items.iter().map(|item| text(item).ok_or_else(wrong));
                Ok(Refused::Texts(texts.collect::<Result<_, _>>()?))
            }
            Some(Json::Number(_)) => {
                let numbers = items.iter().map(|item| match item {
                    Json::Number(spelled) => self.number(spelled),
                    _ => Err(wrong()),
                });
                Ok(Refused::Numbers(numbers.collect::<Result<_, _>>()?))
            }
            _ => Err(wrong()),
        }
    }

    fn filled_strings(self, operator: &'static str, operand: &Json<'_>) -> Result<Vec<String>, PatternError> {
        let texts = self.strings(operator, operand)?;
        if texts.iter().any(String::is_empty) {
            return Err(self.wrong_operand(operator, "strings that are not empty", operand));
        }
        Ok(texts)
    }

    fn strings(self, operator: &'static str, operand: &Json<'_>) -> Result<Vec<String>, PatternError> {
        let texts: Option<Vec<_>> = items(operand).iter().map(text).collect();
        match texts {
            Some(texts) if !texts.is_empty() => Ok(texts),
            _ => Err(self.wrong_operand(operator, "a string or a list of strings", operand)),
        }
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
