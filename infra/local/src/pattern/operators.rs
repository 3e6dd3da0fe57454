//! Reads the wanted values of a field: plain values, and operators in their objects.
//! What each operator takes is decided here and in the files below, nowhere else; every
//! refusal names the field and the operator and says what it wanted.

use std::{borrow::Cow, sync::Arc};

use super::{
    PatternError,
    address::{Address, Block},
    fold::Folded,
    json::Json,
    number,
    wanted::{Test, Wanted},
    wildcard::Wildcard,
};

mod anything_but;
mod numeric;

/// Reads all wanted values of the field at this path.
pub(super) fn all_wanted(path: &str, values: &[Json<'_>]) -> Result<Arc<[Wanted]>, PatternError> {
    let wanted: Result<Vec<_>, _> = values.iter().map(|value| wanted(path, value)).collect();
    let mut wanted = wanted?;
    let numbers = wanted.iter().any(|wanted| wanted.test.wants_numbers());
    for wanted in &mut wanted {
        if let Test::Block { beside_numbers, .. } = &mut wanted.test {
            *beside_numbers = numbers;
        }
    }
    Ok(wanted.into())
}

fn wanted(path: &str, json: &Json<'_>) -> Result<Wanted, PatternError> {
    let test = match json {
        Json::Text(text) => plain_text(text),
        Json::Number(spelled) => match number::comparable(spelled) {
            Some(number) => Test::Number(number),
            None => Test::Spelled((*spelled).to_owned()),
        },
        Json::Word(word) => Test::Word(word),
        Json::List(_) => return Err(PatternError::NotAValue { path: path.to_owned(), found: json.kind() }),
        Json::Object(fields) => Place { path }.operator(fields)?,
    };
    Ok(Wanted { spelled: json.to_string(), test })
}

// An address is wanted in any of its spellings.
fn plain_text(text: &str) -> Test {
    match Address::read(text) {
        Some(address) => in_block(Block::one(address)),
        None => Test::Text(text.to_owned()),
    }
}

fn in_block(block: Block) -> Test {
    Test::Block { block, beside_numbers: false }
}

type Field<'t> = (Cow<'t, str>, Json<'t>);

/// Where an operator stands, for the messages.
#[derive(Clone, Copy)]
struct Place<'p> {
    path: &'p str,
}

impl Place<'_> {
    fn operator(self, fields: &[Field<'_>]) -> Result<Test, PatternError> {
        let (name, operand) = self.single(fields)?;
        match (name, operand) {
            ("exactly", operand) => Ok(Test::Text(self.text("exactly", operand)?.to_owned())),
            ("equals-ignore-case", operand) => Ok(Test::Folded(self.folded(operand)?)),
            ("prefix", Json::Object(inner)) => Ok(Test::FoldedPrefix(self.inner_folded(inner, " inside prefix")?)),
            ("prefix", operand) => Ok(Test::Prefix(self.text("prefix", operand)?.to_owned())),
            ("suffix", Json::Object(inner)) => Ok(Test::FoldedSuffix(self.inner_folded(inner, " inside suffix")?)),
            ("suffix", operand) => Ok(Test::Suffix(self.text("suffix", operand)?.to_owned())),
            ("wildcard", operand) => Ok(Test::Wildcard(self.wildcard(self.text("wildcard", operand)?)?)),
            ("numeric", operand) => self.numeric(operand),
            ("cidr", operand) => Ok(in_block(self.block(self.text("cidr", operand)?)?)),
            ("exists", Json::Word("true")) => Ok(Test::Exists),
            ("exists", Json::Word("false")) => Ok(Test::Absent),
            ("exists", operand) => Err(self.wrong_operand("exists", "true or false", operand)),
            ("anything-but", operand) => Ok(Test::AnythingBut(self.anything_but(operand)?)),
            (unknown, _) => Err(self.unknown(unknown, "")),
        }
    }

    fn single<'f>(self, fields: &'f [Field<'f>]) -> Result<(&'f str, &'f Json<'f>), PatternError> {
        match fields {
            [(name, operand)] => Ok((name, operand)),
            _ => Err(PatternError::OneOperator { path: self.path.to_owned(), fields: fields.len() }),
        }
    }

    fn text<'f>(self, operator: &'static str, operand: &'f Json<'_>) -> Result<&'f str, PatternError> {
        match operand {
            Json::Text(text) => Ok(text),
            other => Err(self.wrong_operand(operator, "a string", other)),
        }
    }

    fn folded(self, operand: &Json<'_>) -> Result<Folded, PatternError> {
        self.text("equals-ignore-case", operand).map(Folded::new)
    }

    fn inner_folded(self, fields: &[Field<'_>], inside: &'static str) -> Result<Folded, PatternError> {
        match self.single(fields)? {
            ("equals-ignore-case", operand) => self.folded(operand),
            (unknown, _) => Err(self.unknown(unknown, inside)),
        }
    }

    fn wildcard(self, text: &str) -> Result<Wildcard, PatternError> {
        let (path, spelled) = (self.path.to_owned(), text.to_owned());
        Wildcard::new(text).map_err(|(problem, at)| PatternError::Wildcard { path, text: spelled, problem, at })
    }

    fn block(self, text: &str) -> Result<Block, PatternError> {
        let (path, block) = (self.path.to_owned(), text.to_owned());
        Block::read(text).map_err(|problem| PatternError::Cidr { path, block, problem })
    }

    fn number(self, spelled: &str) -> Result<f64, PatternError> {
        let (path, number) = (self.path.to_owned(), spelled.to_owned());
        number::comparable(spelled).ok_or(PatternError::NumberRange { path, number })
    }

    fn unknown(self, operator: &str, inside: &'static str) -> PatternError {
        PatternError::UnknownOperator { path: self.path.to_owned(), operator: operator.to_owned(), inside }
    }

    fn wrong_operand(self, operator: &'static str, wanted: &'static str, found: &Json<'_>) -> PatternError {
        PatternError::Operand { path: self.path.to_owned(), operator, wanted, found: found.to_string() }
    }
}
