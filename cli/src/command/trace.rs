//! `causeway trace`: the events, messages and timers of a correlation as a tree of causes, read from the event log.

use std::collections::{BTreeMap, BTreeSet};

use causeway::{
    MessageId, StreamId,
    delivery::{CommandOutcome, CommandResult, Outcomes as _},
    log::commit::{Commit, TimerChange},
    time::timers::Timer,
};
use causeway_aws::dynamo::LogReader;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::history::{read_stream, say_unknown};
use crate::{
    application::Application,
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    error_hint::with_hint,
    outcome_text::outcome_text,
    output::{Output, end_progress, progress},
    preview::{cut, preview_beside},
    time_arg,
};

/// The options of `trace`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway trace 0193e7a0-0000-7000-8000-000000000000\n  \
                        causeway trace order/o-1001\n  \
                        causeway trace my-order-command-1 --json | jq 'select(.kind == \"event\")'\n\n\
                        There is no index of these ids: this scans the whole event log once, or twice if the id is not the \
                        correlation id itself. The scanned items and read units are printed on the standard error.")]
pub struct Trace {
    /// A correlation id, the id of an event, or of a command or message that caused one, or a stream: the correlation of
    /// its first event
    #[arg(value_name = "CORRELATION|EVENT|COMMAND|STREAM", value_parser = read_subject)]
    pub subject: Subject,
}

/// What identifies a correlation.
#[derive(Clone, Debug)]
pub enum Subject {
    /// An id of a message in it.
    Id(MessageId),
    /// The stream whose first event is in it.
    Stream(StreamId),
}

#[derive(Default)]
struct ScanCost {
    scanned: u64,
    units: f64,
}

/// Prints the tree.
pub async fn run(
    args: &Trace,
    global: &GlobalArgs,
    application: &Application,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    show(&args.subject, application, &connection, output).await.map_err(|error| with_hint(&connection, error))
}

fn read_subject(text: &str) -> Result<Subject, String> {
    match text.contains('/') {
        true => read_stream(text).map(Subject::Stream),
        false => MessageId::new(text).map(Subject::Id).map_err(|error| error.to_string()),
    }
}

async fn show(
    subject: &Subject,
    application: &Application,
    connection: &Connection,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let log = connection.log();
    let id = match subject {
        Subject::Id(id) => id,
        Subject::Stream(stream) => {
            let first = log.stream(stream, 1, 1).next().await?.and_then(|page| page.commits.into_iter().next());
            let Some(first) = first else {
                say_unknown(stream, application, connection, output).await?;
                return Ok(CommandStatus::NotFound);
            };
            &first.metadata.correlation_id.clone()
        }
    };
    let mut cost = ScanCost::default();
    let about = read(&log, id, &mut cost).await?;
    let mut correlations: BTreeSet<MessageId> =
        about.iter().map(|commit| commit.metadata.correlation_id.clone()).collect();
    let commits = if correlations.contains(id) {
        correlations = BTreeSet::from([id.clone()]);
        about
    } else {
        let mut commits = Vec::new();
        for correlation in &correlations {
            commits.extend(read(&log, correlation, &mut cost).await?);
        }
        commits
    };
    let commits: Vec<Commit> =
        commits.into_iter().filter(|commit| correlations.contains(&commit.metadata.correlation_id)).collect();
    say_cost(&cost, connection)?;
    let forest = Forest::of(nodes_of(&commits));
    let roots = if commits.is_empty() { vec![id.to_string()] } else { forest.outside.clone() };
    let outcomes = outcomes_of(connection, roots).await?;
    if commits.is_empty() && outcomes.is_empty() {
        output.say(format_args!(
            "no event in {} has the correlation, causation or event id {id}\n(a message that caused no event is not in the \
             log; the outcome of a command from outside is kept for a week)",
            connection.events_table()
        ))?;
        return Ok(CommandStatus::NotFound);
    }
    if output.is_json() {
        for node in &forest.nodes {
            output.show("", node)?;
        }
        for outcome in &outcomes {
            let mut json = serde_json::to_value(outcome)?;
            json["kind"] = "outcome".into();
            output.show("", &json)?;
        }
        return Ok(CommandStatus::Done);
    }
    // What a command has done is in the tree.
    let is_shown =
        |outcome: &&CommandOutcome| commits.is_empty() || !matches!(outcome.result, CommandResult::Done { .. });
    for outcome in outcomes.iter().filter(is_shown) {
        output.say(outcome_text(outcome))?;
    }
    if commits.is_empty() {
        return Ok(CommandStatus::Done);
    }
    for correlation in &correlations {
        output.say(format_args!("correlation {correlation}"))?;
    }
    for line in forest.lines() {
        output.say(line)?;
    }
    output
        .say("\nThis is the content of the event log. A message that caused no event is not in it, and neither is a")?;
    output.say("rejection within it: CommandRejected is only published on the bus.")?;
    Ok(CommandStatus::Done)
}

