//! Reads the payloads with which Lambda invokes a function for messages of Kafka (Amazon MSK and self-managed) and RabbitMQ
//! (Amazon MQ), as messages that [`crate::incoming::read`] takes. Messages of one partition or queue keep their order.

pub mod invocation;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;

use crate::broker::{EVENT_ID, EVENT_TYPE, Taken};

/// The messages of one invocation, with the kind of their broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// `kafka` or `rabbitmq`.
    pub kind: &'static str,
    /// The messages.
    pub messages: Vec<Taken>,
}

/// A payload that is none of the known ones. Lambda delivers it again.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// A field is missing or has another type.
    #[error("payload, field {field}: {reason}")]
    Field {
        /// The path of the field.
        field: String,
        /// The rule that it breaks.
        reason: String,
    },
    /// A value is not base64.
    #[error("payload, message {position}: the body is not base64")]
    Base64 {
        /// The place of the message.
        position: String,
        /// The error of the decoder.
        #[source]
        source: base64::DecodeError,
    },
}

#[derive(Deserialize)]
#[serde(tag = "eventSource")]
enum Payload {
    #[serde(rename = "aws:kafka", alias = "SelfManagedKafka")]
    Kafka { records: BTreeMap<String, Vec<KafkaRecord>> },
    #[serde(rename = "aws:rmq", rename_all = "camelCase")]
    RabbitMq { rmq_messages_by_queue: BTreeMap<String, Vec<RabbitMessage>> },
}

#[derive(Deserialize)]
struct KafkaRecord {
    topic: String,
    partition: i32,
    offset: i64,
    /// A record without a value is a deletion in a compacted topic.
    value: Option<String>,
    #[serde(default)]
    headers: Vec<BTreeMap<String, Bytes>>,
}

/// Bytes as a list of numbers. Lambda writes those of Java, which may be negative.
#[derive(Deserialize)]
struct Bytes(Vec<i16>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RabbitMessage {
    basic_properties: RabbitProperties,
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RabbitProperties {
    #[serde(default)]
    headers: Option<BTreeMap<String, Value>>,
    message_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Reads a payload.
pub fn read(payload: &str) -> Result<Batch, PayloadError> {
    let mut reader = serde_json::Deserializer::from_str(payload);
    let payload = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| PayloadError::Field { field: error.path().to_string(), reason: error.inner().to_string() })?;
    match payload {
        Payload::Kafka { records } => {
            let messages = records.into_values().flatten().map(of_kafka).collect::<Result<_, _>>()?;
            Ok(Batch { kind: "kafka", messages })
        }
        Payload::RabbitMq { rmq_messages_by_queue } => {
            let queues = rmq_messages_by_queue.into_iter();
            let messages = queues.flat_map(|(queue, messages)| messages.into_iter().map(move |it| (queue.clone(), it)));
            let messages = messages.map(|(queue, message)| of_rabbitmq(queue, message)).collect::<Result<_, _>>()?;
            Ok(Batch { kind: "rabbitmq", messages })
        }
    }
}

fn of_kafka(record: KafkaRecord) -> Result<Taken, PayloadError> {
    let KafkaRecord { topic, partition, offset, value, headers } = record;
    let position = format!("{topic}/{partition}/{offset}");
    let body = decode(&position, &value.unwrap_or_default())?;
    let headers = headers.into_iter().flatten().filter_map(|(name, value)| Some((name, value.text()?))).collect();
    Ok(Taken { position, lasting_position: true, headers, body })
}

fn of_rabbitmq(queue: String, message: RabbitMessage) -> Result<Taken, PayloadError> {
    let RabbitMessage { basic_properties: properties, data } = message;
    let body = decode(&queue, &data)?;
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        mut value => serde_json::from_value::<Bytes>(value.get_mut("bytes")?.take()).ok()?.text(),
    };
    let headers = properties.headers.into_iter().flatten();
    let mut headers: BTreeMap<String, String> =
        headers.filter_map(|(name, value)| Some((name, text(value)?))).collect();
    for (name, property) in [(EVENT_ID, properties.message_id), (EVENT_TYPE, properties.kind)] {
        if let Some(property) = property {
            headers.entry(name.to_owned()).or_insert(property);
        }
    }
    Ok(Taken { position: queue, lasting_position: false, headers, body })
}

fn decode(position: &str, text: &str) -> Result<Vec<u8>, PayloadError> {
    STANDARD.decode(text).map_err(|source| PayloadError::Base64 { position: position.to_owned(), source })
}

impl Bytes {
    /// The text, if the bytes are one.
    fn text(self) -> Option<String> {
        let bytes = self.0.into_iter().map(|byte| u8::try_from(byte & 0xff));
        String::from_utf8(bytes.collect::<Result<_, _>>().ok()?).ok()
    }
}

#[cfg(test)]
mod tests;
