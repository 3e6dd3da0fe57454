//! The summary of the demo, and which commands to try next.

use std::{fmt, time::Duration};

use causeway_cli::{output::columns, up::Up};
use serde::Serialize;
use serde_json::{Value, json};

use super::{activity::Tally, reader::Finding, scenarios::Scenario};

/// A scenario that was run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Played {
    /// The number of the scenario.
    #[serde(rename = "scenario")]
    pub scenario: u8,
    /// The title of the scenario.
    pub title: &'static str,
    /// The ids of its orders.
    pub orders: Vec<String>,
    /// Whether all checks hold.
    #[serde(rename = "asExpected")]
    pub as_expected: bool,
    /// The checks.
    pub findings: Vec<Finding>,
    /// The counts of the feed.
    #[serde(flatten)]
    pub tally: Tally,
    /// The number of dead letters that were added to the queues.
    pub dead_letters: u64,
    /// The duration in milliseconds.
    pub took_ms: u64,
}

/// The summary of all scenarios.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The scenarios in their order.
    #[serde(rename = "scenarios")]
    pub scenarios: Vec<Played>,
}

impl Played {
    pub(super) fn new(
        scenario: &Scenario,
        findings: Vec<Finding>,
        tally: Tally,
        dead_letters: u64,
        took: Duration,
    ) -> Self {
        Self {
            scenario: scenario.number,
            title: scenario.title,
            orders: scenario.orders.iter().map(|order| order.id.clone()).collect(),
            as_expected: findings.iter().all(|finding| finding.holds),
            findings,
            tally,
            dead_letters,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Summary {
    /// Whether every check of every scenario holds.
    pub fn is_as_expected(&self) -> bool {
        self.scenarios.iter().all(|played| played.as_expected)
    }

    /// The checks that do not hold, by scenario.
    pub fn missing(&self) -> String {
        let missing = self.scenarios.iter().filter(|played| !played.as_expected).map(|played| {
            let missing = played.findings.iter().filter(|finding| !finding.holds);
            let missing: Vec<&str> = missing.map(|finding| finding.found.as_str()).collect();
            format!("scenario {} did not end as expected: {}", played.scenario, missing.join("; "))
        });
        missing.collect::<Vec<_>>().join("\n")
    }

    /// The summary as JSON.
    pub fn to_json(&self) -> Value {
        json!({ "kind": "summary", "asExpected": self.is_as_expected(), "scenarios": self.scenarios })
    }

    /// The commands to try next, after `causeway up --demo` with these options.
    pub fn next(&self, args: &Up) -> String {
        let cancelled = self.scenarios.iter().find(|played| played.scenario == 3);
        let cancelled = cancelled.and_then(|played| played.orders.first()).filter(|_| !args.memory);
        let stream = cancelled.map_or("order/my-1".to_owned(), |order| format!("order/{order}"));
        let kept = match args.memory {
            true => "The demo ends here, and its data is gone (--memory). What to do next:",
            false => "The demo ends here; its data is kept, and `causeway up` continues with it. What to do next:",
        };
        let mut up = "causeway up".to_owned();
        if !args.memory && args.data.as_os_str() != ".causeway" {
            up.push_str(&format!(" --data {}", args.data.display()));
        }
        let mut rows = vec![
            [up, "runs until Ctrl-C, and prints commands for the AWS CLI; then, in another terminal:".to_owned()],
            ["causeway tail".to_owned(), "everything that happens, while it happens".to_owned()],
            ["causeway put PlaceOrder --set orderId=my-1".to_owned(), "an order of your own, for two mugs".to_owned()],
            [format!("causeway history {stream}"), "the events of its stream".to_owned()],
            [format!("causeway trace {stream}"), "all events that it caused, as a tree".to_owned()],
            ["causeway dlq ls".to_owned(), "the dead letters, if there are any".to_owned()],
        ];
        rows.iter_mut().for_each(|[line, _]| line.insert_str(0, "  "));
        let lines = columns(["", ""], &rows);
        format!("{kept}\n{lines}\n\nFrom the repository, `cargo run --` stands for `causeway`.")
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headings = ["  SCENARIO", "OUTCOME", "EVENTS", "INVOKES", "FAULTS", "RETRIES", "DEAD LETTERS", "TIME"];
        let row = |played: &Played| {
            let Tally { events, invokes, faults, retries, .. } = &played.tally;
            let outcome = if played.as_expected { "as expected" } else { "NOT AS EXPECTED" };
            let scenario = format!("  {}: {}", played.scenario, played.title);
            let [events, invokes, faults, retries, dead_letters] =
                [events, invokes, faults, retries, &played.dead_letters].map(u64::to_string);
            let time = format!("{} ms", played.took_ms);
            [scenario, outcome.to_owned(), events, invokes, faults, retries, dead_letters, time]
        };
        let rows: Vec<[String; 8]> = self.scenarios.iter().map(row).collect();
        write!(formatter, "{}", columns(headings, &rows))?;
        let missed: u64 = self.scenarios.iter().map(|played| played.tally.missed).sum();
        if missed > 0 {
            write!(formatter, "\n\n  {missed} activity events were dropped and not counted; the checks are complete")?;
        }
        Ok(())
    }
}
