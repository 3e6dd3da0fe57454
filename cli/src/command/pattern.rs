//! `causeway pattern`: whether an event pattern matches an event, and why not.

use std::{io::Read, path::Path};

use anyhow::Context;
use aws_sdk_eventbridge::Client;
use causeway_local::pattern::{Event, Explanation, FieldResult, Verdict, explain};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{command_status::CommandStatus, connection::GlobalArgs, error_hint::sdk_error, output::Output, samples};

/// The options of `pattern`.
#[derive(Args, Clone, Debug)]
pub struct Pattern {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with a pattern.
#[derive(Subcommand, Clone, Debug)]
pub enum Action {
    /// Prints whether the pattern matches; the exit code is 4 if it does not.
    #[command(after_help = "Examples:\n  causeway pattern test '{\"detail-type\": [\"PlaceOrder\"]}' PlaceOrder\n  \
                            causeway pattern test rule.json event.json && echo yes\n  \
                            causeway pattern test rule.json OrderPlaced.v1 --service --profile prod")]
    Test {
        /// Pattern and event.
        #[command(flatten)]
        pair: Pair,
        /// Calls TestEventPattern at the endpoint; without it no service is called
        #[arg(long)]
        service: bool,
    },
    /// Prints for each condition what it expects and what the event has; the exit code is 4 if the pattern does not match.
    #[command(after_help = "Examples:\n  \
                            causeway pattern explain '{\"detail\": {\"data\": {\"total\": [{\"numeric\": [\">\", 9]}]}}}' \
                            OrderPlaced\n  causeway pattern explain rule.json - < event.json\n  \
                            causeway pattern explain rule.json event.json --json")]
    Explain {
        /// Pattern and event.
        #[command(flatten)]
        pair: Pair,
    },
}

/// A pattern and an event.
#[derive(Args, Clone, Debug)]
pub struct Pair {
    /// The event pattern: JSON, a file, or - for the standard input
    pub pattern: String,
    /// The event: JSON, a file, -, or the name of a message of the catalogue; of a list of
    /// entries, as in `events/`, the first
    pub event: String,
}

/// Runs the command.
pub async fn run(args: &Pattern, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    match &args.action {
        Action::Test { pair, service: false } => {
            let (pattern, event) = pair.read()?;
            verdict(parse(&pattern)?.matches(&parse_event(&event)?), output)
        }
        Action::Test { pair, service: true } => {
            let (pattern, event) = pair.read()?;
            let connection = global.connect().await?;
            let call = Client::new(&connection.sdk).test_event_pattern().event_pattern(pattern).event(event);
            let answer = call.send().await.map_err(|error| sdk_error(&connection, error))?;
            verdict(answer.result(), output)
        }
        Action::Explain { pair } => {
            let (pattern, event) = pair.read()?;
            let explanation = explain(&parse(&pattern)?, &parse_event(&event)?);
            output.show(explanation_text(&explanation), &explanation_json(&explanation))?;
            Ok(if explanation.matches { CommandStatus::Done } else { CommandStatus::Rejected })
        }
    }
}

fn verdict(matches: bool, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    output.show(if matches { "matches" } else { "does not match" }, &json!({ "matches": matches }))?;
    Ok(if matches { CommandStatus::Done } else { CommandStatus::Rejected })
}

impl Pair {
    fn read(&self) -> anyhow::Result<(String, String)> {
        if self.pattern == "-" && self.event == "-" {
            anyhow::bail!("only one of the two can be read from the standard input");
        }
        let pattern = text(&self.pattern).context("the pattern")?;
        let event = match samples::find(&self.event) {
            Ok(sample) if !Path::new(&self.event).is_file() => {
                event_of(sample.text).context("the sample has no entry")?
            }
            Err(unknown) if is_a_name(&self.event) => return Err(unknown).context("the event"),
            _ => {
                let text = text(&self.event).context("the event")?;
                event_of(&text).unwrap_or(text)
            }
        };
        Ok((pattern, event))
    }
}

/// Whether it looks like the name of a message.
fn is_a_name(given: &str) -> bool {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '.';
    given.chars().all(is_word) && !given.ends_with(".json") && !Path::new(given).is_file()
}

fn text(given: &str) -> anyhow::Result<String> {
    if given == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("the standard input is not UTF-8")?;
        return Ok(text);
    }
    if given.trim_start().starts_with(['{', '[', '"']) {
        return Ok(given.to_owned());
    }
    std::fs::read_to_string(given).with_context(|| format!("{given:?} is neither JSON nor a file that can be read"))
}

/// The event that the bus delivers for the first entry of a sample; none if the text is no list of entries.
fn event_of(sample: &str) -> Option<String> {
    let entries: Vec<Value> = serde_json::from_str(sample).ok()?;
    let entry = entries.first()?;
    let detail: Value = serde_json::from_str(entry.get("Detail")?.as_str()?).ok()?;
    let event = json!({
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": "000000000000",
        "time": "2026-11-21T10:30:00Z",
        "region": "us-east-1",
        "resources": entry.get("Resources").cloned().unwrap_or_else(|| json!([])),
        "detail": detail,
    });
    Some(event.to_string())
}

fn parse(text: &str) -> anyhow::Result<causeway_local::pattern::Pattern> {
    causeway_local::pattern::Pattern::parse(text).context("the pattern is not valid")
}

fn parse_event(text: &str) -> anyhow::Result<Event> {
    Event::parse(text).context("the event is not valid")
}

fn explanation_text(explanation: &Explanation) -> String {
    let mut lines = vec![if explanation.matches { "matches" } else { "does not match" }.to_owned()];
    for (number, alternative) in (1..).zip(&explanation.alternatives) {
        if explanation.alternatives.len() > 1 {
            let sign = if alternative.matches { "matches" } else { "does not match" };
            lines.push(format!("alternative {number} of $or {sign}:"));
        }
        lines.extend(alternative.fields.iter().map(line));
    }
    lines.join("\n")
}

fn line(part: &FieldResult) -> String {
    let sign = if part.verdict == Verdict::Satisfied { "✓" } else { "✗" };
    format!("  {sign} {part}")
}

fn explanation_json(explanation: &Explanation) -> Value {
    let parts = |parts: &[FieldResult]| -> Vec<Value> { parts.iter().map(field_json).collect() };
    let alternatives = explanation.alternatives.iter();
    let alternatives: Vec<Value> =
        alternatives.map(|one| json!({ "matches": one.matches, "conditions": parts(&one.fields) })).collect();
    json!({ "matches": explanation.matches, "alternatives": alternatives })
}

fn field_json(part: &FieldResult) -> Value {
    // Both are JSON as the pattern and the event spell it.
    let values = |texts: &[String]| -> Vec<Value> {
        texts.iter().map(|text| serde_json::from_str(text).unwrap_or_else(|_| json!(text))).collect()
    };
    json!({
        "path": part.path,
        "expected": values(&part.expected),
        "found": values(&part.actual),
        "holds": part.verdict == Verdict::Satisfied,
        "verdict": part.verdict.to_string(),
    })
}
