//! `numeric`: one sign and its number, or a lower bound followed by an upper bound.
//! The order of two bounds is fixed, and there must be room between them, as the
//! service has it.

use super::Place;
use crate::pattern::{
    PatternError,
    json::Json,
    wanted::{Bound, Range, Test},
};

impl Place<'_> {
    pub(super) fn numeric(self, operand: &Json<'_>) -> Result<Test, PatternError> {
        let Json::List(terms) = operand else {
            return Err(self.wrong_operand("numeric", "a list of signs and numbers", operand));
        };
        match terms.as_slice() {
            [Json::Text(sign), Json::Number(number)] => self.one_sign(sign, self.number(number)?),
            [Json::Text(above), Json::Number(lower), Json::Text(below), Json::Number(upper)] => {
                let lower = Bound { number: self.number(lower)?, included: above == ">=" };
                let upper = Bound { number: self.number(upper)?, included: below == "<=" };
                if !matches!((above.as_ref(), below.as_ref()), (">" | ">=", "<" | "<=")) {
                    return Err(self.unreadable("of two bounds the first is > or >= and the second < or <="));
                }
                if lower.number >= upper.number {
                    return Err(self.unreadable("the lower bound must be less than the upper bound"));
                }
                Ok(Test::Range(Range { lower: Some(lower), upper: Some(upper) }))
            }
            _ => Err(self.unreadable("it is a sign and a number, once or twice")),
        }
    }

    fn one_sign(self, sign: &str, number: f64) -> Result<Test, PatternError> {
        let bound = |included| Some(Bound { number, included });
        let range = match sign {
            "=" => return Ok(Test::Number(number)),
            "<" => Range { lower: None, upper: bound(false) },
            "<=" => Range { lower: None, upper: bound(true) },
            ">" => Range { lower: bound(false), upper: None },
            ">=" => Range { lower: bound(true), upper: None },
            _ => return Err(self.unreadable("a sign is one of =, <, <=, > and >=")),
        };
        Ok(Test::Range(range))
    }

    fn unreadable(self, problem: &'static str) -> PatternError {
        PatternError::Numeric { path: self.path.to_owned(), problem }
    }
}
