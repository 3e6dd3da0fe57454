//! `causeway tail`: everything that happens in the local cloud, while it happens; elsewhere what is said on the bus.

mod activity_feed;
mod filter;
mod line;
mod subscription;

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    output::{Output, note},
    time_arg,
};
use activity_feed::Feed;
use filter::{Filter, Memory};
use subscription::Subscription;

/// How long it waits before it looks again for a cloud that has gone.
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);

/// What is shown.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway tail\n  causeway tail --type OrderPlaced --count 1\n  \
                        causeway tail --stream order/o-1001\n  causeway tail --json | jq 'select(.kind == \"delivery\")'\n\n\
                        With a filter, the messages that fit are shown and what became of them. The local cloud tells it \
                        by its feed, and when that is started anew, this waits. Where there is no feed, as on AWS, \
                        messages are heard by a rule and a queue of its own, which go when this ends.")]
pub struct Tail {
    /// Only messages of this name
    #[arg(long = "type", value_name = "NAME")]
    pub name: Option<String>,
    /// Only messages of this stream (order/o-1001) or context (order), and commands whose body names its id
    #[arg(long, value_name = "STREAM")]
    pub stream: Option<String>,
    /// Only messages of this story
    #[arg(long, value_name = "ID")]
    pub correlation: Option<String>,
    /// Ends after so many things
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Hears messages by a rule and a queue even where there is a feed
    #[arg(long)]
    pub by_queue: bool,
    /// The bus that is heard, where there is no feed
    #[arg(long, default_value = "causeway")]
    pub bus: String,
}

/// Shows it until Ctrl-C, or as many as wanted.
pub async fn run(args: &Tail, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    let filter = Filter { name: args.name.clone(), stream: args.stream.clone(), correlation: args.correlation.clone() };
    let (memory, left) = (Memory::default(), args.count.unwrap_or(u64::MAX));
    let show = Show { filter, memory, left, stack: connection.stack.clone(), output };
    if let (Some(endpoint), false) = (&connection.endpoint, args.by_queue)
        && let Some(feed) = Feed::open(endpoint).await?
    {
        return of_the_feed(feed, endpoint, show).await;
    }
    of_the_bus(&connection, &args.bus, show).await
}

/// What is shown, and how much of it is left to be shown.
struct Show<'s, 'o> {
    filter: Filter,
    memory: Memory,
    left: u64,
    stack: String,
    output: &'s mut Output<'o>,
}

impl Show<'_, '_> {
    fn take(&mut self, news: &Value) -> std::io::Result<()> {
        if self.memory.admits(news, &self.filter) {
            let name = news.get("eventId").and_then(Value::as_str).and_then(|id| self.memory.name(id));
            self.output.show(format_args!("{}  {}", now(), line::line(news, name, &self.stack)), news)?;
            self.left -= 1;
        }
        Ok(())
    }
}

async fn of_the_feed(mut feed: Feed, endpoint: &str, mut show: Show<'_, '_>) -> anyhow::Result<CommandStatus> {
    note(&format!("reading the feed of {endpoint}; Ctrl-C ends it"))?;
    while show.left > 0 {
        let Some(data) = feed.next().await else {
            note("the cloud has gone; waiting until it is back")?;
            feed = reopened(endpoint).await;
            note("the cloud is back")?;
            continue;
        };
        show.take(&serde_json::from_str(&data).unwrap_or(Value::String(data)))?;
    }
    Ok(CommandStatus::Done)
}

/// However the listening ends, by Ctrl-C too, its rule and queue go.
async fn of_the_bus(connection: &Connection, bus: &str, show: Show<'_, '_>) -> anyhow::Result<CommandStatus> {
    // Heard from before the first of them is made until the last has gone.
    let interrupted = tokio::spawn(tokio::signal::ctrl_c());
    tokio::task::yield_now().await;
    let mut subscription = Subscription::open(connection, bus, &show.filter).await?;
    let ended = tokio::select! {
        ended = listened(&mut subscription, bus, show) => ended,
        interrupted = interrupted => interrupted.map_err(anyhow::Error::from).and_then(|said| Ok(said.map(|()| CommandStatus::Done)?)),
    };
    let closed = subscription.close().await;
    let ended = ended?;
    closed?;
    Ok(ended)
}

async fn listened(
    subscription: &mut Subscription<'_>,
    bus: &str,
    mut show: Show<'_, '_>,
) -> anyhow::Result<CommandStatus> {
    note(&format!(
        "listening to the bus {bus} by rule and queue {}; Ctrl-C ends it and takes them down",
        subscription.name
    ))?;
    while show.left > 0 {
        let news = subscription.next().await?;
        show.take(&news)?;
    }
    Ok(CommandStatus::Done)
}

/// The feed of a cloud that is there again, however long that takes.
async fn reopened(endpoint: &str) -> Feed {
    loop {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        if let Ok(Some(feed)) = Feed::open(endpoint).await {
            return feed;
        }
    }
}

/// The time of day in UTC, to the millisecond.
fn now() -> String {
    time_arg::show(Timestamp::now()).split_once('T').map(|(_, time)| time.to_owned()).unwrap_or_default()
}
