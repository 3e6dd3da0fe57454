//! Kafka: out, an idempotent producer with the aggregate's id as the key and a topic per context; in, a consumer group that
//! commits an offset after the bus has accepted everything before it. Parked messages are in the topic `<topic>.parked`.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use futures::future::join_all;
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{CommitMode, Consumer as _, StreamConsumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::{BorrowedMessage, Header, Headers as _, OwnedHeaders},
    producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer as _},
};

use crate::{
    broker::{Broker, BrokerError, PARKED_BYTES, Parking, Poison, SendError, Sink, Source, Taken},
    outgoing::Outgoing,
};

/// How long the broker may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What the settings of a user may change in a producer.
const PRODUCER: [(&str, &str); 2] = [
    // The broker decides what is too large, and not the client, which would not park what it was given.
    ("message.max.bytes", "1000000000"),
    ("linger.ms", "2"),
];

/// What the settings of a user may change in a consumer.
const CONSUMER: [(&str, &str); 3] = [
    // A bridge that was killed keeps its partitions for so long; Kafka allows no less by default.
    ("session.timeout.ms", "6000"),
    ("heartbeat.interval.ms", "1000"),
    ("topic.metadata.refresh.interval.ms", "5000"),
];

/// What is kept of a parked message that is larger than the topic of parked messages takes.
const MAX_PARKED: usize = 16 * 1024;

/// How a bridge uses a Kafka cluster.
#[derive(Clone, Debug)]
pub struct Kafka {
    /// The addresses of brokers to begin with: `127.0.0.1:9092`.
    pub bootstrap: String,
    /// Topics out are named `<prefix>.<context>`.
    pub prefix: String,
    /// The topics that messages are taken from.
    pub topics: Vec<String>,
    /// The consumer group.
    pub group: String,
    /// More settings of the client, such as `security.protocol`.
    pub settings: Vec<(String, String)>,
}

impl Kafka {
    fn config(&self, defaults: &[(&str, &str)], ours: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap).set("client.id", "causeway-bridge");
        defaults.iter().for_each(|(name, value)| {
            config.set(*name, *value);
        });
        self.settings.iter().for_each(|(name, value)| {
            config.set(name, value);
        });
        ours.iter().for_each(|(name, value)| {
            config.set(*name, *value);
        });
        config
    }

    fn producer(&self) -> Result<FutureProducer, BrokerError> {
        let ours = [
            ("enable.idempotence", "true"),
            ("acks", "all"),
            // No message expires, which would let the next one of its stream overtake it. Without answers the bridge gives up
            // this producer with all that it has, and the next one sends everything in order again.
            ("message.timeout.ms", "0"),
        ];
        self.config(&PRODUCER, &ours).create().map_err(BrokerError::of("make a Kafka producer"))
    }

    /// Asks for the brokers of the cluster, so that one that is down is noticed.
    async fn reach(producer: &FutureProducer) -> Result<(), BrokerError> {
        let client = producer.clone();
        let asked = tokio::task::spawn_blocking(move || client.client().fetch_metadata(None, TIMEOUT).map(drop)).await;
        asked.map_err(BrokerError::of("reach Kafka"))?.map_err(BrokerError::of("reach Kafka"))
    }
}

#[async_trait]
impl Broker for Kafka {
    fn kind(&self) -> &'static str {
        "kafka"
    }

    async fn source(&self) -> Result<Box<dyn Source>, BrokerError> {
        let producer = self.producer()?;
        Self::reach(&producer).await?;
        let ours = [
            ("group.id", self.group.as_str()),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "earliest"),
        ];
        let consumer: StreamConsumer =
            self.config(&CONSUMER, &ours).create().map_err(BrokerError::of("make a Kafka consumer"))?;
        let topics: Vec<&str> = self.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics).map_err(BrokerError::of("subscribe to topics"))?;
        Ok(Box::new(KafkaSource { consumer, producer }))
    }

    async fn sink(&self) -> Result<Box<dyn Sink>, BrokerError> {
        let producer = self.producer()?;
        Self::reach(&producer).await?;
        Ok(Box::new(KafkaSink { producer, prefix: self.prefix.clone() }))
    }

    async fn check(&self) -> Result<(), BrokerError> {
        Self::reach(&self.producer()?).await
    }
}

struct KafkaSink {
    producer: FutureProducer,
    prefix: String,
}

#[async_trait]
impl Sink for KafkaSink {
    async fn send(&mut self, messages: &[Outgoing]) -> Result<(), SendError> {
        let Err((first, _)) = self.send_together(messages).await? else { return Ok(()) };
        // Kafka refuses the whole batch that a message is in, so only one that is refused alone is the one.
        for (index, message) in messages.iter().enumerate().skip(first) {
            if let Err((_, error)) = self.send_together(std::slice::from_ref(message)).await? {
                return Err(SendError::Refused { index, poison: Poison::new("TOO_LARGE", &error.to_string()) });
            }
        }
        Ok(())
    }
}

