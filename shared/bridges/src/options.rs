//! The command line of `causeway-bridge`.

use std::{process::ExitCode, time::Duration};

use anyhow::bail;
use clap::{Args, Parser, Subcommand};

use crate::broker::Broker;

/// Connects the bus with a broker: sends the events of the log to it, and publishes what comes from it.
///
/// Runs until SIGINT or SIGTERM. What the other side has not confirmed by then is delivered again at the next start.
#[derive(Parser, Clone, Debug)]
#[command(
    name = "causeway-bridge",
    version,
    after_help = "Exit codes: 0 stopped as asked, or all is there (--dry-run); 1 an error; 2 wrong arguments."
)]
pub struct Options {
    /// The broker.
    #[command(subcommand)]
    pub broker: BrokerOptions,
    /// The options of all brokers.
    #[command(flatten)]
    pub common: Common,
}

/// The options of all brokers.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options of all bridges")]
pub struct Common {
    /// Sends events of the log to the broker.
    #[arg(long, global = true)]
    pub out: bool,
    /// Publishes messages of the broker on the bus.
    #[arg(long = "in", global = true)]
    pub inbound: bool,
    /// The name of this bridge: of its queue, its rule and its cursors [default: STACK-bridge-BROKER]
    #[arg(long, global = true)]
    pub name: Option<String>,
    /// Out: sends only streams of this context; can be given several times.
    #[arg(long, global = true, value_name = "CONTEXT")]
    pub context: Vec<String>,
    /// Out: sends only events of this name; can be given several times.
    #[arg(long = "event", global = true, value_name = "NAME")]
    pub events: Vec<String>,
    /// In: the most messages under way.
    #[arg(long, global = true, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub batch: u16,
    /// The name of the event bus.
    #[arg(long, global = true, default_value = "causeway")]
    pub bus: String,
    /// The name of the stack, with which the names of its tables begin.
    #[arg(long, global = true, default_value = "causeway")]
    pub stack: String,
    /// The endpoint of AWS services: http://127.0.0.1:4566 for the local cloud [default: AWS itself]
    #[arg(long, global = true, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub endpoint: Option<String>,
    /// The region [default: of the AWS configuration, or us-east-1 with --endpoint]
    #[arg(long, global = true)]
    pub region: Option<String>,
    /// A profile of the AWS configuration.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Seconds between two health lines.
    #[arg(long, global = true, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub health: u64,
    /// Connects to both sides, prints what would run, and changes nothing.
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Prints one JSON value per line.
    #[arg(long, global = true)]
    pub json: bool,
}

/// A broker with its options.
#[derive(Subcommand, Clone, Debug)]
pub enum BrokerOptions {
    /// RabbitMQ: a topic exchange out, a durable queue in.
    #[cfg(feature = "rabbitmq")]
    #[command(
        after_help = "Example: causeway-bridge rabbitmq --endpoint http://127.0.0.1:4566 --out --in --queue orders-in"
    )]
    Rabbitmq(RabbitMqOptions),
    /// Kafka: a topic per context out, a consumer group in.
    #[cfg(feature = "kafka")]
    #[command(
        after_help = "Example: causeway-bridge kafka --endpoint http://127.0.0.1:4566 --out --in --topic orders-in"
    )]
    Kafka(KafkaOptions),
    /// Kafka, which this program was built without.
    #[cfg(not(feature = "kafka"))]
    Kafka {
        /// The options of a program with Kafka.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
        arguments: Vec<std::ffi::OsString>,
    },
    /// Redis: a stream per context and a channel per event out; streams or channels in.
    #[cfg(feature = "redis")]
    #[command(
        after_help = "Example: causeway-bridge redis --endpoint http://127.0.0.1:4566 --out --in --stream orders-in"
    )]
    Redis(RedisOptions),
}

/// The options of RabbitMQ.
#[cfg(feature = "rabbitmq")]
#[derive(Args, Clone, Debug)]
pub struct RabbitMqOptions {
    /// The address of the broker.
    #[arg(long, env = "AMQP_URL", default_value = "amqp://127.0.0.1:5672/%2f", hide_env_values = true)]
    pub url: String,
    /// Out: the topic exchange. The routing key is the context and the event: order.placed
    #[arg(long, default_value = "causeway")]
    pub exchange: String,
    /// In: the queue. It is created if it is missing.
    #[arg(long)]
    pub queue: Option<String>,
    /// In: fills the queue from this exchange by this routing key; can be given several times.
    #[arg(long, value_name = "EXCHANGE/KEY")]
    pub bind: Vec<String>,
}

