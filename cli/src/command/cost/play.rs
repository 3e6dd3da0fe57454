//! Plays on a cloud of its own, in memory and on a clock that stands: a month in which nobody comes, a shop that gets
//! its goods, and orders, one after the other. What each part causes is counted apart.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use causeway_local::{
    clock::Clock,
    cloud::{Cloud, Observer, Plan, Store},
    faults::Faults,
    http::InProcessTransport,
    template::{self, Settings, Stack},
};
use jiff::SignedDuration;
use tokio::net::TcpListener;

use super::{
    Cost,
    counted::{Counted, Counter},
    counting::{Counting, Ground},
    meter, order,
};
use crate::{function_apps::FunctionApps, up::STACK};

/// Nobody comes for so long.
const MONTH: SignedDuration = SignedDuration::from_hours(24 * 30);

/// How long it may take until everything that was set going has ended, in the time of the world.
const PATIENCE: Duration = Duration::from_secs(60);

/// DynamoDB bills so many bytes for an item beside what it holds.
const BESIDE_AN_ITEM: u64 = 100;

/// What was played.
pub(super) struct Played {
    /// The stack.
    pub(super) stack: Stack,
    /// What a month without anybody caused.
    pub(super) idle: Counted,
    /// What the orders caused.
    pub(super) orders: Counted,
    /// What they left in each table, in bytes as they are billed.
    pub(super) left: BTreeMap<String, u64>,
}

/// Plays it all.
pub(super) async fn play(args: &Cost, region: &str) -> anyhow::Result<Played> {
    let (lines, products) = (args.lines, args.products);
    ensure!(lines <= products, "--lines {lines} is more than --products {products}: an order wants each thing once");
    let (stage, client) = Stage::open(args, region).await?;
    let played = stage.play(args, &client).await;
    stage.cloud.stop().await;
    played
}

struct Stage {
    cloud: Cloud,
    clock: Clock,
    counter: Counter,
    stack: Stack,
}

impl Stage {
    async fn open(args: &Cost, region: &str) -> anyhow::Result<(Self, Client)> {
        let path = args.template.display();
        let text =
            std::fs::read_to_string(&args.template).with_context(|| format!("cannot read the template {path}"))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let mut settings = Settings::new(STACK, &endpoint);
        region.clone_into(&mut settings.region);
        settings.parameters = args.parameters.iter().cloned().collect();
        settings.file = Some(args.template.clone());
        let stack = template::read(&text, &settings).with_context(|| format!("the template {path} is refused"))?;
        if let Some(finding) = stack.findings.first() {
            anyhow::bail!("{path} has what this machine does not play, so it cannot be counted: {finding}");
        }
        let (clock, transport, counter) = (Clock::of_the_machine(), InProcessTransport::default(), Counter::default());
        clock.pause();
        let ground = Ground {
            region: region.to_owned(),
            endpoint: endpoint.clone(),
            clock: clock.clone(),
            transport: transport.clone(),
            counter: counter.clone(),
        };
        let executor = Arc::new(Counting::connect(&stack.functions, ground, args.cold)?);
        let buyer = meter::client(transport.clone(), "buyer", &counter);
        let buyer = FunctionApps::through(&[], region, &endpoint, &clock, buyer)?;
        let plan = Plan {
            stack: stack.clone(),
            settings,
            listener,
            store: Store::Memory,
            executor,
            clock: clock.clone(),
            observer: Observer::default(),
            faults: Faults::read(std::iter::empty(), 0)?,
            transport,
        };
        let cloud = Cloud::start(plan).await?;
        Ok((Self { cloud, clock, counter, stack }, Client::new(buyer.sdk())))
    }

    async fn play(&self, args: &Cost, client: &Client) -> anyhow::Result<Played> {
        self.walk(MONTH).await?;
        let idle = self.counter.take();
        for entry in order::goods(args)? {
            self.put(client, entry).await?;
        }
        // Each shelf was moved once before, so that a warm environment knows it.
        for entry in order::first_orders(args)? {
            self.put(client, entry).await?;
        }
        drop(self.counter.take());
        let before = self.stored()?;
        for entry in order::orders(args)? {
            self.put(client, entry).await?;
        }
        let orders = self.counter.take();
        let (asked, told) = (u64::from(args.orders), orders.calls_of("SendEmail"));
        ensure!(asked == told, "{told} of {asked} buyers were told how their order ended, so the counts mean nothing");
        let failed: Vec<&String> =
            orders.functions.iter().filter(|(_, one)| one.outcomes.contains("failed")).map(|(name, _)| name).collect();
        ensure!(failed.is_empty(), "functions failed, so the counts mean nothing: {failed:?}");
        let mut left = self.stored()?;
        for (table, bytes) in &mut left {
            *bytes = bytes.saturating_sub(before.get(table).copied().unwrap_or_default());
        }
        Ok(Played { stack: self.stack.clone(), idle, orders, left })
    }

    async fn put(&self, client: &Client, entry: PutEventsRequestEntry) -> anyhow::Result<()> {
        let answer = client.put_events().entries(entry).send().await?;
        ensure!(answer.failed_entry_count() == 0, "the bus did not take a message: {:?}", answer.entries());
        self.walk(SignedDuration::ZERO).await
    }

    async fn walk(&self, duration: SignedDuration) -> anyhow::Result<()> {
        let target = self.clock.now().checked_add(duration)?;
        let walked = self.cloud.time_driver().advance(target, PATIENCE).await;
        ensure!(walked.settled, "what was set going did not end in {} seconds", PATIENCE.as_secs());
        Ok(())
    }

    fn stored(&self) -> anyhow::Result<BTreeMap<String, u64>> {
        let tables = self.cloud.parts().database.table_stats().context("the tables do not say what they hold")?;
        let billed = |items: i64, bytes: u64| bytes + BESIDE_AN_ITEM * u64::try_from(items).unwrap_or_default();
        Ok(tables.into_iter().map(|table| (table.table_name, billed(table.item_count, table.size_bytes))).collect())
    }
}