impl KafkaSink {
    /// Sends all; the inner error is the first message that is too large.
    async fn send_together(&self, messages: &[Outgoing]) -> Result<Result<(), (usize, KafkaError)>, BrokerError> {
        // Queued here, in this order; the answers are awaited together.
        let sends: Vec<_> = messages.iter().map(|message| self.queue(message)).collect();
        let answers = join_all(sends.into_iter().map(|queued| async {
            match queued?.await {
                Ok(answer) => answer.map(drop).map_err(|(error, _)| error),
                Err(_) => Err(KafkaError::Canceled),
            }
        }));
        let answers = tokio::time::timeout(TIMEOUT, answers).await.map_err(BrokerError::of("send to Kafka"))?;
        let mut refused = Ok(());
        for (index, answer) in answers.into_iter().enumerate() {
            match answer {
                Ok(()) => {}
                Err(error) if is_too_large(&error) => refused = refused.and(Err((index, error))),
                Err(error) => return Err(BrokerError::of("send to Kafka")(error)),
            }
        }
        Ok(refused)
    }

    fn queue(&self, message: &Outgoing) -> Result<DeliveryFuture, KafkaError> {
        let topic = format!("{}.{}", self.prefix, message.stream.context());
        let headers = message.headers.iter().fold(OwnedHeaders::new(), |headers, (name, value)| {
            headers.insert(Header { key: name, value: Some(value) })
        });
        let record = FutureRecord::to(&topic).key(message.stream.id()).payload(&message.body).headers(headers);
        self.producer.send_result(record).map_err(|(error, _)| error)
    }
}

fn is_too_large(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge)
}

struct KafkaSource {
    consumer: StreamConsumer,
    producer: FutureProducer,
}

#[async_trait]
impl Source for KafkaSource {
    async fn take(&mut self, most: usize, wait: Duration) -> Result<Vec<Taken>, BrokerError> {
        let mut found = Vec::new();
        let mut patience = wait;
        while found.len() < most {
            match tokio::time::timeout(patience, self.consumer.recv()).await {
                Ok(Ok(message)) => found.push(taken(&message)),
                Ok(Err(error)) if found.is_empty() => return Err(BrokerError::of("take from Kafka")(error)),
                // What was taken goes on first; the error comes again.
                Ok(Err(_)) | Err(_) => break,
            }
            patience = Duration::from_millis(1);
        }
        Ok(found)
    }

    async fn acknowledge(&mut self, taken: &[Taken]) -> Result<(), BrokerError> {
        let action = "commit offsets";
        let mut next: BTreeMap<(&str, i32), i64> = BTreeMap::new();
        for position in taken.iter().filter_map(|taken| place(&taken.position)) {
            let (topic, partition, offset) = position;
            let offset = offset.saturating_add(1);
            next.entry((topic, partition)).and_modify(|next| *next = offset.max(*next)).or_insert(offset);
        }
        let mut list = TopicPartitionList::new();
        for ((topic, partition), offset) in next {
            list.add_partition_offset(topic, partition, Offset::Offset(offset)).map_err(BrokerError::of(action))?;
        }
        let commit = || self.consumer.commit(&list, CommitMode::Sync);
        tokio::task::block_in_place(commit).map_err(BrokerError::of(action))
    }
}

#[async_trait]
impl Parking for KafkaSource {
    async fn park(&mut self, taken: &Taken, poison: &Poison) -> Result<(), BrokerError> {
        let topic = place(&taken.position).map_or("causeway", |(topic, _, _)| topic);
        let topic = format!("{topic}.parked");
        let mut headers = poison.headers(taken);
        let sent = match self.keep(&topic, &headers, &taken.body).await {
            Err(error) if is_too_large(&error) => {
                headers.push((PARKED_BYTES.to_owned(), taken.body.len().to_string()));
                let begin = taken.body.get(..MAX_PARKED).unwrap_or(&taken.body);
                self.keep(&topic, &headers, begin).await
            }
            sent => sent,
        };
        sent.map_err(BrokerError::of("park a message"))
    }
}

impl KafkaSource {
    async fn keep(&self, topic: &str, headers: &[(String, String)], body: &[u8]) -> Result<(), KafkaError> {
        let headers = headers.iter().fold(OwnedHeaders::new(), |headers, (name, value)| {
            headers.insert(Header { key: name, value: Some(value) })
        });
        let record = FutureRecord::<(), [u8]>::to(topic).payload(body).headers(headers);
        let sent = self.producer.send_result(record).map_err(|(error, _)| error)?;
        match tokio::time::timeout(TIMEOUT, sent).await {
            Ok(Ok(answer)) => answer.map(drop).map_err(|(error, _)| error),
            Ok(Err(_)) => Err(KafkaError::Canceled),
            Err(_) => Err(KafkaError::MessageProduction(RDKafkaErrorCode::OperationTimedOut)),
        }
    }
}

/// The topic, partition and offset of a position.
fn place(position: &str) -> Option<(&str, i32, i64)> {
    let (rest, offset) = position.rsplit_once('/')?;
    let (topic, partition) = rest.rsplit_once('/')?;
    Some((topic, partition.parse().ok()?, offset.parse().ok()?))
}

fn taken(message: &BorrowedMessage<'_>) -> Taken {
    let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
    let text = |value: Option<&[u8]>| value.and_then(|value| std::str::from_utf8(value).ok()).map(str::to_owned);
    Taken {
        position: format!("{}/{}/{}", message.topic(), message.partition(), message.offset()),
        lasting_position: true,
        headers: headers.filter_map(|header| Some((header.key.to_owned(), text(header.value)?))).collect(),
        body: message.payload().unwrap_or_default().to_vec(),
    }
}
