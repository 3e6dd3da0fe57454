//! `causeway tail`: everything that happens in the local cloud, while it happens; elsewhere what is said on the bus.

mod feed;
mod line;
mod post;
mod wanted;

use std::{io::Write, time::Duration};

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    ended::Ended,
    moment,
    place::{Place, Reach},
    screen::Screen,
};
use feed::Feed;
use post::Post;
use wanted::{Memory, Wanted};

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
pub async fn run(wanted: &Tail, place: &Place, screen: &mut Screen<'_>) -> anyhow::Result<Ended> {
    let reach = place.reach().await?;
    let filter =
        Wanted { name: wanted.name.clone(), stream: wanted.stream.clone(), correlation: wanted.correlation.clone() };
    let (memory, left) = (Memory::default(), wanted.count.unwrap_or(u64::MAX));
    let show = Show { filter, memory, left, stack: reach.stack.clone(), screen };
    if let (Some(endpoint), false) = (&reach.endpoint, wanted.by_queue)
        && let Some(feed) = Feed::open(endpoint).await?
    {
        return of_the_feed(feed, endpoint, show).await;
    }
    of_the_bus(&reach, &wanted.bus, show).await
}

/// What is shown, and how much of it is left to be shown.
struct Show<'s, 'o> {
    filter: Wanted,
    memory: Memory,
    left: u64,
    stack: String,
    screen: &'s mut Screen<'o>,
}

impl Show<'_, '_> {
    fn take(&mut self, news: &Value) -> std::io::Result<()> {
        if self.memory.admits(news, &self.filter) {
            let name = news.get("eventId").and_then(Value::as_str).and_then(|id| self.memory.name(id));
            self.screen.show(format_args!("{}  {}", now(), line::line(news, name, &self.stack)), news)?;
            self.left -= 1;
        }
        Ok(())
    }
}

async fn of_the_feed(mut feed: Feed, endpoint: &str, mut show: Show<'_, '_>) -> anyhow::Result<Ended> {
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
    Ok(Ended::Done)
}

/// However the listening ends, by Ctrl-C too, its rule and queue go.
async fn of_the_bus(reach: &Reach, bus: &str, show: Show<'_, '_>) -> anyhow::Result<Ended> {
    // Heard from before the first of them is made until the last has gone.
    let interrupted = tokio::spawn(tokio::signal::ctrl_c());
    tokio::task::yield_now().await;
    let mut post = Post::open(reach, bus, &show.filter).await?;
    let ended = tokio::select! {
        ended = listened(&mut post, bus, show) => ended,
        interrupted = interrupted => interrupted.map_err(anyhow::Error::from).and_then(|said| Ok(said.map(|()| Ended::Done)?)),
    };
    let closed = post.close().await;
    let ended = ended?;
    closed?;
    Ok(ended)
}

async fn listened(post: &mut Post<'_>, bus: &str, mut show: Show<'_, '_>) -> anyhow::Result<Ended> {
    note(&format!("listening to the bus {bus} by rule and queue {}; Ctrl-C ends it and takes them down", post.name))?;
    while show.left > 0 {
        let news = post.next().await?;
        show.take(&news)?;
    }
    Ok(Ended::Done)
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
    moment::show(Timestamp::now()).split_once('T').map(|(_, time)| time.to_owned()).unwrap_or_default()
}

/// Says something to the person beside the output.
fn note(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "{}", crate::screen::printable(text))
}
