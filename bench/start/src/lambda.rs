//! The part of Lambda that a function needs before its first event: an environment and a runtime API.

use std::{
    error::Error,
    fs,
    io::{self, BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

const NEXT: &str = "GET /2018-06-01/runtime/invocation/next ";
const TIMEOUT: Duration = Duration::from_secs(20);

/// One cold start of a function.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    /// Microseconds from exec to the first request for an invocation.
    pub(crate) micros: u64,
    /// Resident memory at that time, in KiB.
    pub(crate) resident_kib: u64,
}

/// The runtime API on a free port of this machine.
pub(crate) struct Lambda {
    address: String,
    requested: Receiver<Instant>,
}

impl Lambda {
    /// Listens. The time of each request for an invocation is recorded; no request is answered.
    pub(crate) fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?.to_string();
        let (sender, requested) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                // The thread keeps the connection open until the function ends.
                thread::spawn(move || {
                    for line in BufReader::new(stream).lines().map_while(Result::ok) {
                        let now = Instant::now();
                        if line.starts_with(NEXT) && sender.send(now).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Ok(Self { address, requested })
    }

    /// Starts the function, waits for its first request, and kills it.
    pub(crate) fn start(&self, binary: &Path, settings: &[(&str, &str)]) -> Result<Start, Box<dyn Error>> {
        let mut command = Command::new(binary);
        command.env_clear().envs(self.environment()).envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn()?;
        let requested = self.requested.recv_timeout(TIMEOUT);
        let resident_kib = resident(child.id());
        let requested = requested.map_err(|error| failed_start(binary, &mut child, error))?;
        end(&mut child)?;
        let micros = u64::try_from(requested.duration_since(begun).as_micros())?;
        Ok(Start { micros, resident_kib: resident_kib? })
    }

    fn environment(&self) -> Vec<(&str, &str)> {
        vec![
            ("AWS_LAMBDA_RUNTIME_API", &self.address),
            ("AWS_LAMBDA_FUNCTION_NAME", "measured"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/measured"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "measured"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_DEFAULT_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAMEASURED"),
            ("AWS_SECRET_ACCESS_KEY", "measured"),
            ("AWS_SESSION_TOKEN", "measured"),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
        ]
    }
}

/// Resident memory of a process, in KiB.
fn resident(process: u32) -> Result<u64, String> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("the process has no VmRSS")?;
    line.trim().trim_end_matches(" kB").parse().map_err(|error| format!("VmRSS {line}: {error}"))
}

/// Why a function did not start, with its standard error.
fn failed_start(binary: &Path, child: &mut Child, error: RecvTimeoutError) -> String {
    let ended = end(child).err().map(|error| error.to_string()).unwrap_or_default();
    let stderr = child.stderr.take().and_then(|pipe| io::read_to_string(pipe).ok()).unwrap_or_default();
    format!("{} did not request an invocation ({error}) {ended}\n{stderr}", binary.display())
}

fn end(child: &mut Child) -> io::Result<()> {
    child.kill()?;
    child.wait().map(|_| ())
}
