//! RabbitMQ: out, persistent messages on a topic exchange, with publisher confirms; in, a durable queue with prefetch.
//! What is not acknowledged is requeued by the broker. Parked messages are in the queue `<queue>.parked`.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use futures::StreamExt as _;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer, ExchangeKind,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
        ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable, ShortString},
};

use crate::{
    broker::{Broker, BrokerError, EVENT_ID, EVENT_TYPE, Parking, Poison, SendError, Sink, Source, Taken},
    outgoing::Outgoing,
};

/// The delivery mode of a message that survives a restart of the broker.
const PERSISTENT: u8 = 2;

/// How long the broker may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// How a bridge uses a RabbitMQ server.
#[derive(Clone, Debug)]
pub struct RabbitMq {
    /// The address: `amqp://127.0.0.1:5672/%2f`.
    pub url: String,
    /// The topic exchange out.
    pub exchange: String,
    /// The queue in.
    pub queue: String,
    /// The exchanges and the routing keys by which the queue is filled; none if others bind it.
    pub bind: Vec<(String, String)>,
    /// The most messages that the broker delivers before they are acknowledged.
    pub prefetch: u16,
}

impl RabbitMq {
    async fn connect(&self) -> Result<(Connection, Channel), BrokerError> {
        let action = "connect to RabbitMQ";
        let connecting = async {
            let connection = Connection::connect(&self.url, ConnectionProperties::default()).await?;
            let channel = connection.create_channel().await?;
            Ok::<_, lapin::Error>((connection, channel))
        };
        tokio::time::timeout(TIMEOUT, connecting)
            .await
            .map_err(BrokerError::of(action))?
            .map_err(BrokerError::of(action))
    }
}

#[async_trait]
impl Broker for RabbitMq {
    fn kind(&self) -> &'static str {
        "rabbitmq"
    }

    async fn source(&self) -> Result<Box<dyn Source>, BrokerError> {
        let (connection, channel) = self.connect().await?;
        let opening = async {
            let parked = parked(&self.queue);
            for queue in [&self.queue, &parked] {
                declare_queue(&channel, queue).await?;
            }
            declare_exchange(&channel, &parked, ExchangeKind::Fanout).await?;
            bind(&channel, &parked, &parked, "").await?;
            for (exchange, key) in &self.bind {
                declare_exchange(&channel, exchange, ExchangeKind::Topic).await?;
                bind(&channel, &self.queue, exchange, key).await?;
            }
            channel.confirm_select(ConfirmSelectOptions::default()).await?;
            channel.basic_qos(self.prefetch, BasicQosOptions::default()).await?;
            let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
            channel.basic_consume(self.queue.as_str().into(), "causeway-bridge".into(), options, arguments).await
        };
        let consumer = opening.await.map_err(BrokerError::of(format!("consume the queue {}", self.queue)))?;
        Ok(Box::new(RabbitSource {
            _connection: connection,
            channel,
            consumer,
            parked: parked(&self.queue),
            last: None,
        }))
    }

    async fn sink(&self) -> Result<Box<dyn Sink>, BrokerError> {
        let (connection, channel) = self.connect().await?;
        let opening = async {
            declare_exchange(&channel, &self.exchange, ExchangeKind::Topic).await?;
            channel.confirm_select(ConfirmSelectOptions::default()).await
        };
        opening.await.map_err(BrokerError::of(format!("open the exchange {}", self.exchange)))?;
        Ok(Box::new(RabbitSink { _connection: connection, channel, exchange: self.exchange.clone() }))
    }

    async fn check(&self) -> Result<(), BrokerError> {
        self.connect().await.map(drop)
    }
}

/// The exchange and the queue of parked messages.
fn parked(queue: &str) -> String {
    format!("{queue}.parked")
}

async fn declare_queue(channel: &Channel, queue: &str) -> lapin::Result<()> {
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.into(), options, FieldTable::default()).await.map(drop)
}

async fn declare_exchange(channel: &Channel, exchange: &str, kind: ExchangeKind) -> lapin::Result<()> {
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(exchange.into(), kind, options, FieldTable::default()).await
}

async fn bind(channel: &Channel, queue: &str, exchange: &str, key: &str) -> lapin::Result<()> {
    let options = QueueBindOptions::default();
    channel.queue_bind(queue.into(), exchange.into(), key.into(), options, FieldTable::default()).await
}

/// Publishes with a confirm: the future returned by the inner one is the broker's.
async fn publish(
    channel: &Channel,
    exchange: &str,
    key: &str,
    body: &[u8],
    properties: BasicProperties,
) -> lapin::Result<lapin::PublisherConfirm> {
    channel.basic_publish(exchange.into(), key.into(), BasicPublishOptions::default(), body, properties).await
}

