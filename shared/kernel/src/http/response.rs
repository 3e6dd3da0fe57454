//! [`HttpResponse`]: what a handler returns.

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{problem::Problem, request::HttpRequest};

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl HttpResponse {
    /// A JSON response of this status.
    pub fn json(status: u16, body: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_string(body).map_err(|error| Problem::new(500, error.to_string()))?;
        Ok(Self { status, headers: vec![("content-type", "application/json".to_owned())], body })
    }

    /// The same response with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    }

    /// The same response with an entity tag that follows from its body; 304 without the body if the caller has it.
    #[must_use]
    pub fn tagged(self, request: &HttpRequest) -> Self {
        let digest: String = Sha256::digest(&self.body).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        let tag = format!("\"{digest}\"");
        let is_known = |given: &str| {
            let mut tags = given.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
            tags.any(|known| known == tag || known == "*")
        };
        let response = self.with("etag", tag.as_str()).with("cache-control", "private, no-cache");
        if response.status == 200 && request.header("if-none-match").is_some_and(is_known) {
            let headers = response.headers.into_iter().filter(|(name, _)| *name != "content-type").collect();
            return Self { status: 304, headers, body: String::new() };
        }
        response
    }
}

impl From<Problem> for HttpResponse {
    fn from(problem: Problem) -> Self {
        let mut body = Map::new();
        body.insert("title".to_owned(), json!(problem.title()));
        body.insert("status".to_owned(), json!(problem.status));
        body.insert("detail".to_owned(), json!(problem.detail));
        let extensions = [("field", problem.field), ("rule", problem.rule)];
        body.extend(extensions.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))));
        let response = HttpResponse {
            status: problem.status,
            headers: vec![("content-type", "application/problem+json".to_owned())],
            body: Value::Object(body).to_string(),
        };
        match problem.retry_after {
            Some(seconds) => response.with("retry-after", seconds.to_string()),
            None => response,
        }
    }
}
