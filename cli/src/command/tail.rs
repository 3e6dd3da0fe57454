//! `causeway tail`: everything that happens in the local cloud, while it happens.

mod feed;
mod line;
mod wanted;

use std::io::Write;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use crate::ended::Ended;
use crate::moment;
use crate::place::Place;
use crate::screen::Screen;
use feed::Feed;
use feed::no_feed;
use wanted::Memory;
use wanted::Wanted;

/// How long it waits before it looks again for a cloud that has gone.
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);

/// What is shown.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway tail\n  causeway tail --type OrderPlaced --count 1\n  \
                        causeway tail --stream order/o-1001\n  causeway tail --json | jq 'select(.kind == \"delivery\")'\n\n\
                        With a filter, the messages that fit are shown and what became of them. It needs the feed of the \
                        local cloud, and waits for it when that is started anew.")]
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
}

/// Shows it until Ctrl-C, or as many as wanted.
pub async fn run(wanted: &Tail, place: &Place, screen: &mut Screen<'_>) -> anyhow::Result<Ended> {
    let reach = place.reach().await?;
    let Some(endpoint) = reach.endpoint.clone() else {
        return Err(no_feed("AWS"));
    };
    let filter =
        Wanted { name: wanted.name.clone(), stream: wanted.stream.clone(), correlation: wanted.correlation.clone() };
    let mut memory = Memory::default();
    let mut feed = Feed::open(&endpoint).await?;
    note(&format!("reading the feed of {endpoint}; Ctrl-C ends it"))?;
    let mut left = wanted.count.unwrap_or(u64::MAX);
    while left > 0 {
        let Some(data) = feed.next().await else {
            note("the cloud has gone; waiting until it is back")?;
            feed = reopened(&endpoint).await;
            note("the cloud is back")?;
            continue;
        };
        let news: Value = serde_json::from_str(&data).unwrap_or(Value::String(data));
        if memory.admits(&news, &filter) {
            let name = news.get("eventId").and_then(Value::as_str).and_then(|id| memory.name(id));
            screen.show(format_args!("{}  {}", now(), line::line(&news, name, &reach.stack)), &news)?;
            left -= 1;
        }
    }
    Ok(Ended::Done)
}

/// The feed of a cloud that is there again, however long that takes.
async fn reopened(endpoint: &str) -> Feed {
    loop {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        if let Ok(feed) = Feed::open(endpoint).await {
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
    writeln!(std::io::stderr(), "{text}")
}
