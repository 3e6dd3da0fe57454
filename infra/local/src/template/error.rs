//! Errors and findings of reading a template. What AWS would refuse is an error, with its line; what is valid and not
//! supported here is a finding.

use std::fmt;

use crate::{pattern::PatternError, schedule::ScheduleError};

/// A template is invalid. The message has the line, unless it is about the whole text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct TemplateError(#[from] ReadError);

/// The reasons why a template is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReadError {
    /// The text is longer than CloudFormation accepts.
    #[error("the template has {bytes} bytes, {limit} are allowed")]
    TooLarge { bytes: usize, limit: usize },
    /// The text is not YAML.
    #[error("line {line}: the template is not valid YAML: {problem}")]
    Yaml { line: usize, problem: String },
    /// Lists and maps are nested too deeply.
    #[error("line {line}: nested deeper than {limit} levels")]
    TooDeep { line: usize, limit: usize },
    /// A short form of an intrinsic that does not exist.
    #[error("line {line}: unknown tag !{tag}")]
    UnknownTag { line: usize, tag: String },
    /// A map has the same key twice, or two resources have the same logical id.
    #[error("line {line}: {key:?} is given twice")]
    Twice { line: usize, key: String },
    /// A value has the wrong type.
    #[error("line {line}: {place} must be {wanted}, not {found}")]
    Shape { line: usize, place: String, wanted: String, found: String },
    /// A required property is missing.
    #[error("line {line}: {place} lacks {property}")]
    Missing { line: usize, place: String, property: String },
    /// An intrinsic function cannot be evaluated.
    #[error("line {line}: {function}: {problem}")]
    Intrinsic { line: usize, function: String, problem: String },
    /// A reference names nothing that exists.
    #[error("line {line}: there is no {what} {name:?}")]
    Unresolved { line: usize, what: &'static str, name: String },
    /// Resources or conditions depend on each other in a cycle.
    #[error("line {line}: these need each other in a circle: {path}")]
    Cycle { line: usize, path: String },
    /// Evaluating the intrinsics exceeds a limit.
    #[error("line {line}: the intrinsics {problem}")]
    TooMuch { line: usize, problem: &'static str },
    /// The value of a parameter is missing or breaks a constraint.
    #[error("line {line}: the parameter {name}: {problem}")]
    Parameter { line: usize, name: String, problem: String },
    /// A value was given for a parameter that the template does not have.
    #[error("the template has no parameter {name:?}")]
    UnknownParameter { name: String },
    /// The file of a nested template cannot be read.
    #[error("line {line}: {resource}: the nested template {path} cannot be read: {problem}")]
    NestedFile { line: usize, resource: String, path: String, problem: String },
    /// A nested template is invalid.
    #[error("line {line}: {resource}: the nested template {path} is refused")]
    Nested {
        line: usize,
        resource: String,
        path: String,
        #[source]
        source: Box<ReadError>,
    },
    /// The pattern of a rule or an archive is invalid.
    #[error("line {line}: the pattern of {resource} is refused")]
    Pattern {
        line: usize,
        resource: String,
        #[source]
        source: PatternError,
    },
    /// A schedule expression is invalid.
    #[error("line {line}: the schedule of {resource} is refused")]
    Schedule {
        line: usize,
        resource: String,
        #[source]
        source: ScheduleError,
    },
}

impl ReadError {
    pub(super) fn missing(line: usize, place: &str, property: &str) -> Self {
        Self::Missing { line, place: place.to_owned(), property: property.to_owned() }
    }
}

/// Something in the template that this machine does not support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The path of the nested template as seen from the outermost one, which is `None` itself.
    pub file: Option<String>,
    /// The line of the property.
    pub line: usize,
    /// The resource or the section that it belongs to.
    pub resource: String,
    /// The property or type, and what is done instead.
    pub what: String,
}

impl Finding {
    pub(super) fn new(line: usize, resource: &str, what: impl Into<String>) -> Self {
        Self { file: None, line, resource: resource.to_owned(), what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(formatter, "{file}, ")?;
        }
        write!(formatter, "line {}: {}: {}", self.line, self.resource, self.what)
    }
}
