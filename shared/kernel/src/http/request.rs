//! [`HttpRequest`]: what a handler gets, and its parameters as checked values.

use std::collections::BTreeMap;

use super::problem::{NO_CURSOR, Problem};
use crate::{message::Id, view::Page};

/// The scope of a token whose owner operates the system.
pub const OPERATOR: &str = "operator";

/// The most rows of a page.
const MAX_LIMIT: u32 = 100;

/// Who sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A program on this machine: the API of a local cloud needs no tokens.
    Local,
    /// The owner of a verified token.
    User {
        /// The claim `sub`.
        subject: String,
        /// The scopes of the token.
        scopes: Vec<String>,
    },
}

impl Caller {
    /// Whether the caller operates the system.
    pub fn is_operator(&self) -> bool {
        match self {
            Self::Local => true,
            Self::User { scopes, .. } => scopes.iter().any(|scope| scope == OPERATOR),
        }
    }

    /// Whether the caller may see and change what belongs to this user.
    pub fn acts_for(&self, user: &str) -> bool {
        match self {
            Self::User { subject, .. } if subject == user => true,
            Self::Local | Self::User { .. } => self.is_operator(),
        }
    }

    /// The claim `sub`.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::Local => None,
            Self::User { subject, .. } => Some(subject),
        }
    }
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The route that matched: `GET /orders/{id}`.
    pub route: String,
    /// The variables of the path, decoded.
    pub path_parameters: BTreeMap<String, String>,
    /// The parameters of the query, decoded; those of one name are joined by commas.
    pub query: BTreeMap<String, String>,
    /// The headers, with names in lower case; those of one name are joined by commas.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
    /// Who sends it.
    pub caller: Caller,
}

impl HttpRequest {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.trim())
    }

    /// A parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A variable of the path as it is written.
    pub fn path_text(&self, name: &str) -> &str {
        self.path_parameters.get(name).map_or("", String::as_str)
    }

    /// A variable of the path as an id.
    pub fn id<T: ?Sized>(&self, name: &str) -> Result<Id<T>, Problem> {
        self.path_text(name).parse().map_err(|_| Problem::invalid(name, ID_RULE))
    }

    /// The page that the parameters `limit`, `cursor` and `order` name, the newest rows first.
    pub fn page(&self) -> Result<Page, Problem> {
        let limit = match self.parameter("limit") {
            None => Page::default().limit,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                .ok_or_else(|| Problem::invalid("limit", "must be a whole number from 1 to 100"))?,
        };
        let after = self.parameter("cursor").map(|cursor| from_hex(cursor).ok_or(NO_CURSOR)).transpose();
        let after = after.map_err(|rule| Problem::invalid("cursor", rule))?;
        Ok(Page { limit, newest_first: true, after })
    }

    /// The version that the header `If-Version` asks for.
    pub fn if_version(&self) -> Result<Option<u64>, Problem> {
        let read = |text: &str| text.parse().map_err(|_| Problem::invalid("If-Version", "must be a whole number"));
        self.header("if-version").map(read).transpose()
    }
}

/// The rule of an id.
pub const ID_RULE: &str = "must be 1 to 64 characters of A-Z a-z 0-9 _ -";

/// A page token as text that callers do not read.
pub(super) fn to_hex(token: &str) -> String {
    token.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<String> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| !digits.is_empty() && digits.len() % 2 == 0 && digits.len() <= 2_048)?;
    let bytes = digits.chunks(2).filter_map(|pair| Some(pair.first()? * 16 + pair.get(1)?)).collect();
    String::from_utf8(bytes).ok()
}
