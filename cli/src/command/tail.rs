//! `causeway tail`: prints the activity of the local cloud as it happens; elsewhere the messages on the bus.

pub mod activity;
mod activity_feed;
mod subscription;

use std::{future::Future, time::Duration};

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    output::{Output, note},
    time_arg,
};
use activity::{Filter, KnownMessages, line};
use activity_feed::Feed;
use subscription::Subscription;

/// The pause between two attempts to reconnect.
const RECONNECT_INTERVAL: Duration = Duration::from_millis(300);

/// The options of `tail`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway tail\n  causeway tail --type OrderPlaced --count 1\n  \
                        causeway tail --stream order/o-1001\n  causeway tail --json | jq 'select(.kind == \"delivery\")'\n\n\
                        With a filter, this prints the messages that match, with their deliveries and invocations. It reads \
                        the activity feed of the local cloud, and reconnects when that restarts. Where there is no feed, \
                        as on AWS, it receives messages by a rule and a queue, which it creates and deletes.")]
pub struct Tail {
    /// Only messages of this name
    #[arg(long = "type", value_name = "NAME")]
    pub name: Option<String>,
    /// Only messages of this stream (order/o-1001) or context (order), and commands whose body names its id
    #[arg(long, value_name = "STREAM")]
    pub stream: Option<String>,
    /// Only messages with this correlation id
    #[arg(long, value_name = "ID")]
    pub correlation: Option<String>,
    /// Ends after this many lines
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Receives messages by a rule and a queue even where there is a feed
    #[arg(long)]
    pub by_queue: bool,
    /// The bus to subscribe to, where there is no feed
    #[arg(long, default_value = "causeway")]
    pub bus: String,
}

/// Prints activity until Ctrl-C or `--count`.
pub async fn run(args: &Tail, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    if let (Some(endpoint), false) = (&connection.endpoint, args.by_queue)
        && let Some(feed) = Feed::open(endpoint).await?
    {
        return tail_feed(feed, endpoint, printer(args, &connection, output)).await;
    }
    // Ctrl-C is caught from before the first is created until the last is deleted.
    let interrupted = tokio::spawn(tokio::signal::ctrl_c());
    tokio::task::yield_now().await;
    let interrupted = async { Ok(interrupted.await??) };
    tail_bus(&connection, &args.bus, printer(args, &connection, output), interrupted).await
}

/// Prints activity until `stopped` ends, or until the output takes no more. Where it created a rule and a queue, it has
/// deleted them then.
pub async fn follow(
    args: &Tail,
    connection: &Connection,
    output: &mut Output<'_>,
    stopped: impl Future<Output = ()>,
) -> anyhow::Result<CommandStatus> {
    if let (Some(endpoint), false) = (&connection.endpoint, args.by_queue)
        && let Some(feed) = Feed::open(endpoint).await?
    {
        return tokio::select! {
            ended = tail_feed(feed, endpoint, printer(args, connection, output)) => ended,
            () = stopped => Ok(CommandStatus::Done),
        };
    }
    let stopped = async {
        stopped.await;
        Ok(())
    };
    tail_bus(connection, &args.bus, printer(args, connection, output), stopped).await
}

fn printer<'s, 'o>(args: &Tail, connection: &Connection, output: &'s mut Output<'o>) -> Printer<'s, 'o> {
    let filter = Filter { name: args.name.clone(), stream: args.stream.clone(), correlation: args.correlation.clone() };
    let (known, left) = (KnownMessages::default(), args.count.unwrap_or(u64::MAX));
    Printer { filter, known, left, stack: connection.stack.clone(), output }
}

/// Prints the activity that the filter admits, up to a number of lines.
struct Printer<'s, 'o> {
    filter: Filter,
    known: KnownMessages,
    left: u64,
    stack: String,
    output: &'s mut Output<'o>,
}

impl Printer<'_, '_> {
    fn take(&mut self, news: &Value) -> std::io::Result<()> {
        if self.known.admits(news, &self.filter) {
            let name = news.get("eventId").and_then(Value::as_str).and_then(|id| self.known.name(id));
            self.output.show(format_args!("{}  {}", now(), line(news, name, &self.stack)), news)?;
            self.left -= 1;
        }
        Ok(())
    }
}

async fn tail_feed(mut feed: Feed, endpoint: &str, mut printer: Printer<'_, '_>) -> anyhow::Result<CommandStatus> {
    note(format!("reading the activity feed of {endpoint}; Ctrl-C ends it"))?;
    while printer.left > 0 {
        let Some(data) = feed.next().await else {
            note("the connection ended; reconnecting")?;
            feed = reconnect(endpoint).await;
            note("reconnected")?;
            continue;
        };
        printer.take(&serde_json::from_str(&data).unwrap_or(Value::String(data)))?;
    }
    Ok(CommandStatus::Done)
}

/// Deletes rule and queue however it ends, by Ctrl-C too.
async fn tail_bus(
    connection: &Connection,
    bus: &str,
    printer: Printer<'_, '_>,
    interrupted: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<CommandStatus> {
    let mut subscription = Subscription::open(connection, bus, &printer.filter).await?;
    let ended = tokio::select! {
        ended = receive(&mut subscription, bus, printer) => ended,
        interrupted = interrupted => interrupted.map(|()| CommandStatus::Done),
    };
    let closed = subscription.close().await;
    let ended = ended?;
    closed?;
    Ok(ended)
}

async fn receive(
    subscription: &mut Subscription<'_>,
    bus: &str,
    mut printer: Printer<'_, '_>,
) -> anyhow::Result<CommandStatus> {
    note(format!(
        "subscribed to the bus {bus} by the rule and queue {}; Ctrl-C ends it and deletes them",
        subscription.name
    ))?;
    while printer.left > 0 {
        let news = subscription.next().await?;
        printer.take(&news)?;
    }
    Ok(CommandStatus::Done)
}

/// Opens the feed again, without a time limit.
async fn reconnect(endpoint: &str) -> Feed {
    loop {
        tokio::time::sleep(RECONNECT_INTERVAL).await;
        if let Ok(Some(feed)) = Feed::open(endpoint).await {
            return feed;
        }
    }
}

/// The time of day in UTC, to the millisecond.
fn now() -> String {
    time_arg::show(Timestamp::now()).split_once('T').map(|(_, time)| time.to_owned()).unwrap_or_default()
}
