//! The chaos run: the whole stack on this machine, every function a process of its own, while processes are killed at
//! random moments, the local cloud's own among them. Afterwards the log must show that nothing was lost and nothing
//! was done twice.
#![expect(clippy::print_stdout, reason = "a command writes to the standard output")]

mod client;
mod cloud;
mod counters;
mod dead_letters;
mod kill_plan;
pub mod orders;
mod processes;
pub mod result;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use clap::Args;
use xtask::repo;

pub use {kill_plan::KillPlan, orders::Orders, processes::Process};

use crate::invariants::Verdict;
use client::Client;
use cloud::Cloud;
use counters::Counters;
use dead_letters::FoundDeadLetter;
use result::ChaosResult;

/// The options of a chaos run.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The number of orders.
    #[arg(long, default_value_t = 1_000)]
    pub orders: usize,
    /// The number of times that the process of a function is killed.
    #[arg(long, default_value_t = 200)]
    pub kills: usize,
    /// The number of times that the local cloud itself is killed and started again on the same folder.
    #[arg(long, default_value_t = 5)]
    pub cloud_kills: usize,
    /// The seed of the orders, the kills and the faults.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// The speed of the local cloud's clock: at 10, a retry after a minute comes after six seconds.
    #[arg(long, default_value_t = 10.0)]
    pub speed: f64,
    /// The faults besides the kills, as `causeway up --fault` takes them.
    #[arg(long, default_value = "duplicate=0.05,delay=0.05")]
    pub fault: String,
    /// Uses the binaries as they were built before.
    #[arg(long)]
    pub as_built: bool,
}

/// The folder of the run below the build folder; the data stay there for a later look.
const FOLDER: &str = "chaos";

/// The number of successive health checks without work after which only timers are left.
const IDLE_CHECKS: u32 = 20;

/// The number of redrives: a redriven message may be dead-lettered again.
const REDRIVES: u32 = 5;

const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// The seconds of the cloud's clock in which the remaining timers and retries come after all orders have ended.
const SECONDS_AFTERWARDS: u32 = 3_600;

/// Runs the orders and the kills with the binaries in `target`, and prints the verdicts; returns whether all hold.
pub fn run(root: &Path, options: &Options) -> anyhow::Result<bool> {
    ensure!(
        Path::new("/proc/self/stat").exists(),
        "the chaos run finds the processes in /proc, which this system does not have"
    );
    ensure!(options.orders > 0, "--orders: a chaos run needs at least one order");
    let target = repo::target(root);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let verdicts = runtime.block_on(run_chaos(root, &target, options))?;
    verdicts.iter().for_each(|verdict| println!("{verdict}"));
    let failed = verdicts.iter().filter(|verdict| !verdict.holds()).count();
    println!("{} passed, {failed} failed", verdicts.len() - failed);
    Ok(failed == 0)
}

async fn run_chaos(root: &Path, target: &Path, options: &Options) -> anyhow::Result<Vec<Verdict>> {
    let Options { orders, kills, cloud_kills, seed, speed, fault, .. } = options;
    println!("{orders} orders, {kills} kills of functions, {cloud_kills} of the cloud; seed {seed}, --speed {speed}");
    println!("faults: {fault}");
    let begun = Instant::now();
    let mut cloud = Cloud::start_fresh(root, target, &target.join(FOLDER), options)?;
    let client = Client::new(cloud.address());
    let counters = Arc::new(Counters::default());
    let clock_begun = client.now().await.context("the cloud does not answer with its time")?;
    let counting = tokio::spawn(counters::follow(client.clone(), Arc::clone(&counters)));
    let expected = Orders::of_seed(*seed, *orders);
    let putting = tokio::spawn(orders::put_all(client.clone(), expected.clone(), Arc::clone(&counters)));
    let carrier = tokio::spawn(orders::deliver_all(client.clone(), Arc::clone(&counters)));
    let mut kill_plan = KillPlan::new(options);
    kill_until_idle(&mut cloud, &client, &mut kill_plan, &counters, *orders).await?;
    putting.await??;
    let (found, not_redriven) = redrive_all(&client).await?;
    let idle = client.advance_clock(SECONDS_AFTERWARDS).await.context("the cloud does not advance its clock")?;
    let left = dead_letters::read(&client).await?;
    let not_idle = if idle { Vec::new() } else { vec!["it did not".to_owned()] };
    let mut verdicts = vec![
        Verdict::new("the cloud became idle", not_idle),
        Verdict::new("no function's process outlived a killed cloud for long", kill_plan.orphans_left()),
        Verdict::new("every dead letter is explained by a kill", dead_letters::unexplained(&found)),
        Verdict::new("every dead letter was redriven", not_redriven),
        Verdict::new("no dead letter is left", left.iter().map(ToString::to_string).collect()),
    ];
    let result = ChaosResult::read(&client, expected).await?;
    verdicts.extend(result.check());
    let clock_ended = client.now().await?;
    counting.abort();
    carrier.abort();
    cloud.stop()?;
    println!("\n{}", counters.table(&kill_plan, &result, found.len()));
    let (minutes, clock) = (begun.elapsed().as_secs_f64() / 60.0, clock_ended.duration_since(clock_begun));
    println!("{:<22} {minutes:.1} min, {:.0} min of the cloud's clock", "time", clock.as_secs_f64() / 60.0);
    println!("{:<22} {}\n", "data", target.join(FOLDER).display());
    Ok(verdicts)
}

/// Carries out the kills until all orders are put and all kills are done, and then waits until the cloud is idle.
async fn kill_until_idle(
    cloud: &mut Cloud,
    client: &Client,
    kill_plan: &mut KillPlan,
    counters: &Counters,
    orders: usize,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut last_progress = begun;
    let mut idle = 0;
    while idle < IDLE_CHECKS {
        kill_plan.kill_due(cloud, counters).await?;
        cloud.ensure_alive()?;
        // While the cloud starts again it does not answer; then the last answer stands.
        if let Ok(ended) = client.count_ended().await {
            counters.set_ended(ended);
        }
        let is_over = counters.put() >= orders && kill_plan.is_over();
        idle = if is_over && client.is_idle().await? { idle + 1 } else { 0 };
        if last_progress.elapsed() >= PROGRESS_INTERVAL {
            last_progress = Instant::now();
            println!("{:>5} s  {}", begun.elapsed().as_secs(), counters.progress(kill_plan));
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
    Ok(())
}

/// Redrives all dead letters, and those that come of them; returns all of them, and those that could not be redriven.
async fn redrive_all(client: &Client) -> anyhow::Result<(Vec<FoundDeadLetter>, Vec<String>)> {
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    for _ in 0..REDRIVES {
        let letters = dead_letters::read(client).await?;
        if letters.is_empty() {
            break;
        }
        letters.iter().for_each(|letter| println!("redriven: {letter}"));
        found.extend(letters);
        failed.extend(dead_letters::redrive(client).await?);
        let mut idle = 0;
        while idle < IDLE_CHECKS {
            idle = if client.is_idle().await? { idle + 1 } else { 0 };
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
    }
    Ok((found, failed))
}
