//! `causeway rules`: who listens to what, and what fires by itself.

mod listener;
mod table;

use aws_sdk_eventbridge::{
    Client,
    types::{Rule, Target},
};
use clap::Args;

use crate::{
    ended::Ended,
    nearest::nearest,
    place::{Place, Reach},
    samples::{self, did_you_mean},
    screen::Screen,
    trouble::trouble,
};
use listener::Listener;

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
pub async fn run(wanted: &Rules, place: &Place, screen: &mut Screen<'_>) -> anyhow::Result<Ended> {
    let reach = place.reach().await?;
    let client = Client::new(&reach.sdk);
    let mut listeners = Vec::new();
    for bus in buses(&client, &reach, wanted.bus.as_deref()).await? {
        for rule in rules(&client, &reach, &bus).await? {
            let name = rule.name().unwrap_or_default();
            let targets = targets(&client, &reach, &bus, name).await?;
            listeners.extend(listener::of(&bus, &rule, &targets));
        }
    }
    let heard: Vec<&Listener> = match &wanted.message {
        Some(message) => listeners.iter().filter(|listener| listener.hears(message)).collect(),
        None => listeners.iter().collect(),
    };
    table::show(&heard, wanted.message.as_deref(), &reach.stack, screen)?;
    if !heard.is_empty() {
        return Ok(Ended::Done);
    }
    screen.say(nobody(wanted, &listeners))?;
    Ok(Ended::Missing)
}

fn nobody(wanted: &Rules, listeners: &[Listener]) -> String {
    let bus = wanted.bus.as_ref().map_or("any bus".to_owned(), |bus| format!("the bus {bus}"));
    let Some(message) = &wanted.message else {
        return format!("there are no rules on {bus}");
    };
    let heard = listeners.iter().flat_map(Listener::messages).map(str::to_owned);
    let known: Vec<String> = heard.chain(samples::names().map(str::to_owned)).collect();
    let is_known = samples::is_known(message);
    let near = if is_known { Vec::new() } else { nearest(message, known.iter().map(String::as_str)) };
    format!("nobody listens to {message} on {bus}{}", did_you_mean(&near))
}

async fn buses(client: &Client, reach: &Reach, wanted: Option<&str>) -> anyhow::Result<Vec<String>> {
    if let Some(bus) = wanted {
        return Ok(vec![bus.to_owned()]);
    }
    let (mut names, mut token) = (Vec::new(), None);
    loop {
        let page = client.list_event_buses().set_next_token(token).send().await;
        let page = page.map_err(|error| trouble(reach, error))?;
        names.extend(page.event_buses().iter().filter_map(|bus| bus.name().map(str::to_owned)));
        token = page.next_token;
        if token.is_none() {
            return Ok(names);
        }
    }
}

async fn rules(client: &Client, reach: &Reach, bus: &str) -> anyhow::Result<Vec<Rule>> {
    let (mut rules, mut token) = (Vec::new(), None);
    loop {
        let page = client.list_rules().event_bus_name(bus).set_next_token(token).send().await;
        let page = page.map_err(|error| trouble(reach, error))?;
        rules.extend(page.rules.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(rules);
        }
    }
}

async fn targets(client: &Client, reach: &Reach, bus: &str, rule: &str) -> anyhow::Result<Vec<Target>> {
    let (mut targets, mut token) = (Vec::new(), None);
    loop {
        let page = client.list_targets_by_rule().event_bus_name(bus).rule(rule).set_next_token(token).send().await;
        let page = page.map_err(|error| trouble(reach, error))?;
        targets.extend(page.targets.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(targets);
        }
    }
}
