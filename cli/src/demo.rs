//! The demo: three stories of the business, played through the port as somebody with an SDK would do it. What happens is
//! shown from the feed, and what is believed is read from the views, the log and the mailbox.

mod begin;
mod cancelled;
mod confirmed;
mod finding;
mod happened;
mod last_unit;
mod letters;
mod mailbox;
mod patience;
mod put;
mod reader;
mod seen;
mod show;
mod story;
mod summary;
mod tally;
mod watch;
mod words;

pub use finding::Finding;
pub use patience::Patience;
pub use show::Show;
pub use summary::{Played, Summary};
pub use tally::Tally;

use anyhow::bail;
use uuid::Uuid;

use crate::{output::Output, up::Running};

/// Plays all stories, one after the other. A story that does not end as told says so in the summary.
pub async fn play(running: &Running, patience: &Patience, show: &mut Show<'_>) -> anyhow::Result<Summary> {
    let run = new_run();
    let mut stories = Vec::new();
    for story in [confirmed::story(&run), cancelled::story(&run), last_unit::story(&run)] {
        stories.push(watch::play(running, &run, &story, patience, show).await?);
    }
    Ok(Summary { stories })
}

/// Plays the first story and shows nothing. The answer is the order, which is confirmed.
pub async fn confirm_an_order(running: &Running) -> anyhow::Result<String> {
    let run = new_run();
    let (mut nowhere, story) = (std::io::sink(), confirmed::story(&run));
    let mut show = Show::new(Output::new(false, &mut nowhere));
    let played = watch::play(running, &run, &story, &Patience::with(running), &mut show).await?;
    let summary = Summary { stories: vec![played] };
    if !summary.is_as_told() {
        bail!(summary.missing());
    }
    Ok(story.tag)
}

/// What the names of one run have in common.
fn new_run() -> String {
    let mut run = Uuid::new_v4().simple().to_string();
    run.truncate(8);
    run
}
