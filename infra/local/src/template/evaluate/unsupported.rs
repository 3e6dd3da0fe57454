//! Intrinsic functions that are not supported here, because they need other stacks, the cloud or a macro. Each becomes a
//! finding and is replaced by a placeholder of the right type.

use crate::template::{
    Finding, TemplateError,
    node::{Data, Key, Node},
};

use super::Evaluator;

/// The functions of one value.
const OF_ONE_VALUE: [&str; 5] = ["Fn::Base64", "Fn::Cidr", "Fn::GetAZs", "Fn::GetStackOutput", "Fn::ImportValue"];

/// So many blocks or zones are made up.
const MADE_UP: usize = 6;

/// Is this such a function?
pub(super) fn is_known(name: &str) -> bool {
    OF_ONE_VALUE.contains(&name) || may_stand_beside(name)
}

/// Macros and loops add to the map in which they stand.
pub(in crate::template) fn may_stand_beside(name: &str) -> bool {
    name == "Fn::Transform" || name.starts_with("Fn::ForEach::")
}

impl<'t> Evaluator<'t> {
    /// Names the function, and answers something that can stand in its place.
    pub(super) fn unsupported(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, TemplateError> {
        if may_stand_beside(&key.name) {
            self.left_out(key);
            return Ok(Some(Node { line: key.line, data: Data::Map(Vec::new()) }));
        }
        // What is wrong inside is wrong in the cloud, too.
        let inner = self.value(argument)?.and_then(|value| value.spelled());
        let short = key.name.trim_start_matches("Fn::");
        let placeholder = format!("{short}-{}", inner.as_deref().unwrap_or("unknown"));
        let list = matches!(key.name.as_str(), "Fn::Cidr" | "Fn::GetAZs");
        let what = format!("{} is not supported here; {placeholder:?} was put in", key.name);
        self.report_substitute(key.line, what);
        match list {
            false => self.made_text(key.line, placeholder),
            true => {
                self.count(key.line, (placeholder.len() + 2) * MADE_UP)?;
                let items = (0..MADE_UP).map(|number| Node::text(key.line, format!("{placeholder}-{number}")));
                Ok(Some(Node::list(key.line, items.collect())))
            }
        }
    }

    /// Names a macro or a loop that is passed over.
    pub(super) fn left_out(&mut self, key: &Key) {
        self.report_substitute(key.line, format!("{} is not supported here, and nothing was put in", key.name));
    }

    /// Names a value that is not what it will be in the cloud.
    pub(super) fn report_substitute(&mut self, line: usize, what: String) {
        self.findings.push(Finding::new(line, self.user.unwrap_or("the template"), what));
        self.made_up += 1;
    }
}
