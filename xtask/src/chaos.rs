//! The chaos run: the whole stack on this machine, every function a process of its own, while processes are killed at
//! random moments, the cloud's own among them. Afterwards the log itself must say that nothing was lost and nothing
//! was done twice.
#![expect(clippy::print_stdout, reason = "a command speaks to the person who called it")]

mod checks;
mod client;
mod cloud;
mod count;
mod dead_letters;
mod final_state;
mod kill_plan;
mod mails;
mod orders;
mod processes;
mod rng;
mod stock_invariants;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use clap::Args;

use crate::{check::Tally, place};
use checks::Verdict;
use client::Client;
use cloud::Cloud;
use count::Count;
use dead_letters::Found;
use final_state::FinalState;
use kill_plan::KillPlan;
use orders::Orders;

/// How hard it blows.
#[derive(Args, Clone, Debug)]
pub struct Choice {
    /// So many orders are put.
    #[arg(long, default_value_t = 1_000)]
    pub orders: usize,
    /// So many times the process of a function is killed.
    #[arg(long, default_value_t = 200)]
    pub kills: usize,
    /// So many times the cloud itself is killed, and started again on the same folder.
    #[arg(long, default_value_t = 5)]
    pub cloud_kills: usize,
    /// The seed of the orders, the victims and the faults.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// So many times as fast as the world's the clock runs: a second try comes after a minute of it.
    #[arg(long, default_value_t = 10.0)]
    pub speed: f64,
    /// What else goes wrong, as `causeway up` reads it.
    #[arg(long, default_value = "duplicate=0.05,delay=0.05")]
    pub fault: String,
    /// Takes the binaries as they were built before.
    #[arg(long)]
    pub as_built: bool,
}

impl Choice {
    /// A small one, for every day.
    pub fn small() -> Self {
        let fault = "duplicate=0.05,delay=0.05".to_owned();
        Self { orders: 60, kills: 12, cloud_kills: 1, seed: 7, speed: 10.0, fault, as_built: false }
    }
}

/// Where it all happens; what is left there afterwards can be looked into.
const FOLDER: &str = "chaos";

/// When nothing goes on for so many looks, nothing comes any more but timers.
const LOOKS_IN_A_ROW: u32 = 20;

/// So often dead letters are put back that came of dead letters.
const ROUNDS: u32 = 5;

/// How often it is said how far it is.
const BETWEEN_WORDS: Duration = Duration::from_secs(10);

const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Timers and second tries that are left when all orders have ended are let come: so many seconds of the clock.
const AFTERWARDS: u32 = 3_600;

/// Builds what it needs, lets it blow, and says what held.
pub fn run(root: &Path, choice: &Choice) -> anyhow::Result<Tally> {
    ensure!(
        Path::new("/proc/self/stat").exists(),
        "the chaos run finds its victims in /proc, which this system has not"
    );
    ensure!(choice.orders > 0, "--orders: a chaos run needs at least one order");
    if !choice.as_built {
        let built = place::cargo(root).args(["build", "--locked", "--workspace", "--bins"]).status()?;
        ensure!(built.success(), "the binaries do not build");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(blow(root, &target, choice))
}

async fn blow(root: &Path, target: &Path, choice: &Choice) -> anyhow::Result<Tally> {
    let Choice { orders, kills, cloud_kills, seed, speed, fault, .. } = choice;
    println!("{orders} orders, {kills} kills of functions, {cloud_kills} of the cloud; seed {seed}, --speed {speed}");
    println!("faults: {fault}");
    let begun = Instant::now();
    let mut cloud = Cloud::start_fresh(root, target, &target.join(FOLDER), choice)?;
    let client = Client::new(cloud.address());
    let count = Arc::new(Count::default());
    let clock_begun = client.now().await.context("the cloud does not say what time it is")?;
    let counting = tokio::spawn(count::follow(client.clone(), Arc::clone(&count)));
    let wanted = Orders::by(*seed, *orders);
    let putting = tokio::spawn(orders::put_all(client.clone(), wanted.clone(), Arc::clone(&count)));
    let mut strikes = KillPlan::by(choice);
    ride_out(&mut cloud, &client, &mut strikes, &count, *orders).await?;
    putting.await??;
    let (found, stay) = put_back(&client).await?;
    let rested = client.walk(AFTERWARDS).await.context("the cloud does not walk its clock")?;
    let left = dead_letters::read(&client).await?;
    let mut verdicts = vec![
        Verdict::of("the cloud came to rest", if rested { Vec::new() } else { vec!["it did not".to_owned()] }),
        Verdict::of("no process outlived a killed cloud for long", strikes.orphans_left()),
        Verdict::of("every dead letter is explained by a kill", dead_letters::unexplained(&found)),
        Verdict::of("every dead letter went back on the bus", stay),
        Verdict::of("no dead letter is left", left.iter().map(ToString::to_string).collect()),
    ];
    let end = FinalState::read(&client, wanted).await?;
    verdicts.extend(checks::all(&end));
    let clock_ended = client.now().await?;
    counting.abort();
    cloud.stop()?;
    println!("\n{}", count.table(&strikes, &end, found.len()));
    let (world, shown) = (begun.elapsed().as_secs_f64() / 60.0, clock_ended.duration_since(clock_begun));
    println!("{:<22} {world:.1} min of the world, {:.0} min of the clock", "time", shown.as_secs_f64() / 60.0);
    println!("{:<22} {}\n", "what is left", target.join(FOLDER).display());
    Ok(said(&verdicts))
}

/// KillPlan until all orders are put and all strikes are struck, and then waits until nothing goes on any more.
async fn ride_out(
    cloud: &mut Cloud,
    client: &Client,
    strikes: &mut KillPlan,
    count: &Count,
    orders: usize,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut last_word = begun;
    let mut quiet = 0;
    while quiet < LOOKS_IN_A_ROW {
        strikes.strike(cloud, count).await?;
        cloud.ensure_alive()?;
        // While the cloud starts again nobody answers; then the last answer stands.
        if let Ok(ended) = client.ended().await {
            count.have_ended(ended);
        }
        let is_over = count.put() >= orders && strikes.are_over();
        quiet = if is_over && client.is_at_rest().await? { quiet + 1 } else { 0 };
        if last_word.elapsed() >= BETWEEN_WORDS {
            last_word = Instant::now();
            println!("{:>5} s  {}", begun.elapsed().as_secs(), count.words(strikes));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}

/// Puts all dead letters back, and those that come of them, and says which there were and which did not go.
async fn put_back(client: &Client) -> anyhow::Result<(Vec<Found>, Vec<String>)> {
    let (mut found, mut stay) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let letters = dead_letters::read(client).await?;
        if letters.is_empty() {
            break;
        }
        letters.iter().for_each(|letter| println!("dead letter, put back: {letter}"));
        found.extend(letters);
        stay.extend(dead_letters::redrive(client).await?);
        let mut quiet = 0;
        while quiet < LOOKS_IN_A_ROW {
            quiet = if client.is_at_rest().await? { quiet + 1 } else { 0 };
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
    Ok((found, stay))
}

fn said(verdicts: &[Verdict]) -> Tally {
    let mut tally = Tally::default();
    for verdict in verdicts {
        println!("{verdict}");
        tally = tally + if verdict.holds() { Tally::passed() } else { Tally::failed() };
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    tally
}
