//! The local cloud as a child process: started on one folder and one port, killed, and started again on the same.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::{Context, bail};

use super::Options;

/// The process of the local cloud, with what is needed to start it again.
pub(super) struct Cloud {
    root: PathBuf,
    program: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    address: SocketAddr,
    child: Child,
    // As long as it is open, the cloud can write to its standard output.
    _out: BufReader<ChildStdout>,
}

impl Cloud {
    /// Starts a cloud on an empty folder; returns when it answers.
    pub(super) fn start_fresh(root: &Path, target: &Path, folder: &Path, options: &Options) -> anyhow::Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder).with_context(|| format!("{} cannot be deleted", folder.display()))?;
        }
        std::fs::create_dir_all(folder)?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let binaries = target.join("debug/functions");
        let program = target.join("debug/causeway");
        let arguments = [
            ("--binaries", binaries.display().to_string()),
            ("--data", folder.join("data").display().to_string()),
            ("--port", address.port().to_string()),
            ("--speed", options.speed.to_string()),
            ("--fault", options.fault.clone()),
            ("--seed", options.seed.to_string()),
        ];
        let arguments = arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect::<Vec<_>>();
        let log = folder.join("cloud.log");
        let (child, out) = spawn(root, &program, &arguments, &log)?;
        let (root, _out) = (root.to_owned(), out);
        Ok(Self { root, program, arguments, log, address, child, _out })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, and waits until its process has ended.
    pub(super) fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again on the same folder; returns when it answers.
    pub(super) fn start_again(&mut self) -> anyhow::Result<()> {
        (self.child, self._out) = spawn(&self.root, &self.program, &self.arguments, &self.log)?;
        Ok(())
    }

    /// Fails if it ended by itself.
    pub(super) fn ensure_alive(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the cloud ended by itself, {status}; see {}", self.log.display()),
        }
    }

    /// Ends it.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        self.kill()
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        // A process that has ended cannot be killed.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn spawn(
    root: &Path,
    program: &Path,
    arguments: &[String],
    log: &Path,
) -> anyhow::Result<(Child, BufReader<ChildStdout>)> {
    let errors = File::options().create(true).append(true).open(log)?;
    let mut command = Command::new(program);
    command.current_dir(root).arg("up").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    let mut child = command.spawn().with_context(|| format!("{} does not start", program.display()))?;
    let mut out = BufReader::new(child.stdout.take().context("the cloud has no standard output")?);
    let mut line = String::new();
    while !line.starts_with("ready ") {
        line.clear();
        if out.read_line(&mut line)? == 0 {
            let status = child.wait()?;
            bail!("the cloud did not start, {status}; see {}", log.display());
        }
    }
    Ok((child, out))
}