/// The outcomes of these messages, of those that are commands from outside.
async fn outcomes_of(connection: &Connection, messages: Vec<String>) -> anyhow::Result<Vec<CommandOutcome>> {
    let (store, mut outcomes) = (connection.outcomes(), Vec::new());
    for id in messages.into_iter().filter_map(|id| MessageId::new(id).ok()) {
        outcomes.extend(store.outcome(&id, Timestamp::now()).await?);
    }
    Ok(outcomes)
}

/// All commits that belong to this id.
async fn read(log: &LogReader, id: &MessageId, cost: &mut ScanCost) -> anyhow::Result<Vec<Commit>> {
    let mut commits = Vec::new();
    let mut pages = log.about(id);
    while let Some(page) = pages.next().await? {
        cost.scanned += page.looked_at;
        cost.units += page.units;
        commits.extend(page.commits);
        progress(format_args!("read {} items, {} in the trace ", cost.scanned, commits.len()))?;
    }
    Ok(commits)
}

fn say_cost(cost: &ScanCost, connection: &Connection) -> anyhow::Result<()> {
    let ScanCost { scanned, units } = cost;
    let table = connection.events_table();
    Ok(end_progress(format_args!("read {scanned} items of {table} for {units} read units"))?)
}

/// The maximum length of the preview of a body.
const PREVIEW: usize = 60;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: String,
    /// The id of its cause.
    parent: Option<MessageId>,
    kind: Kind,
    /// The name of the message; for a cancelled timer, the name of the timer.
    #[serde(rename = "type")]
    name: String,
    /// The stream of the event or timer; of a sent message, the stream that it is for.
    stream: StreamId,
    /// The version of the stream, for events.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    at: Timestamp,
    /// The due time of a timer.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<Timestamp>,
    preview: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Event,
    Send,
    Timer,
    Cancel,
}

/// The nodes of the commits, in order of time.
fn nodes_of(commits: &[Commit]) -> Vec<Node> {
    let mut nodes: Vec<Node> = commits.iter().flat_map(of_commit).collect();
    nodes.sort_by(|one, other| (one.at, &one.stream, one.version).cmp(&(other.at, &other.stream, other.version)));
    nodes
}

