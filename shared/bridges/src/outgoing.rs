//! [`Outgoing`]: an event of the log as a broker gets it. The body is the envelope; headers carry what brokers route by.

use causeway::{StreamId, message::Envelope};
use heck::{ToKebabCase, ToPascalCase};

use crate::broker::{CORRELATION_ID, EVENT_ID, EVENT_TYPE, EVENT_VERSION, ORIGIN};

/// An event to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The stream of the event. Its id is the key by which brokers keep the order.
    pub stream: StreamId,
    /// The id of the event.
    pub event_id: String,
    /// The name of the event.
    pub event_type: String,
    /// The headers.
    pub headers: Vec<(&'static str, String)>,
    /// The envelope as JSON.
    pub body: String,
}

impl Outgoing {
    /// The event of this envelope, from the bus with this ARN.
    pub fn new(stream: &StreamId, envelope: &Envelope, origin: &str) -> Result<Self, serde_json::Error> {
        let headers = vec![
            (EVENT_ID, envelope.event_id.to_string()),
            (EVENT_TYPE, envelope.event_type.clone()),
            (EVENT_VERSION, envelope.event_version.to_string()),
            (CORRELATION_ID, envelope.metadata.correlation_id.to_string()),
            (ORIGIN, origin.to_owned()),
        ];
        Ok(Self {
            stream: stream.clone(),
            event_id: envelope.event_id.to_string(),
            event_type: envelope.event_type.clone(),
            headers,
            body: serde_json::to_string(envelope)?,
        })
    }

    /// The routing key: the context, and the name without the context: `order.placed`, `inventory.stock-reserved`.
    pub fn routing_key(&self) -> String {
        let context = self.stream.context();
        let name = self.event_type.strip_prefix(&context.to_pascal_case());
        let name = name.filter(|rest| rest.starts_with(char::is_uppercase)).unwrap_or(&self.event_type);
        format!("{context}.{}", name.to_kebab_case())
    }
}
