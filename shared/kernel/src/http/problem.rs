//! [`Problem`]: a response that is an error, in the format of RFC 9457.

use crate::view::ViewError;

/// Why a request has no other answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The status code.
    pub status: u16,
    /// What is wrong, for people.
    pub detail: String,
    /// The field, parameter or header that is wrong.
    pub field: Option<String>,
    /// The rule that it breaks.
    pub rule: Option<String>,
    /// Seconds after which another attempt makes sense.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem of this status.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), field: None, rule: None, retry_after: None }
    }

    /// 400: a field, parameter or header breaks a rule.
    pub fn invalid(field: impl Into<String>, rule: impl Into<String>) -> Self {
        let (field, rule) = (field.into(), rule.into());
        let detail = format!("{field}: {rule}");
        Self { field: Some(field), rule: Some(rule), ..Self::new(400, detail) }
    }

    /// 401: the request has no user.
    pub fn unauthenticated() -> Self {
        Self::new(401, "the request has no verified token")
    }

    /// 403: the user has no right to this.
    pub fn forbidden(rule: &str) -> Self {
        Self { rule: Some(rule.to_owned()), ..Self::new(403, rule) }
    }

    /// 404: it does not exist, or the user may not know that it does.
    pub fn not_found(what: &str) -> Self {
        Self::new(404, format!("there is no such {what}"))
    }

    /// 503: it may succeed later.
    pub fn unavailable(reason: &str) -> Self {
        Self { retry_after: Some(1), ..Self::new(503, reason) }
    }

    /// The phrase of the status.
    pub fn title(&self) -> &'static str {
        match self.status {
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            409 => "Conflict",
            413 => "Content Too Large",
            415 => "Unsupported Media Type",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        }
    }
}

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Unavailable(_) => Self::unavailable("the views did not answer"),
            ViewError::Corrupt { what, .. } if what == "page token" => Self::invalid("cursor", NO_CURSOR),
            ViewError::Corrupt { what, .. } => Self::new(500, format!("{what} cannot be read")),
        }
    }
}

pub(super) const NO_CURSOR: &str = "must be the field `next` of a page before";
