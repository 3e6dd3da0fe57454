//! The processes of this machine in `/proc`: the parent and the CPU time of each, and whether it is still the same one.

use std::{fs, process::Command};

use anyhow::Context;

/// A process; its start time tells it from a later one with the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// The process id.
    pub id: u32,
    started: u64,
}

impl Process {
    /// All children of this process.
    pub fn children_of(parent: u32) -> anyhow::Result<Vec<Self>> {
        let mut children = Vec::new();
        for entry in fs::read_dir("/proc").context("/proc cannot be read")? {
            let name = entry?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            if let Some(ProcessStat { started, parent: found, .. }) = ProcessStat::of(id)
                && found == parent
            {
                children.push(Self { id, started });
            }
        }
        Ok(children)
    }

    /// Whether it has not ended. A zombie has ended.
    pub fn is_alive(self) -> bool {
        ProcessStat::of(self.id).is_some_and(|stat| stat.started == self.started && !matches!(stat.state, 'Z' | 'X'))
    }

    /// Its CPU time in nanoseconds, if the system counts it.
    pub fn cpu_time(self) -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{}/schedstat", self.id)).ok()?;
        text.split_whitespace().next()?.parse().ok()
    }

    /// Kills it if it is still a child of this parent; returns whether it did.
    pub fn kill(self, parent: u32) -> anyhow::Result<bool> {
        if !ProcessStat::of(self.id).is_some_and(|stat| stat.started == self.started && stat.parent == parent) {
            return Ok(false);
        }
        let id = self.id.to_string();
        let killed = Command::new("kill").args(["-s", "KILL", &id]).output().context("there is no kill command")?;
        Ok(killed.status.success())
    }
}

/// The fields of `/proc/<id>/stat`.
struct ProcessStat {
    state: char,
    parent: u32,
    started: u64,
}

impl ProcessStat {
    fn of(id: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The second field is the name in brackets, and may hold anything.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let state = fields.first()?.chars().next()?;
        Some(Self { state, parent: fields.get(1)?.parse().ok()?, started: fields.get(19)?.parse().ok()? })
    }
}
