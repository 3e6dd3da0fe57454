//! Runs a bridge as a process: connects to AWS, starts the directions, prints health lines, and stops on a signal.

use std::{io::Write, sync::Arc, time::Duration};

use anyhow::Context;
use aws_config::{BehaviorVersion, timeout::TimeoutConfig};
use aws_credential_types::Credentials;
use aws_types::{SdkConfig, region::Region};
use causeway_aws::{
    capacity::CapacityMeter,
    client::http_client,
    dynamo::{DynamoEventStore, DynamoViewStore},
    eventbridge::EventBridgeBus,
};
use serde_json::{Value, json};

use crate::{
    broker::Broker,
    counters::Counters,
    cursor::LogCursor,
    inbound::Inbound,
    options::{Common, Options},
    outbound::Outbound,
    publisher::Publisher,
    queue::BridgeQueue,
    stop::Stop,
};

/// The timeout of a call with all its attempts. A receive waits five seconds by itself.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The region of an endpoint that is not AWS.
const REGION: &str = "us-east-1";

/// Runs until a signal.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let broker = options.broker()?;
    let (inbound, out) = options.directions()?;
    let common = &options.common;
    let sdk = connect(common).await?;
    let events = aws_sdk_eventbridge::Client::new(&sdk);
    let origin = bus_arn(&events, common).await?;
    let name = common.name.clone().unwrap_or_else(|| format!("{}-bridge-{}", common.stack, broker.kind()));
    let directions: Vec<&str> = [(inbound, "in"), (out, "out")].into_iter().filter(|it| it.0).map(|it| it.1).collect();
    let about = json!({ "name": name, "broker": broker.kind(), "bus": origin, "directions": directions });
    if common.dry_run {
        broker.check().await?;
        let line = format!(
            "{name}: {} would run {} on {origin}; nothing was changed",
            broker.kind(),
            directions.join(" and ")
        );
        return print(common.json, &line, "dry-run", &about);
    }
    let (request, stop) = Stop::new();
    let (counters_in, counters_out) = (Counters::default(), Counters::default());
    let queue = match out {
        true => {
            Some(BridgeQueue::open(aws_sdk_sqs::Client::new(&sdk), &events, &common.bus, &name, &common.context).await?)
        }
        false => None,
    };
    let line = format!("ready {name}: {} runs {} on {origin}", broker.kind(), directions.join(" and "));
    print(common.json, &line, "ready", &about)?;
    let bus = EventBridgeBus::new(events, &common.bus);
    let into_bus = async {
        if inbound {
            let (bus, counters, stop) = (&bus, &counters_in, stop.clone());
            let batch = usize::from(common.batch);
            let publisher = Publisher { kind: broker.kind(), bus, origin: &origin, counters, stop };
            Inbound { broker: broker.as_ref(), batch, publisher }.run().await;
        }
    };
    let out_of_bus = async {
        if let Some(queue) = &queue {
            send(broker.as_ref(), queue, &cursor(&sdk, common, &name, &origin), common, &counters_out, &stop).await;
        }
    };
    let health = || {
        let mut value = json!({ "name": name });
        let mut lines = Vec::new();
        for (runs, direction, counters) in [(inbound, "in", &counters_in), (out, "out", &counters_out)] {
            if runs {
                let counted = counters.read();
                lines.push(format!("{direction}: {counted}"));
                value[direction] = json!(counted);
            }
        }
        (lines.join(" · "), value)
    };
    let report = async {
        let mut every = tokio::time::interval(Duration::from_secs(common.health));
        loop {
            every.tick().await;
            let (line, value) = health();
            if let Err(error) = print(common.json, &format!("health {line}"), "health", &value) {
                return error;
            }
        }
    };
    let signalled = async {
        let signal = signal().await;
        request.send_replace(true);
        signal
    };
    let ended = tokio::select! {
        // First the directions, so that a signal lets them end.
        (_, _, signal) = async { tokio::join!(into_bus, out_of_bus, signalled) } => signal,
        error = report => Err(error),
    };
    let (line, value) = health();
    print(common.json, &format!("stopped {line}"), "stopped", &value)?;
    ended
}

async fn send(
    broker: &dyn Broker,
    notifications: &BridgeQueue,
    cursor: &LogCursor,
    common: &Common,
    counters: &Counters,
    stop: &Stop,
) {
    let stop = stop.clone();
    Outbound { broker, notifications, events: &common.events, counters, stop }.run(cursor).await;
}

fn cursor(sdk: &SdkConfig, common: &Common, name: &str, origin: &str) -> LogCursor {
    let dynamo = aws_sdk_dynamodb::Client::new(sdk);
    let capacity = Arc::new(CapacityMeter::default());
    let log = DynamoEventStore::new(
        dynamo.clone(),
        format!("{}-events", common.stack),
        format!("{}-inbox", common.stack),
        Arc::clone(&capacity),
    );
    let rows = DynamoViewStore::new(dynamo, format!("{}-views", common.stack), capacity);
    LogCursor::new(Arc::new(log), Arc::new(rows), name, origin)
}

/// The clients' configuration: the default chain of AWS, or an endpoint, which without credentials gets made-up ones.
async fn connect(common: &Common) -> anyhow::Result<SdkConfig> {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client())
        .timeout_config(TimeoutConfig::builder().operation_timeout(CALL_TIMEOUT).build());
    if let Some(profile) = &common.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &common.endpoint {
        loader = loader.endpoint_url(endpoint);
        if common.profile.is_none() && std::env::var_os("AWS_ACCESS_KEY_ID").is_none() {
            loader = loader.credentials_provider(Credentials::new("local", "local", None, None, "local"));
            loader = loader.region(Region::new(REGION));
        }
    }
    if let Some(region) = &common.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let sdk = loader.load().await;
    sdk.region().context("there is no region: give one with --region, or --endpoint for the local cloud")?;
    Ok(sdk)
}

async fn bus_arn(events: &aws_sdk_eventbridge::Client, common: &Common) -> anyhow::Result<String> {
    let at = common.endpoint.as_deref().unwrap_or("AWS");
    let bus = events.describe_event_bus().name(&common.bus).send().await;
    let bus = bus.with_context(|| format!("cannot find the bus {} at {at}", common.bus))?;
    bus.arn.with_context(|| format!("the bus {} has no ARN", common.bus))
}

/// Returns on SIGINT or SIGTERM.
async fn signal() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn print(json: bool, line: &str, kind: &str, about: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        let mut value = about.clone();
        value["kind"] = kind.into();
        writeln!(out, "{value}")?;
    } else {
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}
