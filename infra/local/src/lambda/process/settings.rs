//! The settings of the process executor.

use std::path::PathBuf;

use crate::{clock::Clock, template::Function};

/// The settings of the executor.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The directory of the binaries.
    pub binaries: PathBuf,
    /// The region that functions get in their environment.
    pub region: String,
    /// The URL at which functions reach the local cloud.
    pub endpoint_url: String,
    /// The maximum number of processes.
    pub most: usize,
    /// The clock that functions read. When it is changed, the warm processes are replaced.
    pub clock: Clock,
}

impl Settings {
    /// The path of a function's binary.
    pub fn binary(&self, function: &Function) -> PathBuf {
        self.binaries.join(function.binary.as_ref().unwrap_or(&function.name))
    }
}
