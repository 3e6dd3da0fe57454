//! The processes of this machine, as `/proc` shows them: whose child one is, how long it worked, and whether it is still
//! the same one.

use std::{fs, process::Command};

use anyhow::Context;

/// A process, told apart from a later one with the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: u32,
    begun: u64,
}

impl Process {
    /// All children of this process.
    pub(super) fn children_of(parent: u32) -> anyhow::Result<Vec<Self>> {
        let mut children = Vec::new();
        for entry in fs::read_dir("/proc").context("/proc cannot be read")? {
            let name = entry?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            if let Some(Seen { begun, parent: found, .. }) = Seen::of(id)
                && found == parent
            {
                children.push(Self { id, begun });
            }
        }
        Ok(children)
    }

    /// Whether it has not ended. One whose end nobody took note of has ended.
    pub(super) fn is_alive(self) -> bool {
        Seen::of(self.id).is_some_and(|seen| seen.begun == self.begun && !matches!(seen.state, 'Z' | 'X'))
    }

    /// So many nanoseconds it worked; none if that is not told.
    pub(super) fn worked(self) -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{}/schedstat", self.id)).ok()?;
        text.split_whitespace().next()?.parse().ok()
    }

    /// Kills it, if it is a child of this parent still, and says whether it did.
    pub(super) fn kill(self, parent: u32) -> anyhow::Result<bool> {
        if !Seen::of(self.id).is_some_and(|seen| seen.begun == self.begun && seen.parent == parent) {
            return Ok(false);
        }
        let id = self.id.to_string();
        let killed = Command::new("kill").args(["-s", "KILL", &id]).output().context("there is no kill command")?;
        Ok(killed.status.success())
    }
}

/// What `/proc/<id>/stat` says.
struct Seen {
    state: char,
    parent: u32,
    begun: u64,
}

impl Seen {
    fn of(id: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The second field is the name in brackets, and may hold anything.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let state = fields.first()?.chars().next()?;
        Some(Self { state, parent: fields.get(1)?.parse().ok()?, begun: fields.get(19)?.parse().ok()? })
    }
}