fn table<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in headers {
        table.insert(ShortString::from(name), AMQPValue::LongString(value.into()));
    }
    table
}

fn confirmed(confirmation: Confirmation) -> Result<(), BrokerError> {
    if matches!(confirmation, Confirmation::Nack(_)) {
        return Err(BrokerError::of("send to RabbitMQ")("the broker answers nack"));
    }
    Ok(())
}

struct RabbitSink {
    /// The channel lives as long as its connection.
    _connection: Connection,
    channel: Channel,
    exchange: String,
}

#[async_trait]
impl Sink for RabbitSink {
    async fn send(&mut self, messages: &[Outgoing]) -> Result<(), SendError> {
        let sending = async {
            let mut confirms = Vec::with_capacity(messages.len());
            for message in messages {
                let headers = message.headers.iter().map(|(name, value)| (*name, value.as_str()));
                let properties = BasicProperties::default()
                    .with_delivery_mode(PERSISTENT)
                    .with_content_type("application/json".into())
                    .with_message_id(message.event_id.as_str().into())
                    .with_type(message.event_type.as_str().into())
                    .with_headers(table(headers));
                let key = message.routing_key();
                confirms.push(publish(&self.channel, &self.exchange, &key, message.body.as_bytes(), properties).await?);
            }
            let mut confirmations = Vec::with_capacity(confirms.len());
            for confirm in confirms {
                confirmations.push(confirm.await?);
            }
            Ok::<_, lapin::Error>(confirmations)
        };
        let action = "send to RabbitMQ";
        let sent = tokio::time::timeout(TIMEOUT, sending).await;
        let sent = sent.map_err(BrokerError::of(action))?.map_err(BrokerError::of(action))?;
        sent.into_iter().try_for_each(confirmed).map_err(SendError::from)
    }
}

struct RabbitSource {
    /// The channel lives as long as its connection.
    _connection: Connection,
    channel: Channel,
    consumer: Consumer,
    parked: String,
    /// The delivery tag of the last message taken.
    last: Option<u64>,
}

#[async_trait]
impl Source for RabbitSource {
    async fn take(&mut self, most: usize, wait: Duration) -> Result<Vec<Taken>, BrokerError> {
        let mut found = Vec::new();
        let mut patience = wait;
        while found.len() < most {
            match tokio::time::timeout(patience, self.consumer.next()).await {
                Ok(Some(delivery)) => {
                    let delivery = delivery.map_err(BrokerError::of("take from RabbitMQ"))?;
                    self.last = Some(delivery.delivery_tag);
                    found.push(taken(delivery));
                }
                Ok(None) => return Err(BrokerError::of("take from RabbitMQ")("the consumer is closed")),
                Err(_) => break,
            }
            patience = Duration::from_millis(1);
        }
        Ok(found)
    }

    async fn acknowledge(&mut self, _taken: &[Taken]) -> Result<(), BrokerError> {
        let Some(tag) = self.last.take() else { return Ok(()) };
        let acknowledged = self.channel.basic_ack(tag, BasicAckOptions { multiple: true }).await;
        acknowledged.map(drop).map_err(BrokerError::of("acknowledge messages"))
    }
}

#[async_trait]
impl Parking for RabbitSource {
    async fn park(&mut self, taken: &Taken, poison: &Poison) -> Result<(), BrokerError> {
        let headers = poison.headers(taken);
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let properties = BasicProperties::default().with_delivery_mode(PERSISTENT).with_headers(table(headers));
        let action = "park a message";
        let confirm = publish(&self.channel, &self.parked, "", &taken.body, properties).await;
        let confirm = confirm.map_err(BrokerError::of(action))?;
        let confirmation = tokio::time::timeout(TIMEOUT, confirm).await.map_err(BrokerError::of(action))?;
        confirmed(confirmation.map_err(BrokerError::of(action))?)
    }
}

fn taken(delivery: Delivery) -> Taken {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    let properties = &delivery.properties;
    for (name, value) in properties.headers().iter().flat_map(|table| table.inner()) {
        let text = match value {
            AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok().map(str::to_owned),
            AMQPValue::ShortString(text) => Some(text.to_string()),
            _ => None,
        };
        headers.extend(text.map(|text| (name.to_string(), text)));
    }
    for (name, property) in [(EVENT_ID, properties.message_id()), (EVENT_TYPE, properties.kind())] {
        if let Some(property) = property {
            headers.entry(name.to_owned()).or_insert_with(|| property.to_string());
        }
    }
    let position = format!("{}/{}", delivery.exchange, delivery.routing_key);
    // A delivery tag is of its connection only.
    Taken { position, lasting_position: false, headers, body: delivery.data }
}