/// The options of Kafka.
#[cfg(feature = "kafka")]
#[derive(Args, Clone, Debug)]
pub struct KafkaOptions {
    /// The addresses of brokers to begin with.
    #[arg(long, env = "KAFKA_BOOTSTRAP", default_value = "127.0.0.1:9092")]
    pub bootstrap: String,
    /// Out: the topic of a context is PREFIX.context.
    #[arg(long, default_value = "causeway")]
    pub prefix: String,
    /// In: a topic; can be given several times.
    #[arg(long = "topic")]
    pub topics: Vec<String>,
    /// In: the consumer group.
    #[arg(long, default_value = "causeway-bridge")]
    pub group: String,
    /// A setting of librdkafka; can be given several times.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
}

/// The options of Redis.
#[cfg(feature = "redis")]
#[derive(Args, Clone, Debug)]
pub struct RedisOptions {
    /// The address of the server.
    #[arg(long, env = "REDIS_URL", default_value = "redis://127.0.0.1:6379", hide_env_values = true)]
    pub url: String,
    /// Out: the stream of a context is PREFIX.context, the channel of an event PREFIX.context.event.
    #[arg(long, default_value = "causeway")]
    pub prefix: String,
    /// Out: about so many entries stay in a stream; a slower reader loses the older ones.
    #[arg(long, default_value_t = 1_000_000)]
    pub max_length: u64,
    /// In: a stream; can be given several times.
    #[arg(long = "stream")]
    pub streams: Vec<String>,
    /// In: a pattern of channels. What is published while the bridge is away is lost.
    #[arg(long = "channel", value_name = "PATTERN", conflicts_with = "streams")]
    pub channels: Vec<String>,
    /// In: the consumer group of the streams.
    #[arg(long, default_value = "causeway-bridge")]
    pub group: String,
    /// In: the name in the group. Two bridges of one group need two names, and do not keep the order between them.
    #[arg(long, default_value = "bridge-1")]
    pub consumer: String,
    /// In: entries that another consumer has left pending for so many seconds are taken over.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub claim_after: u64,
}

impl Options {
    /// The directions: in, out. Without a choice, both for which the broker has something to take from or to send to.
    pub fn directions(&self) -> anyhow::Result<(bool, bool)> {
        let Common { inbound, out, .. } = self.common;
        if !inbound && !out {
            bail!("give --in, --out or both");
        }
        let (option, missing) = match &self.broker {
            #[cfg(feature = "rabbitmq")]
            BrokerOptions::Rabbitmq(options) => ("--queue", options.queue.is_none()),
            #[cfg(feature = "kafka")]
            BrokerOptions::Kafka(options) => ("--topic", options.topics.is_empty()),
            #[cfg(not(feature = "kafka"))]
            BrokerOptions::Kafka { .. } => ("--topic", true),
            #[cfg(feature = "redis")]
            BrokerOptions::Redis(options) => {
                ("--stream or --channel", options.streams.is_empty() && options.channels.is_empty())
            }
        };
        if inbound && missing {
            bail!("--in needs {option}");
        }
        Ok((inbound, out))
    }

    /// The broker.
    pub fn broker(&self) -> anyhow::Result<Box<dyn Broker>> {
        Ok(match self.broker.clone() {
            #[cfg(feature = "rabbitmq")]
            BrokerOptions::Rabbitmq(options) => {
                let bind = options.bind.iter().map(|text| {
                    let pair = text.split_once('/').map(|(exchange, key)| (exchange.to_owned(), key.to_owned()));
                    pair.ok_or_else(|| anyhow::anyhow!("--bind {text:?} must be EXCHANGE/KEY, such as shop/order.*"))
                });
                let bind = bind.collect::<anyhow::Result<_>>()?;
                Box::new(crate::rabbitmq::RabbitMq {
                    url: options.url,
                    exchange: options.exchange,
                    queue: options.queue.unwrap_or_default(),
                    bind,
                    prefetch: self.common.batch,
                })
            }
            #[cfg(feature = "kafka")]
            BrokerOptions::Kafka(options) => {
                let settings = options.settings.iter().map(|text| {
                    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
                    pair.ok_or_else(|| anyhow::anyhow!("--set {text:?} must be NAME=VALUE"))
                });
                let settings = settings.collect::<anyhow::Result<_>>()?;
                let (bootstrap, prefix) = (options.bootstrap, options.prefix);
                Box::new(crate::kafka::Kafka {
                    bootstrap,
                    prefix,
                    topics: options.topics,
                    group: options.group,
                    settings,
                })
            }
            #[cfg(not(feature = "kafka"))]
            BrokerOptions::Kafka { .. } => bail!(
                "this program was built without Kafka; `cargo build -p causeway-bridges --features kafka` builds one with it"
            ),
            #[cfg(feature = "redis")]
            BrokerOptions::Redis(options) => Box::new(crate::redis::Redis {
                url: options.url,
                prefix: options.prefix,
                max_length: options.max_length,
                streams: options.streams,
                channels: options.channels,
                group: options.group,
                consumer: options.consumer,
                claim_after: Duration::from_secs(options.claim_after),
            }),
        })
    }
}

/// Prints an error; the exit code that goes with it.
pub fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("causeway-bridge: {error:#}");
    ExitCode::FAILURE
}
