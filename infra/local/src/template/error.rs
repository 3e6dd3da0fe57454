//! Errors of reading a template. Each variant names the line, except those about the whole text. What is valid but not
//! supported here is a finding and not an error.

use crate::{pattern::PatternError, schedule::ScheduleError};

/// A template is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text is longer than CloudFormation takes.
    #[error("the template has {bytes} bytes, {limit} are allowed")]
    TooLarge {
        /// The number of bytes.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The text is not YAML.
    #[error("line {line}: the template is not valid YAML: {problem}")]
    Yaml {
        /// The line.
        line: usize,
        /// The error of the parser.
        problem: String,
    },
    /// Lists and maps are nested too deeply.
    #[error("line {line}: nested deeper than {limit} levels")]
    TooDeep {
        /// The line.
        line: usize,
        /// The limit.
        limit: usize,
    },
    /// A short form of an intrinsic that does not exist.
    #[error("line {line}: unknown tag !{tag}")]
    UnknownTag {
        /// The line.
        line: usize,
        /// Without its exclamation mark.
        tag: String,
    },
    /// A map has the same key twice, or two resources have the same logical id.
    #[error("line {line}: {key:?} is given twice")]
    Twice {
        /// The line of the second one.
        line: usize,
        /// The key.
        key: String,
    },
    /// A value has the wrong type.
    #[error("line {line}: {place} must be {wanted}, not {found}")]
    Shape {
        /// The line.
        line: usize,
        /// The property, as a path of names.
        place: String,
        /// The expected value.
        wanted: String,
        /// The given value.
        found: String,
    },
    /// Something that is needed is not there.
    #[error("line {line}: {place} lacks {property}")]
    Missing {
        /// The line.
        line: usize,
        /// What lacks it.
        place: String,
        /// What it lacks.
        property: String,
    },
    /// An intrinsic cannot be worked out.
    #[error("line {line}: {function}: {problem}")]
    Intrinsic {
        /// The line.
        line: usize,
        /// Its long name.
        function: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A name leads nowhere.
    #[error("line {line}: there is no {what} {name:?}")]
    Unresolved {
        /// The line.
        line: usize,
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Resources or conditions need each other in a circle.
    #[error("line {line}: these need each other in a circle: {path}")]
    Cycle {
        /// The line.
        line: usize,
        /// The names, in their order.
        path: String,
    },
    /// Working out the intrinsics takes more than any sensible template needs.
    #[error("line {line}: the intrinsics {problem}")]
    TooMuch {
        /// Where the limit was reached.
        line: usize,
        /// Which limit it is.
        problem: &'static str,
    },
    /// A parameter's value is missing or breaks its own constraints.
    #[error("line {line}: the parameter {name}: {problem}")]
    Parameter {
        /// The line.
        line: usize,
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A value was given for a parameter that the template does not have.
    #[error("the template has no parameter {name:?}")]
    UnknownParameter {
        /// Its name.
        name: String,
    },
    /// The file of a nested template cannot be read.
    #[error("line {line}: {resource}: the nested template {path} cannot be read: {problem}")]
    NestedFile {
        /// The line.
        line: usize,
        /// The nested stack.
        resource: String,
        /// The file.
        path: String,
        /// Why not.
        problem: String,
    },
    /// A nested template is refused.
    #[error("line {line}: {resource}: the nested template {path} is refused")]
    Nested {
        /// The line.
        line: usize,
        /// The nested stack.
        resource: String,
        /// The file.
        path: String,
        /// Why, with the line of that file.
        #[source]
        source: Box<TemplateError>,
    },
    /// A rule's pattern is refused.
    #[error("line {line}: the pattern of {resource} is refused")]
    Pattern {
        /// The line.
        line: usize,
        /// The rule.
        resource: String,
        /// Why.
        #[source]
        source: PatternError,
    },
    /// A schedule expression is refused.
    #[error("line {line}: the schedule of {resource} is refused")]
    Schedule {
        /// The line.
        line: usize,
        /// The rule or schedule.
        resource: String,
        /// Why.
        #[source]
        source: ScheduleError,
    },
}
