//! A broker with everything around a bridge: its arguments, a partner who sends, and readers of what goes out and is parked.

use std::time::Duration;

use causeway_bridges::{broker::Broker, kafka::Kafka, rabbitmq::RabbitMq, redis::Redis};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
};
use uuid::Uuid;

use crate::{proxy::Proxy, servers::Server};

pub(crate) struct Rig {
    /// The arguments of the bridge. It reads what it sends, too.
    pub(crate) arguments: Vec<String>,
    /// The broker as the partner uses it.
    pub(crate) partner: Box<dyn Broker>,
    /// Reads what goes out.
    pub(crate) reader: Box<dyn Broker>,
    /// Reads what is parked.
    pub(crate) parked: Box<dyn Broker>,
    pub(crate) fault: Fault,
}

/// How the broker fails.
pub(crate) enum Fault {
    /// It is killed and started again.
    Restart(Server),
    /// Its connections are cut.
    Cut(Proxy, #[expect(dead_code, reason = "the server runs as long as this lives")] Server),
    /// A broker that was given is not touched.
    None,
}

impl Fault {
    pub(crate) async fn happen(&mut self) {
        match self {
            Self::Restart(server) => {
                server.kill();
                server.start();
            }
            Self::Cut(proxy, _) => proxy.cut().await,
            Self::None => {}
        }
    }
}

fn given(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

fn skipped(broker: &str, variable: &str) -> Option<Rig> {
    println!(
        "skipped: there is no {broker} here; `cargo xtask test --only brokers` finds or installs one, or set {variable}"
    );
    None
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

/// A name that no other test has, so that a broker that was given can be used again.
fn unique() -> String {
    Uuid::new_v4().simple().to_string()
}

pub(crate) fn redis() -> Option<Rig> {
    let (url, fault) = match given("REDIS_URL") {
        Some(url) => (url, Fault::None),
        None => {
            let Some(server) = Server::redis() else { return skipped("redis-server", "REDIS_URL") };
            (format!("redis://127.0.0.1:{}", server.port()), Fault::Restart(server))
        }
    };
    let (into, out) = (format!("in{}", unique()), format!("out{}", unique()));
    let redis = |prefix: &str, streams: Vec<String>| -> Box<dyn Broker> {
        Box::new(Redis {
            url: url.clone(),
            prefix: prefix.to_owned(),
            max_length: 1_000_000,
            streams,
            channels: Vec::new(),
            group: "tests".to_owned(),
            consumer: "reader".to_owned(),
            claim_after: Duration::from_secs(60),
        })
    };
    let (stream_in, stream_out) = (format!("{into}.probe"), format!("{out}.probe"));
    Some(Rig {
        arguments: texts(["redis", "--url", &url, "--prefix", &out, "--stream", &stream_in, "--stream", &stream_out]),
        partner: redis(&into, Vec::new()),
        reader: redis("", vec![stream_out]),
        parked: redis("", vec![format!("{stream_in}.parked")]),
        fault,
    })
}

/// A Redis whose channels are used, and not its streams.
pub(crate) fn redis_channels() -> Option<Rig> {
    let mut rig = redis()?;
    let [_, _, url, _, out, ..] = rig.arguments.as_slice() else { return None };
    let (url, out, into) = (url.clone(), out.clone(), unique());
    let redis = |prefix: &str, channels: Vec<String>| -> Box<dyn Broker> {
        Box::new(Redis {
            url: url.clone(),
            prefix: prefix.to_owned(),
            max_length: 1000,
            streams: Vec::new(),
            channels,
            group: String::new(),
            consumer: String::new(),
            claim_after: Duration::ZERO,
        })
    };
    rig.partner = redis(&into, Vec::new());
    rig.reader = redis("", vec![format!("{out}.*")]);
    rig.arguments = texts(["redis", "--url", &url, "--prefix", &out, "--channel", &format!("{into}.*")]);
    Some(rig)
}

pub(crate) async fn rabbitmq() -> Option<Rig> {
    let (url, fault) = match given("AMQP_URL") {
        Some(url) => (url, Fault::None),
        None => {
            let Some(server) = Server::rabbitmq() else { return skipped("rabbitmq-server", "AMQP_URL") };
            (format!("amqp://127.0.0.1:{}/%2f", server.port()), Fault::Restart(server))
        }
    };
    let (into, out, partner) = (format!("in{}", unique()), format!("out{}", unique()), format!("partner{}", unique()));
    let rabbit = |exchange: &str, queue: &str, bind: &[&str]| -> Box<dyn Broker> {
        Box::new(RabbitMq {
            url: url.clone(),
            exchange: exchange.to_owned(),
            queue: queue.to_owned(),
            bind: bind.iter().map(|exchange| ((*exchange).to_owned(), "#".to_owned())).collect(),
            prefetch: 100,
        })
    };
    let binds = [format!("{partner}/#"), format!("{out}/#")];
    // The queues exist before anybody sends: an exchange keeps nothing for a queue that comes later.
    drop(rabbit("", &into, &[&partner, &out]).source().await.unwrap());
    Some(Rig {
        arguments: texts([
            "rabbitmq",
            "--url",
            &url,
            "--exchange",
            &out,
            "--queue",
            &into,
            "--bind",
            &binds[0],
            "--bind",
            &binds[1],
        ]),
        reader: rabbit("", &format!("reader-{out}"), &[&out]),
        parked: rabbit("", &format!("{into}.parked"), &[]),
        partner: rabbit(&partner, "", &[]),
        fault,
    })
}

pub(crate) async fn kafka() -> Option<Rig> {
    let (bootstrap, fault) = match given("KAFKA_BOOTSTRAP") {
        Some(bootstrap) => (bootstrap, Fault::None),
        None => {
            let (proxy, serve) = Proxy::start().await;
            let Some(server) = Server::kafka(proxy.port) else {
                return skipped("server of the Kafka protocol", "KAFKA_BOOTSTRAP");
            };
            serve(server.port());
            (format!("127.0.0.1:{}", proxy.port), Fault::Cut(proxy, server))
        }
    };
    let (into, out) = (format!("in{}", unique()), format!("out{}", unique()));
    let (topic_in, topic_out) = (format!("{into}.probe"), format!("{out}.probe"));
    let parked = format!("{topic_in}.parked");
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", &bootstrap).create().unwrap();
    let topics = [&topic_in, &topic_out, &parked].map(|topic| NewTopic::new(topic, 3, TopicReplication::Fixed(1)));
    admin.create_topics(&topics, &AdminOptions::new()).await.unwrap();
    let kafka = |prefix: &str, topics: Vec<String>| -> Box<dyn Broker> {
        Box::new(Kafka {
            bootstrap: bootstrap.clone(),
            prefix: prefix.to_owned(),
            topics,
            group: format!("tests-{out}"),
            settings: Vec::new(),
        })
    };
    Some(Rig {
        arguments: texts([
            "kafka",
            "--bootstrap",
            &bootstrap,
            "--prefix",
            &out,
            "--topic",
            &topic_in,
            "--topic",
            &topic_out,
            "--group",
            &into,
            // A bridge that was killed keeps its partitions for so long.
            "--set",
            "session.timeout.ms=3000",
        ]),
        reader: kafka("", vec![topic_out]),
        parked: kafka("", vec![parked]),
        partner: kafka(&into, Vec::new()),
        fault,
    })
}
