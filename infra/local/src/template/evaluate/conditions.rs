//! Evaluates conditions, each once. They can use parameters and mappings, but no resources.

use crate::template::{
    TemplateError,
    node::{Key, Node},
};

use super::{Evaluator, Kind, wrong, wrong_at};

impl<'t> Evaluator<'t> {
    /// Evaluates all conditions, so that an invalid one is found even if it is not used.
    pub(in crate::template) fn all_conditions(&mut self) -> Result<(), TemplateError> {
        let conditions = &self.document.conditions;
        conditions.iter().try_for_each(|(key, _)| self.condition(&key.name, key.line).map(|_| ()))
    }

    /// Whether the named condition holds.
    pub(in crate::template) fn condition(&mut self, name: &str, line: usize) -> Result<bool, TemplateError> {
        if let Some(known) = self.conditions.get(name) {
            return Ok(*known);
        }
        let Some((key, node)) = self.declared_conditions.get(name).copied() else {
            return Err(TemplateError::Unresolved { line, what: "condition", name: name.to_owned() });
        };
        self.begin(Kind::Condition, &key.name, line)?;
        let outside = std::mem::replace(&mut self.in_condition, true);
        let holds = self.holds(node)?;
        self.in_condition = outside;
        self.end();
        self.conditions.insert(&key.name, holds);
        Ok(holds)
    }

    fn holds(&mut self, node: &'t Node) -> Result<bool, TemplateError> {
        self.depth += 1;
        if self.depth > super::DEEPEST {
            return Err(TemplateError::TooMuch { line: node.line, problem: "lead too deep" });
        }
        let Some((key, argument)) = node.single() else {
            return Err(node.wrong("a condition", "one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition"));
        };
        let holds = match key.name.as_str() {
            "Condition" => {
                let name = argument.as_text("Condition")?;
                self.condition(&name, argument.line)?
            }
            "Fn::Equals" => match list(key, argument)? {
                [one, other] => self.text(key, one, "a value")? == self.text(key, other, "a value")?,
                others => return Err(wrong(key, format!("takes two values, not {}", others.len()))),
            },
            "Fn::Not" => match list(key, argument)? {
                [one] => !self.holds(one)?,
                others => return Err(wrong(key, format!("takes one condition, not {}", others.len()))),
            },
            "Fn::And" | "Fn::Or" => {
                let parts = list(key, argument)?;
                if !(2..=10).contains(&parts.len()) {
                    return Err(wrong(key, format!("takes two to ten conditions, not {}", parts.len())));
                }
                // All are evaluated, so that an invalid one is always found.
                let mut all = Vec::with_capacity(parts.len());
                for part in parts {
                    all.push(self.holds(part)?);
                }
                if key.name == "Fn::And" { all.iter().all(|one| *one) } else { all.iter().any(|one| *one) }
            }
            _ => return Err(wrong_at(key.line, key, "is not a condition")),
        };
        self.depth -= 1;
        Ok(holds)
    }
}

fn list<'t>(key: &Key, argument: &'t Node) -> Result<&'t [Node], TemplateError> {
    argument.as_list(&key.name)
}