fn of_commit(commit: &Commit) -> Vec<Node> {
    let root = commit.id.event(0);
    let events = commit.events.iter().zip(0_u16..).map(|(event, index)| Node {
        id: commit.id.event(index).to_string(),
        parent: Some(commit.metadata.causation_id.clone()),
        kind: Kind::Event,
        name: event.name.clone(),
        stream: commit.stream.clone(),
        version: Some(commit.version + u64::from(index)),
        at: commit.at,
        due: None,
        preview: preview_beside(&event.data, commit.stream.id(), PREVIEW),
    });
    let sends = commit.sends.iter().zip(0_u16..).map(|(send, index)| Node {
        id: commit.id.send(index).to_string(),
        parent: Some(root.clone()),
        kind: Kind::Send,
        name: send.message.name.clone(),
        stream: send.to.clone(),
        version: None,
        at: commit.at,
        due: None,
        preview: preview_beside(&send.message.data, send.to.id(), PREVIEW),
    });
    let timers = commit.timers.iter().map(|change| {
        let (id, kind, name, due, preview) = match change {
            TimerChange::Set { name, due, message } => {
                let id = Timer::of(commit, name, *due, message).envelope.event_id.to_string();
                (
                    id,
                    Kind::Timer,
                    message.name.clone(),
                    Some(*due),
                    preview_beside(&message.data, commit.stream.id(), PREVIEW),
                )
            }
            TimerChange::Cancel { name } => {
                (format!("{root}/cancel/{name}"), Kind::Cancel, name.clone(), None, cut(name, PREVIEW))
            }
        };
        let (parent, stream) = (Some(root.clone()), commit.stream.clone());
        Node { id, parent, kind, name, stream, version: None, at: commit.at, due, preview }
    });
    events.chain(sends).chain(timers).collect()
}

/// The maximum depth that is drawn; the bus stops loops far earlier.
const MAX_DEPTH: usize = 200;

struct Forest {
    nodes: Vec<Node>,
    /// The indexes of the nodes that an id caused.
    children: BTreeMap<String, Vec<usize>>,
    /// The ids of causes that are not in the log.
    outside: Vec<String>,
}

impl Forest {
    fn of(nodes: Vec<Node>) -> Self {
        let mut children: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut causes: Vec<String> = Vec::new();
        for (place, node) in nodes.iter().enumerate() {
            let Some(parent) = &node.parent else { continue };
            children.entry(parent.to_string()).or_default().push(place);
            causes.push(parent.to_string());
        }
        let known: BTreeSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
        let mut outside: Vec<String> = Vec::new();
        for cause in causes {
            if !known.contains(cause.as_str()) && !outside.contains(&cause) {
                outside.push(cause);
            }
        }
        Self { nodes, children, outside }
    }

    fn lines(&self) -> Vec<String> {
        let first = self.nodes.iter().map(|node| node.at).min().unwrap_or_default();
        let mut lines = vec![format!("started {}", time_arg::show(first))];
        for cause in &self.outside {
            lines.push(format!("\n{:>10}  message {cause}, from outside", ""));
            self.draw(cause, "", first, 0, &mut lines);
        }
        lines
    }

    fn draw(&self, cause: &str, stem: &str, first: Timestamp, depth: usize, lines: &mut Vec<String>) {
        let places = self.children.get(cause).map(Vec::as_slice).unwrap_or_default();
        for (index, node) in places.iter().filter_map(|place| self.nodes.get(*place)).enumerate() {
            let is_last = index + 1 == places.len();
            let (branch, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let time = time_arg::apart(first, node.at);
            lines.push(format!("{time:>10}  {stem}{branch}{}", self.text(node)));
            if depth < MAX_DEPTH {
                self.draw(&node.id, &format!("{stem}{below}"), first, depth + 1, lines);
            }
        }
    }

    fn text(&self, node: &Node) -> String {
        let Node { name, stream, version, preview, at, .. } = node;
        match node.kind {
            Kind::Event => {
                let place = format!("{name}  {stream} v{}", version.unwrap_or_default());
                if preview.is_empty() { place } else { format!("{place}  {preview}") }
            }
            Kind::Send if self.children.contains_key(&node.id) => format!("{name} → {stream}"),
            Kind::Send => format!("{name} → {stream}  {preview} (has caused no event so far)"),
            Kind::Timer => {
                let due = node.due.unwrap_or(*at);
                format!("timer {name} at {} ({})", time_arg::show(due), time_arg::apart(*at, due))
            }
            Kind::Cancel => format!("timer {name:?} cancelled"),
        }
    }
}
