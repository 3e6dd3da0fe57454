//! As much of the Lambda service as a function sees before its first event: an environment and a runtime API.

use std::{fs, thread, error::Error, io::{self, BufRead, BufReader}, net::TcpListener, path::Path, process::{Child, Command, Stdio}, sync::mpsc::{self, Receiver, RecvTimeoutError}, time::{Duration, Instant}};

const NEXT: &str = "GET /2018-06-01/runtime/invocation/next ";
const PATIENCE: Duration = Duration::from_secs(20);

/// One start of one function.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    /// From exec to the first request for work.
    pub(crate) micros: u64,
    /// Resident memory at that moment.
    pub(crate) resident_kib: u64,
}

/// The runtime API on a free port of this machine.
pub(crate) struct Lambda {
    address: String,
    asked: Receiver<Instant>,
}

impl Lambda {
    /// Listens; a request for work is noted with its time and never answered.
    pub(crate) fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?.to_string();
        let (said, asked) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let said = said.clone();
                // The thread holds the connection until the function is gone.
                thread::spawn(move || {
                    for line in BufReader::new(stream).lines().map_while(Result::ok) {
                        let now = Instant::now();
                        if line.starts_with(NEXT) && said.send(now).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Ok(Self { address, asked })
    }

    /// Starts the function, waits until it asks for work, and ends it.
    pub(crate) fn start(&self, binary: &Path, settings: &[(&str, &str)]) -> Result<Start, Box<dyn Error>> {
        let mut command = Command::new(binary);
        command.env_clear().envs(self.environment()).envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn()?;
        let asked = self.asked.recv_timeout(PATIENCE);
        let resident_kib = resident(child.id());
        let asked = asked.map_err(|error| silent(binary, &mut child, error))?;
        end(&mut child)?;
        let micros = u64::try_from(asked.duration_since(begun).as_micros())?;
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

/// Why a function did not ask for work, in its own last words.
fn silent(binary: &Path, child: &mut Child, error: RecvTimeoutError) -> String {
    let ended = end(child).err().map(|error| error.to_string()).unwrap_or_default();
    let words = child.stderr.take().and_then(|stderr| io::read_to_string(stderr).ok()).unwrap_or_default();
    format!("{} did not ask for work ({error}) {ended}\n{words}", binary.display())
}

fn end(child: &mut Child) -> io::Result<()> {
    child.kill()?;
    child.wait().map(|_| ())
}
