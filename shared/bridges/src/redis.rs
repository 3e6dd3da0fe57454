//! Redis: out, a stream per context with a maximum length and a channel per event; in, streams through a consumer group,
//! or channels, which lose what is published while nobody listens.

mod channels;
mod streams;

use std::{collections::BTreeMap, time::Duration};

use ::redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisResult, aio::MultiplexedConnection, cmd, pipe};
use async_trait::async_trait;

use crate::{
    broker::{Broker, BrokerError, Poison, SendError, Sink, Source, Taken},
    outgoing::Outgoing,
};
use channels::Channels;
use streams::Streams;

/// The field of an entry with the body.
const BODY: &str = "body";

/// How long a command may take, in addition to the time that it waits.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How a bridge uses a Redis server.
#[derive(Clone, Debug)]
pub struct Redis {
    /// The address: `redis://127.0.0.1:6379`, or `rediss://…` with TLS.
    pub url: String,
    /// Streams out are named `<prefix>.<context>`, channels out `<prefix>.<context>.<event>`.
    pub prefix: String,
    /// The most entries of a stream out, about; older ones are trimmed.
    pub max_length: u64,
    /// The streams that messages are taken from.
    pub streams: Vec<String>,
    /// The patterns of channels that messages are taken from, if there are no streams.
    pub channels: Vec<String>,
    /// The consumer group.
    pub group: String,
    /// The name of this consumer in the group.
    pub consumer: String,
    /// Entries that another consumer has not acknowledged for so long are taken over.
    pub claim_after: Duration,
}

impl Redis {
    fn client(&self) -> RedisResult<Client> {
        // The provider of the AWS clients. It is installed already if this is not the first connection.
        rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
        Client::open(self.url.as_str())
    }

    async fn connect(&self) -> Result<Connection, BrokerError> {
        let failed = || format!("connect to Redis at {}", without_password(&self.url));
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(TIMEOUT)).set_response_timeout(None);
        let client = self.client().map_err(BrokerError::of(failed()))?;
        let connection = client.get_multiplexed_async_connection_with_config(&config).await;
        connection.map(Connection).map_err(BrokerError::of(failed()))
    }
}

#[async_trait]
impl Broker for Redis {
    fn kind(&self) -> &'static str {
        "redis"
    }

    async fn source(&self) -> Result<Box<dyn Source>, BrokerError> {
        if self.streams.is_empty() {
            return Ok(Box::new(Channels::open(self).await?));
        }
        Ok(Box::new(Streams::open(self).await?))
    }

    async fn sink(&self) -> Result<Box<dyn Sink>, BrokerError> {
        let connection = self.connect().await?;
        Ok(Box::new(RedisSink { connection, prefix: self.prefix.clone(), max_length: self.max_length }))
    }

    async fn check(&self) -> Result<(), BrokerError> {
        self.connect().await?.ask(&cmd("PING"), Duration::ZERO, "reach Redis").await
    }
}

/// A connection whose commands have a timeout.
struct Connection(MultiplexedConnection);

impl Connection {
    async fn ask<T: FromRedisValue>(&mut self, command: &Cmd, wait: Duration, action: &str) -> Result<T, BrokerError> {
        let asked = tokio::time::timeout(TIMEOUT + wait, command.query_async(&mut self.0)).await;
        asked.map_err(BrokerError::of(action))?.map_err(BrokerError::of(action))
    }

    /// Adds the message to the stream of parked messages.
    async fn park(&mut self, stream: &str, taken: &Taken, poison: &Poison) -> Result<(), BrokerError> {
        let mut add = cmd("XADD");
        add.arg(format!("{stream}.parked")).arg("*").arg(BODY).arg(taken.body.as_slice());
        for (name, value) in poison.headers(taken) {
            add.arg(name).arg(value);
        }
        self.ask::<()>(&add, Duration::ZERO, "park a message").await
    }
}

struct RedisSink {
    connection: Connection,
    prefix: String,
    max_length: u64,
}

#[async_trait]
impl Sink for RedisSink {
    async fn send(&mut self, messages: &[Outgoing]) -> Result<(), SendError> {
        // All or none: an event that fails alone would be overtaken by the next one of its stream.
        let mut pipe = pipe();
        pipe.atomic();
        for message in messages {
            let stream = format!("{}.{}", self.prefix, message.stream.context());
            let add = pipe.cmd("XADD").arg(&stream).arg("MAXLEN").arg("~").arg(self.max_length).arg("*");
            add.arg(BODY).arg(&message.body);
            for (name, value) in &message.headers {
                add.arg(*name).arg(value);
            }
            add.ignore();
            let channel = format!("{stream}.{}", message.event_type);
            pipe.cmd("PUBLISH").arg(channel).arg(&message.body).ignore();
        }
        let action = "send to Redis";
        let sent = tokio::time::timeout(TIMEOUT, pipe.query_async::<()>(&mut self.connection.0)).await;
        sent.map_err(BrokerError::of(action))?.map_err(BrokerError::of(action))?;
        Ok(())
    }
}

/// An address as it may be printed.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}{}", &url[..scheme + 3], &url[at + 1..]),
        _ => url.to_owned(),
    }
}

/// The headers and the body of the fields of an entry.
fn taken(position: String, fields: Vec<(String, Vec<u8>)>) -> Taken {
    let (mut headers, mut body) = (BTreeMap::new(), Vec::new());
    for (name, value) in fields {
        if name == BODY {
            body = value;
        } else if let Ok(value) = String::from_utf8(value) {
            headers.insert(name, value);
        }
    }
    Taken { position, lasting_position: true, headers, body }
}
