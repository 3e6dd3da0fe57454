//! When whom it strikes: spread by the seed over the orders that are put. Every other kill seeks a process that is at
//! work just then; the rest take any, asleep or not.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use super::{Choice, cloud::Cloud, count::Count, processes::Process, rng::Rng};

/// Within so many milliseconds after its order it strikes.
const LATEST: usize = 80;

/// So often one at work is looked for, and so long each time.
const LOOKS: usize = 40;
const ONE_LOOK: Duration = Duration::from_millis(2);

/// A process may outlive a killed cloud for so long: then it has tried all that it tries.
const LONGEST_LEFT: Duration = Duration::from_secs(60);

/// Whom it strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Victim {
    Function,
    FunctionAtWork,
    Cloud,
}

/// All strikes that are to come, and those that were.
pub(super) struct KillPlan {
    /// After how many orders whom, the last first.
    to_come: Vec<(usize, Victim)>,
    chance: Rng,
    pub(super) kills: usize,
    /// Kills of processes that had worked within the last moments.
    pub(super) at_work: usize,
    pub(super) cloud_kills: usize,
    /// The children that killed clouds left.
    orphans: Vec<(Process, Instant)>,
    pub(super) left: usize,
    pub(super) longest_orphan: Duration,
}

impl KillPlan {
    pub(super) fn by(choice: &Choice) -> Self {
        let mut chance = Rng::of(choice.seed, 2);
        let mut to_come = Vec::new();
        for number in 0..choice.kills {
            let victim = if number % 2 == 0 { Victim::FunctionAtWork } else { Victim::Function };
            to_come.push((chance.below(choice.orders), victim));
        }
        // Each death of the cloud has its own part of the orders, so that there is a life between two.
        for number in 0..choice.cloud_kills {
            let share = choice.orders / choice.cloud_kills;
            to_come.push((number * share + chance.below(share.max(1)), Victim::Cloud));
        }
        to_come.sort_unstable_by(|one, other| other.cmp(one));
        Self {
            to_come,
            chance,
            kills: 0,
            at_work: 0,
            cloud_kills: 0,
            orphans: Vec::new(),
            left: 0,
            longest_orphan: Duration::ZERO,
        }
    }

    /// After how many orders it strikes, each time.
    #[cfg(test)]
    pub(super) fn plan(&self) -> Vec<usize> {
        self.to_come.iter().map(|(after, _)| *after).collect()
    }

    pub(super) fn are_over(&self) -> bool {
        self.to_come.is_empty()
    }

    /// KillPlan whoever is due.
    pub(super) async fn strike(&mut self, cloud: &mut Cloud, count: &Count) -> anyhow::Result<()> {
        self.look_after_orphans();
        while let Some((_, victim)) = self.to_come.pop_if(|(after, _)| *after < count.put()) {
            let wait = u64::try_from(self.chance.below(LATEST)).unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(wait)).await;
            match victim {
                Victim::Cloud => self.kill_cloud(cloud)?,
                Victim::Function => self.kill_one(cloud.process_id(), false)?,
                Victim::FunctionAtWork => self.kill_one(cloud.process_id(), true)?,
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
        self.look_after_orphans();
        self.left += self.orphans.len();
        Ok(())
    }

    fn kill_one(&mut self, parent: u32, at_work: bool) -> anyhow::Result<()> {
        loop {
            let (children, working) = look(parent, if at_work { LOOKS } else { 1 })?;
            let candidates = if at_work && !working.is_empty() { &working } else { &children };
            let chosen = self.chance.below(candidates.len());
            let Some(process) = candidates.get(chosen).copied() else {
                // A cloud that has just begun has no processes yet.
                sleep(ONE_LOOK);
                continue;
            };
            if process.kill(parent)? {
                self.kills += 1;
                self.at_work += usize::from(working.contains(&process));
                return Ok(());
            }
        }
    }

    fn look_after_orphans(&mut self) {
        let longest = &mut self.longest_orphan;
        self.orphans.retain(|(process, killed)| {
            let is_alive = process.is_alive();
            if !is_alive {
                *longest = (*longest).max(killed.elapsed());
            }
            is_alive
        });
    }

    /// Waits for the orphans, and says which do not end.
    pub(super) fn orphans_left(&mut self) -> Vec<String> {
        let begun = Instant::now();
        while !self.orphans.is_empty() && begun.elapsed() < LONGEST_LEFT {
            sleep(Duration::from_millis(100));
            self.look_after_orphans();
        }
        self.orphans.iter().map(|(process, _)| format!("process {} still lives", process.id)).collect()
    }
}

/// All children, and those that worked while it was looked; it is looked again until there are some.
fn look(parent: u32, looks: usize) -> anyhow::Result<(Vec<Process>, Vec<Process>)> {
    let mut seen = (Vec::new(), Vec::new());
    for _ in 0..looks {
        let children = Process::children_of(parent)?;
        let before: Vec<Option<u64>> = children.iter().map(|child| child.worked()).collect();
        sleep(ONE_LOOK);
        let pairs = children.iter().zip(&before);
        let working = pairs.filter(|(child, before)| child.worked() > **before).map(|(child, _)| *child).collect();
        seen = (children, working);
        if !seen.1.is_empty() {
            break;
        }
    }
    Ok(seen)
}
