//! How the demo went, and what to do next.

use std::{fmt, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};

use super::{finding::Finding, story::Story, tally::Tally};
use crate::{columns::columns, up::Up};

/// How a story went.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Played {
    /// Its number.
    pub story: u8,
    /// What it was about.
    pub title: &'static str,
    /// Its orders.
    pub orders: Vec<String>,
    /// Whether it ended as it was told.
    pub as_told: bool,
    /// What was read at its end.
    pub findings: Vec<Finding>,
    /// Its numbers.
    #[serde(flatten)]
    pub tally: Tally,
    /// How many letters more than before lie in the queues.
    pub dead_letters: u64,
    /// How long it took.
    pub took_ms: u64,
}

/// How they all went.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The stories in their order.
    pub stories: Vec<Played>,
}

impl Played {
    /// How it went.
    pub(super) fn new(story: &Story, findings: Vec<Finding>, tally: Tally, dead_letters: u64, took: Duration) -> Self {
        Self {
            story: story.number,
            title: story.title,
            orders: story.orders.iter().map(|order| order.id.clone()).collect(),
            as_told: findings.iter().all(|finding| finding.holds),
            findings,
            tally,
            dead_letters,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Summary {
    /// Whether every story ended as it was told.
    pub fn is_as_told(&self) -> bool {
        self.stories.iter().all(|played| played.as_told)
    }

    /// What is missing, by story.
    pub fn missing(&self) -> String {
        let missing = self.stories.iter().filter(|played| !played.as_told).map(|played| {
            let missing = played.findings.iter().filter(|finding| !finding.holds);
            let missing: Vec<&str> = missing.map(|finding| finding.found.as_str()).collect();
            format!("story {} did not end as told: {}", played.story, missing.join("; "))
        });
        missing.collect::<Vec<_>>().join("\n")
    }

    /// The same for machines.
    pub fn to_json(&self) -> Value {
        json!({ "kind": "summary", "asTold": self.is_as_told(), "stories": self.stories })
    }

    /// What to do next, when the cloud was started like this.
    pub fn next(&self, args: &Up) -> String {
        let cancelled = self.stories.iter().find(|played| played.story == 3).and_then(|played| played.orders.first());
        let cancelled = cancelled.filter(|_| !args.memory);
        let (kept, mine) = match args.memory {
            true => {
                ("The demo ends here, and nothing of it is kept (--memory). What to do next:", "order/my-1".to_owned())
            }
            false => (
                "The demo ends here; what it did is kept, and `causeway up` goes on with it. What to do next:",
                cancelled.map_or("order/my-1".to_owned(), |order| format!("order/{order}")),
            ),
        };
        let mut rows = vec![
            [up_again(args), "stays up, and prints lines for the AWS CLI; then, in another terminal:".to_owned()],
            ["causeway tail".to_owned(), "everything that happens, while it happens".to_owned()],
            ["causeway put PlaceOrder --set orderId=my-1".to_owned(), "an order of your own, for two mugs".to_owned()],
            [format!("causeway history {mine}"), "what its stream holds".to_owned()],
            [format!("causeway trace {mine}"), "all that followed from it, as a tree of causes".to_owned()],
            ["causeway dlq ls".to_owned(), "the dead letters, if there are any".to_owned()],
        ];
        rows.iter_mut().for_each(|[line, _]| line.insert_str(0, "  "));
        let lines = columns(["", ""], &rows);
        format!("{kept}\n{lines}\n\nFrom the repository, `cargo run --` stands for `causeway`.")
    }
}

/// The command that starts the same cloud without the demo.
fn up_again(args: &Up) -> String {
    let mut line = "causeway up".to_owned();
    if !args.memory && args.data.as_os_str() != ".causeway" {
        line.push_str(&format!(" --data {}", args.data.display()));
    }
    line
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headings = ["  STORY", "OUTCOME", "EVENTS", "INVOKES", "FAULTS", "RETRIES", "DEAD LETTERS", "TIME"];
        let rows: Vec<[String; 8]> = self.stories.iter().map(row).collect();
        write!(formatter, "{}", columns(headings, &rows))?;
        let missed: u64 = self.stories.iter().map(|played| played.tally.missed).sum();
        if missed > 0 {
            write!(formatter, "\n\n  {missed} things happened too fast to be counted; what was read back is whole")?;
        }
        Ok(())
    }
}

fn row(played: &Played) -> [String; 8] {
    let Tally { events, invokes, faults, retries, .. } = &played.tally;
    let outcome = if played.as_told { "as told" } else { "NOT AS TOLD" };
    [
        format!("  {}: {}", played.story, played.title),
        outcome.to_owned(),
        events.to_string(),
        invokes.to_string(),
        faults.to_string(),
        retries.to_string(),
        played.dead_letters.to_string(),
        format!("{} ms", played.took_ms),
    ]
}
