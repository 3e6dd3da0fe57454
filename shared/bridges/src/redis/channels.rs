//! Messages from channels. Redis keeps none: what is published while the bridge is away is lost, and so is what is under
//! way when it is killed.

use std::{collections::BTreeMap, time::Duration};

use ::redis::aio::PubSub;
use async_trait::async_trait;
use futures::StreamExt as _;

use super::{Connection, Redis, without_password};
use crate::broker::{BrokerError, Parking, Poison, Source, Taken};

pub(super) struct Channels {
    messages: PubSub,
    connection: Connection,
}

impl Channels {
    pub(super) async fn open(redis: &Redis) -> Result<Self, BrokerError> {
        let connection = redis.connect().await?;
        let action = format!("subscribe to channels of Redis at {}", without_password(&redis.url));
        let client = redis.client().map_err(BrokerError::of(&action))?;
        let mut messages = client.get_async_pubsub().await.map_err(BrokerError::of(&action))?;
        for channel in &redis.channels {
            messages.psubscribe(channel).await.map_err(BrokerError::of(&action))?;
        }
        Ok(Self { messages, connection })
    }
}

#[async_trait]
impl Source for Channels {
    async fn take(&mut self, most: usize, wait: Duration) -> Result<Vec<Taken>, BrokerError> {
        let mut found = Vec::new();
        let mut messages = self.messages.on_message();
        let mut patience = wait;
        while found.len() < most {
            match tokio::time::timeout(patience, messages.next()).await {
                Ok(Some(message)) => found.push(Taken {
                    position: message.get_channel_name().to_owned(),
                    lasting_position: false,
                    headers: BTreeMap::new(),
                    body: message.get_payload_bytes().to_vec(),
                }),
                Ok(None) => return Err(BrokerError::of("read channels")("the connection is closed")),
                Err(_) => break,
            }
            patience = Duration::from_millis(1);
        }
        Ok(found)
    }

    async fn acknowledge(&mut self, _taken: &[Taken]) -> Result<(), BrokerError> {
        Ok(())
    }
}

#[async_trait]
impl Parking for Channels {
    async fn park(&mut self, taken: &Taken, poison: &Poison) -> Result<(), BrokerError> {
        self.connection.park(&taken.position, taken, poison).await
    }
}
