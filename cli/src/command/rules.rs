//! `causeway rules`: who listens to what, and what fires by itself.

mod table;
mod target;

use aws_sdk_eventbridge::{
    Client,
    types::{Rule, Target},
};
use clap::Args;

use crate::{
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    error_hint::sdk_error,
    nearest::nearest,
    output::Output,
    samples::{self, did_you_mean},
};
use target::Listener;

/// Which rules.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  causeway rules\n  causeway rules OrderPlaced\n  causeway rules --bus causeway --json\n  \
                        causeway rules --profile prod\n\nEnds with 3 if nobody listens."
)]
pub struct Rules {
    /// Only those that hear this message
    pub message: Option<String>,
    /// Only those of this bus [without it: all buses]
    #[arg(long, value_name = "NAME")]
    pub bus: Option<String>,
}

/// Shows them.
pub async fn run(args: &Rules, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    let client = Client::new(&connection.sdk);
    let mut listeners = Vec::new();
    for bus in buses(&client, &connection, args.bus.as_deref()).await? {
        for rule in rules(&client, &connection, &bus).await? {
            let name = rule.name().unwrap_or_default();
            let targets = targets(&client, &connection, &bus, name).await?;
            listeners.extend(target::of(&bus, &rule, &targets));
        }
    }
    let heard: Vec<&Listener> = match &args.message {
        Some(message) => listeners.iter().filter(|listener| listener.hears(message)).collect(),
        None => listeners.iter().collect(),
    };
    table::show(&heard, args.message.as_deref(), &connection.stack, output)?;
    if !heard.is_empty() {
        return Ok(CommandStatus::Done);
    }
    output.say(nobody(args, &listeners))?;
    Ok(CommandStatus::NotFound)
}

fn nobody(args: &Rules, listeners: &[Listener]) -> String {
    let bus = args.bus.as_ref().map_or("any bus".to_owned(), |bus| format!("the bus {bus}"));
    let Some(message) = &args.message else {
        return format!("there are no rules on {bus}");
    };
    let heard = listeners.iter().flat_map(Listener::messages).map(str::to_owned);
    let known: Vec<String> = heard.chain(samples::names().map(str::to_owned)).collect();
    let is_known = samples::is_known(message);
    let near = if is_known { Vec::new() } else { nearest(message, known.iter().map(String::as_str)) };
    format!("nobody listens to {message} on {bus}{}", did_you_mean(&near))
}

async fn buses(client: &Client, connection: &Connection, args: Option<&str>) -> anyhow::Result<Vec<String>> {
    if let Some(bus) = args {
        return Ok(vec![bus.to_owned()]);
    }
    let (mut names, mut token) = (Vec::new(), None);
    loop {
        let page = client.list_event_buses().set_next_token(token).send().await;
        let page = page.map_err(|error| sdk_error(connection, error))?;
        names.extend(page.event_buses().iter().filter_map(|bus| bus.name().map(str::to_owned)));
        token = page.next_token;
        if token.is_none() {
            return Ok(names);
        }
    }
}

async fn rules(client: &Client, connection: &Connection, bus: &str) -> anyhow::Result<Vec<Rule>> {
    let (mut rules, mut token) = (Vec::new(), None);
    loop {
        let page = client.list_rules().event_bus_name(bus).set_next_token(token).send().await;
        let page = page.map_err(|error| sdk_error(connection, error))?;
        rules.extend(page.rules.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(rules);
        }
    }
}

async fn targets(client: &Client, connection: &Connection, bus: &str, rule: &str) -> anyhow::Result<Vec<Target>> {
    let (mut targets, mut token) = (Vec::new(), None);
    loop {
        let page = client.list_targets_by_rule().event_bus_name(bus).rule(rule).set_next_token(token).send().await;
        let page = page.map_err(|error| sdk_error(connection, error))?;
        targets.extend(page.targets.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(targets);
        }
    }
}
