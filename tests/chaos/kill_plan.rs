//! The kills of a chaos run, spread by the seed over the orders. Every other kill of a function picks a process that is
//! working at that moment; the rest pick any, idle or not.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use causeway::testing::sim::Rng;

use super::{Options, cloud::Cloud, counters::Counters, processes::Process};

/// The most milliseconds between an order and its kill.
const MAX_DELAY: u64 = 80;

/// The number of samples in the search for a working process, and the time between two.
const SAMPLES: usize = 40;
const SAMPLE_INTERVAL: Duration = Duration::from_millis(2);

/// The longest time that a process may outlive a killed cloud: by then it has made all its retries.
const ORPHAN_TIMEOUT: Duration = Duration::from_secs(60);

/// Makes the seed of the kills another one than that of the orders.
const PURPOSE: u64 = 2 << 32;

/// The victim of a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Victim {
    Function,
    WorkingFunction,
    Cloud,
}

/// The kills to come, and the counts of those that were done.
pub struct KillPlan {
    /// The number of orders before each kill, the last kill first.
    pending: Vec<(usize, Victim)>,
    rng: Rng,
    pub(super) kills: usize,
    /// The kills of processes that were working.
    pub(super) working: usize,
    pub(super) cloud_kills: usize,
    /// The functions of killed clouds, each with the time of the kill.
    orphans: Vec<(Process, Instant)>,
    pub(super) orphan_count: usize,
    pub(super) longest_orphan: Duration,
}

impl KillPlan {
    /// The plan of these options.
    pub fn new(options: &Options) -> Self {
        let rng = Rng::seeded(options.seed ^ PURPOSE);
        let mut pending = Vec::new();
        for number in 0..options.kills {
            let victim = if number % 2 == 0 { Victim::WorkingFunction } else { Victim::Function };
            pending.push((rng.index(options.orders), victim));
        }
        // Each kill of the cloud has its own part of the orders, so that the cloud works between two.
        for number in 0..options.cloud_kills {
            let share = options.orders / options.cloud_kills;
            pending.push((number * share + rng.index(share.max(1)), Victim::Cloud));
        }
        pending.sort_unstable_by(|one, other| other.cmp(one));
        Self {
            pending,
            rng,
            kills: 0,
            working: 0,
            cloud_kills: 0,
            orphans: Vec::new(),
            orphan_count: 0,
            longest_orphan: Duration::ZERO,
        }
    }

    /// The number of orders before each kill.
    pub fn plan(&self) -> Vec<usize> {
        self.pending.iter().map(|(after, _)| *after).collect()
    }

    pub(super) fn is_over(&self) -> bool {
        self.pending.is_empty()
    }

    /// Does the kills that are due.
    pub(super) async fn kill_due(&mut self, cloud: &mut Cloud, counters: &Counters) -> anyhow::Result<()> {
        self.check_orphans();
        while let Some((_, victim)) = self.pending.pop_if(|(after, _)| *after < counters.put()) {
            tokio::time::sleep(Duration::from_millis(self.rng.below(MAX_DELAY))).await;
            match victim {
                Victim::Cloud => self.kill_cloud(cloud)?,
                Victim::Function => self.kill_one(cloud.process_id(), false)?,
                Victim::WorkingFunction => self.kill_one(cloud.process_id(), true)?,
            }
        }
        Ok(())
    }

    fn kill_cloud(&mut self, cloud: &mut Cloud) -> anyhow::Result<()> {
        let children = Process::children_of(cloud.process_id())?;
        cloud.kill()?;
        let killed = Instant::now();
        self.orphans.extend(children.into_iter().map(|child| (child, killed)));
        self.cloud_kills += 1;
        cloud.start_again()?;
        self.check_orphans();
        self.orphan_count += self.orphans.len();
        Ok(())
    }

    fn kill_one(&mut self, parent: u32, working_only: bool) -> anyhow::Result<()> {
        loop {
            let (children, working) = sample(parent, if working_only { SAMPLES } else { 1 })?;
            let candidates = if working_only && !working.is_empty() { &working } else { &children };
            if candidates.is_empty() {
                // A cloud that has just started has no processes yet.
                sleep(SAMPLE_INTERVAL);
                continue;
            }
            let process = candidates[self.rng.index(candidates.len())];
            if process.kill(parent)? {
                self.kills += 1;
                self.working += usize::from(working.contains(&process));
                return Ok(());
            }
        }
    }

    fn check_orphans(&mut self) {
        let longest = &mut self.longest_orphan;
        self.orphans.retain(|(process, killed)| {
            let is_alive = process.is_alive();
            if !is_alive {
                *longest = (*longest).max(killed.elapsed());
            }
            is_alive
        });
    }

    /// Waits for the orphans, and returns those that do not end.
    pub(super) fn orphans_left(&mut self) -> Vec<String> {
        let begun = Instant::now();
        while !self.orphans.is_empty() && begun.elapsed() < ORPHAN_TIMEOUT {
            sleep(Duration::from_millis(100));
            self.check_orphans();
        }
        self.orphans.iter().map(|(process, _)| format!("process {} still runs", process.id)).collect()
    }
}

/// All children of the cloud, and those that are working; samples until there are some.
fn sample(parent: u32, samples: usize) -> anyhow::Result<(Vec<Process>, Vec<Process>)> {
    let mut seen = (Vec::new(), Vec::new());
    for _ in 0..samples {
        let children = Process::children_of(parent)?;
        let before: Vec<Option<u64>> = children.iter().map(|child| child.cpu_time()).collect();
        sleep(SAMPLE_INTERVAL);
        let pairs = children.iter().zip(&before);
        let working = pairs.filter(|(child, before)| child.cpu_time() > **before).map(|(child, _)| *child).collect();
        seen = (children, working);
        if !seen.1.is_empty() {
            break;
        }
    }
    Ok(seen)
}
