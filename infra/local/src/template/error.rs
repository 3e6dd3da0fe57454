//! Why a template is refused. Every variant but those about the text as a whole has the line
//! on which to look; what is only not played here is a finding and not an error.

use crate::{pattern::PatternError, schedule::ScheduleError};

/// Why a template is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text is longer than CloudFormation takes.
    #[error("the template has {bytes} bytes, {limit} are allowed")]
    TooLarge {
        /// How many it has.
        bytes: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The text is not YAML.
    #[error("line {line}: the template is not valid YAML: {problem}")]
    Yaml {
        /// Where to look.
        line: usize,
        /// What the parser says.
        problem: String,
    },
    /// Lists and maps stand in each other too deeply.
    #[error("line {line}: nested deeper than {limit} levels")]
    TooDeep {
        /// Where to look.
        line: usize,
        /// How deep is allowed.
        limit: usize,
    },
    /// A short form of an intrinsic that does not exist.
    #[error("line {line}: unknown tag !{tag}")]
    UnknownTag {
        /// Where to look.
        line: usize,
        /// Without its exclamation mark.
        tag: String,
    },
    /// A map has the same key twice, or two resources have the same logical id.
    #[error("line {line}: {key:?} is given twice")]
    Twice {
        /// Where the second one stands.
        line: usize,
        /// What is given twice.
        key: String,
    },
    /// Something has another shape than it must have.
    #[error("line {line}: {place} must be {wanted}, not {found}")]
    Shape {
        /// Where to look.
        line: usize,
        /// What it is about, as a path of names.
        place: String,
        /// What it must be.
        wanted: String,
        /// What it is.
        found: String,
    },
    /// Something that is needed is not there.
    #[error("line {line}: {place} lacks {property}")]
    Missing {
        /// Where to look.
        line: usize,
        /// What lacks it.
        place: String,
        /// What it lacks.
        property: String,
    },
    /// An intrinsic cannot be worked out.
    #[error("line {line}: {function}: {problem}")]
    Intrinsic {
        /// Where to look.
        line: usize,
        /// Its long name.
        function: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A name leads nowhere.
    #[error("line {line}: there is no {what} {name:?}")]
    Unresolved {
        /// Where to look.
        line: usize,
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Resources or conditions need each other in a circle.
    #[error("line {line}: these need each other in a circle: {path}")]
    Cycle {
        /// Where to look.
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
        /// Where to look.
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
        /// Where to look.
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
        /// Where to look.
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
        /// Where to look.
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
        /// Where to look.
        line: usize,
        /// The rule or schedule.
        resource: String,
        /// Why.
        #[source]
        source: ScheduleError,
    },
}
