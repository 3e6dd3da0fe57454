//! What becomes of a request on its way.

use serde_json::{Value, json};

/// A request, as a fate is chosen for it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The operation: `PutItem`.
    pub operation: String,
    /// The request's body.
    pub body: Value,
    /// How many requests came before it.
    pub earlier: usize,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestFault {
    /// It arrives and is answered.
    Arrives,
    /// It is lost before it arrives.
    RequestLost,
    /// It arrives and does its work; the answer is lost.
    AnswerLost,
    /// It is refused as too much.
    Throttled,
    /// The service fails before it does anything.
    Fails,
    /// It waits until as many requests as this have come after it, and then arrives.
    Behind(usize),
}

impl RequestFault {
    /// The answer of a service that does nothing.
    pub(crate) fn refusal(&self) -> Option<(u16, Value)> {
        let said =
            |code: &str| json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "no" });
        match self {
            Self::Throttled => Some((400, said("ThrottlingException"))),
            Self::Fails => Some((500, said("InternalServerError"))),
            Self::Arrives | Self::RequestLost | Self::AnswerLost | Self::Behind(_) => None,
        }
    }
}
