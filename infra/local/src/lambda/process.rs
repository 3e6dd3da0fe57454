//! The executor that runs functions as processes: unchanged binaries that use the Runtime API as on Lambda. A process
//! is started when it is first needed, kept warm, runs one invocation at a time, and is killed when it times out.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    env,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{self, DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex as AsyncMutex, Notify, Semaphore, mpsc, oneshot, watch},
    task::AbortHandle,
};
use uuid::Uuid;

use crate::{
    clock::{Clock, Line},
    request_guard::refuse_foreign_callers,
    template::Function,
};

use super::functions::{Executor, FunctionError, Invocation};

/// The executor that runs functions as processes.
pub struct Processes {
    settings: Settings,
    listener: Listener,
    /// The idle environments, the most recently used last.
    idle: Mutex<Vec<Environment>>,
    permits: Arc<Semaphore>,
}

impl Processes {
    /// Creates an executor without processes. The listener receives each line that a function writes.
    pub fn new(settings: Settings, listener: Listener) -> Self {
        let permits = Arc::new(Semaphore::new(settings.most.max(1)));
        Self { settings, listener, idle: Mutex::default(), permits }
    }

    /// The number of idle processes.
    pub fn warm(&self) -> usize {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Takes a warm environment of this function with this clock, if there is one.
    fn take(&self, function: &Function, line: Option<Line>) -> Option<Environment> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // A changed function starts again, and so do all functions when the clock was changed.
        let is_changed = |one: &Environment| one.function.arn == function.arn && *one.function != *function;
        idle.retain(|one| one.is_alive() && one.line == line && !is_changed(one));
        let index = idle.iter().rposition(|one| one.function.arn == function.arn)?;
        Some(idle.remove(index))
    }

    /// Ends the processes that have been idle for the longest time, until one more can be started.
    fn evict_idle(&self) {
        let busy = self.settings.most.max(1).saturating_sub(self.permits.available_permits());
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let excess = (idle.len() + busy).saturating_sub(self.settings.most.max(1));
        let evicted = excess.min(idle.len());
        idle.drain(..evicted);
    }

    fn give_back(&self, environment: Environment) {
        if environment.is_alive() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(environment);
        }
    }
}

#[async_trait]
impl Executor for Processes {
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        let closed = |_| FunctionError::new("Runtime.Unavailable", "the local cloud is shutting down".to_owned());
        let _permit = self.permits.acquire().await.map_err(closed)?;
        // Dropping this future drops the environment, which kills the process.
        let line = self.settings.clock.line();
        while let Some(warm) = self.take(&invocation.function, line) {
            let result = warm.invoke(invocation.clone()).await;
            // A process that died while it was idle has not started the invocation, so another one can run it.
            if result.is_ok() || warm.has_started(&invocation.request_id) {
                self.give_back(warm);
                return result;
            }
        }
        self.evict_idle();
        let function = Arc::clone(&invocation.function);
        let cold = Environment::start(&self.settings, function, line, &self.listener).await?;
        let result = cold.invoke(invocation).await;
        self.give_back(cold);
        result
    }
}

/// The variable that holds the clock that the function reads.
const CLOCK: &str = "CAUSEWAY_CLOCK";
/// The variable that names the file of the root certificates.
const CERTIFICATES: &str = "SSL_CERT_FILE";

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

/// A line that a function wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The function's name.
    pub function: String,
    /// The id of the process that wrote it.
    pub process_id: u32,
    /// The line without its line ending.
    pub line: String,
}

/// Receives each log line.
pub type Listener = Arc<dyn Fn(LogLine) + Send + Sync>;

/// An execution environment: a process with its own Runtime API, idle or running an invocation. A task owns the process.
/// It waits for the process to end or kills it when the environment is dropped, and reaps it in both cases.
struct Environment {
    function: Arc<Function>,
    /// The clock in the environment of the process.
    line: Option<Line>,
    session: Arc<RuntimeSession>,
    work: mpsc::Sender<Work>,
    ended: watch::Receiver<Option<FunctionError>>,
    // The owner of the process kills it when this goes.
    _alive: oneshot::Sender<()>,
}

impl Environment {
    async fn start(
        settings: &Settings,
        function: Arc<Function>,
        line: Option<Line>,
        listener: &Listener,
    ) -> Result<Self, FunctionError> {
        let binary = settings.binary(&function);
        let start_error = |error: std::io::Error| {
            let message = format!("{} cannot be started: {error}", binary.display());
            FunctionError::new("Runtime.InvalidEntrypoint", message)
        };
        let api = listen().await.map_err(start_error)?;
        let address = api.local_addr().map_err(start_error)?.to_string();
        let mut child = Command::new(&binary)
            .env_clear()
            .envs(env_vars(settings, &function, line, &address))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(start_error)?;
        let process_id = child.id().unwrap_or_default();
        let (name, out, err) = (&function.name, child.stdout.take(), child.stderr.take());
        if let (Some(out), Some(err)) = (out, err) {
            tokio::spawn(forward_lines(out, name.clone(), process_id, Arc::clone(listener)));
            tokio::spawn(forward_lines(err, name.clone(), process_id, Arc::clone(listener)));
        }
        let (work, incoming) = mpsc::channel(1);
        let (alive, dropped) = oneshot::channel();
        let (end, ended) = watch::channel(None);
        let session = Arc::new(RuntimeSession::new(incoming));
        let served = axum::serve(api, router(Arc::clone(&session)));
        let server = tokio::spawn(async move {
            // The server runs until it is aborted.
            served.await.unwrap_or_default();
        });
        tokio::spawn(supervise(child, Arc::clone(&session), dropped, end, server.abort_handle()));
        Ok(Self { function, line, session, work, ended, _alive: alive })
    }

    fn is_alive(&self) -> bool {
        self.ended.borrow().is_none()
    }

    fn has_started(&self, request_id: &str) -> bool {
        self.session.has_started(request_id)
    }

    /// Passes an invocation to the process and waits for its result or for the end of the process.
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        let request_id = invocation.request_id.clone();
        let (sender, result) = oneshot::channel();
        let mut ended = self.ended.clone();
        let completed = async {
            // Both fail only if the process has ended, which the other branch handles.
            match self.work.send(Work { invocation, result: sender }).await {
                Ok(()) => result.await.ok(),
                Err(_) => None,
            }
        };
        let result = tokio::select! {
            biased;
            result = completed => result,
            _ = ended.wait_for(Option::is_some) => None,
        };
        match result {
            Some(result) => result,
            None => Err(self.exit_error(&request_id).await),
        }
    }

    async fn exit_error(&self, request_id: &str) -> FunctionError {
        let mut ended = self.ended.clone();
        let seen = ended.wait_for(Option::is_some).await;
        let mut reason = seen.ok().and_then(|reason| reason.clone()).unwrap_or_default();
        if reason.kind == EXIT {
            reason.message = format!("RequestId: {request_id} Error: {}", reason.message);
        }
        reason
    }
}

/// Listens on a random loopback address. A process that survives its cloud keeps calling the Runtime API at the address
/// it knows, and must not reach that of another function. Where there is only one loopback address, only the port is
/// random.
async fn listen() -> std::io::Result<TcpListener> {
    let [one, two, three, ..] = Uuid::new_v4().into_bytes();
    let own = Ipv4Addr::new(127, one, two, three.clamp(2, 254));
    match TcpListener::bind((own, 0)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
    }
}

/// The error type of a process that ends without a result.
const EXIT: &str = "Runtime.ExitError";

async fn supervise(
    mut child: Child,
    session: Arc<RuntimeSession>,
    dropped: oneshot::Receiver<()>,
    end: watch::Sender<Option<FunctionError>>,
    server: AbortHandle,
) {
    let status = tokio::select! {
        status = child.wait() => status,
        _ = dropped => kill(&mut child).await,
        () = session.end.notified() => kill(&mut child).await,
    };
    let message = match status {
        Ok(status) => match status.code() {
            Some(0) => "Runtime exited without providing a reason".to_owned(),
            Some(code) => format!("Runtime exited with error: exit status {code}"),
            None => "Runtime exited with error: signal: killed".to_owned(),
        },
        Err(error) => format!("Runtime exited with error: {error}"),
    };
    let init_error = session.init_error.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let reason = init_error.unwrap_or_else(|| FunctionError::new(EXIT, message));
    end.send_replace(Some(reason));
    server.abort();
}

async fn kill(child: &mut Child) -> std::io::Result<ExitStatus> {
    child.kill().await?;
    child.wait().await
}

/// Reads an output to its end and passes on each line. Invalid UTF-8 is replaced.
async fn forward_lines(output: impl AsyncRead + Unpin, function: String, process_id: u32, listener: Listener) {
    let mut output = BufReader::new(output);
    let mut bytes = Vec::new();
    // A read error counts as the end.
    while output.read_until(b'\n', &mut bytes).await.is_ok_and(|length| length > 0) {
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        listener(LogLine { function: function.clone(), process_id, line });
        bytes.clear();
    }
}

fn env_vars(
    settings: &Settings,
    function: &Function,
    line: Option<Line>,
    runtime_api: &str,
) -> BTreeMap<String, String> {
    let mut variables = function.environment.clone();
    // The template names the certificate file of Lambda's image. Without that file a function would have no root
    // certificates; without the variable it uses those of this machine.
    if variables.get(CERTIFICATES).is_some_and(|file| !Path::new(file).is_file()) {
        variables.remove(CERTIFICATES);
    }
    match line {
        Some(line) => variables.insert(CLOCK.to_owned(), line.to_string()),
        None => variables.remove(CLOCK),
    };
    let binary = settings.binary(function);
    let handler = function.handler.clone().unwrap_or_else(|| "bootstrap".to_owned());
    let folder = settings.binaries.display().to_string();
    let stream = format!("[$LATEST]{}", binary.file_name().unwrap_or_default().to_string_lossy());
    let fixed = [
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_DEFAULT_REGION", settings.region.clone()),
        ("AWS_ENDPOINT_URL", settings.endpoint_url.clone()),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_megabytes.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_FORMAT", function.logging.format.clone()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", stream),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
        ("AWS_REGION", settings.region.clone()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_SESSION_TOKEN", "test".to_owned()),
        ("LAMBDA_RUNTIME_DIR", folder.clone()),
        ("LAMBDA_TASK_ROOT", folder),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("PATH", env::var("PATH").unwrap_or_default()),
        ("TZ", ":UTC".to_owned()),
        ("_HANDLER", handler),
    ];
    // Reserved variables, which a function cannot set.
    variables.extend(fixed.map(|(name, value)| (name.to_owned(), value)));
    if let Some(level) = &function.logging.level {
        variables.insert("AWS_LAMBDA_LOG_LEVEL".to_owned(), level.clone());
    }
    variables
}

const MAX_RESPONSE_SIZE: usize = 6 * 1_024 * 1_024 + 100;

type InvocationResult = Result<String, FunctionError>;

/// An invocation for the process, with the channel for its result.
struct Work {
    invocation: Invocation,
    result: oneshot::Sender<InvocationResult>,
}

/// The state of the Runtime API of one process.
struct RuntimeSession {
    incoming: AsyncMutex<mpsc::Receiver<Work>>,
    /// The invocation that the process works on.
    open: Mutex<Option<(String, oneshot::Sender<InvocationResult>)>>,
    /// The request id of the invocation that the process fetched last.
    last_started: Mutex<Option<String>>,
    init_error: Mutex<Option<FunctionError>>,
    /// Notified when the process must be ended.
    end: Notify,
}

impl RuntimeSession {
    fn new(incoming: mpsc::Receiver<Work>) -> Self {
        Self {
            incoming: AsyncMutex::new(incoming),
            open: Mutex::default(),
            last_started: Mutex::default(),
            init_error: Mutex::default(),
            end: Notify::new(),
        }
    }

    /// Waits for the next invocation. Returns none when the environment has ended.
    async fn next(&self) -> Option<Invocation> {
        let Work { invocation, result } = self.incoming.lock().await.recv().await?;
        let id = invocation.request_id.clone();
        *self.last_started.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.clone());
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some((id, result));
        Some(invocation)
    }

    fn has_started(&self, request_id: &str) -> bool {
        self.last_started.lock().unwrap_or_else(PoisonError::into_inner).as_deref() == Some(request_id)
    }

    /// Passes on the result of an invocation. Returns false if no invocation with this id is open.
    fn complete(&self, request_id: &str, result: InvocationResult) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.take_if(|(id, _)| id == request_id) {
            // The receiver is gone if the invocation has timed out.
            Some((_, sender)) => sender.send(result).is_ok(),
            None => false,
        }
    }
}

fn router(session: Arc<RuntimeSession>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next_invocation))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(post_response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(post_error))
        .route("/2018-06-01/runtime/init/error", post(post_init_error))
        .layer(DefaultBodyLimit::max(MAX_RESPONSE_SIZE))
        .layer(from_fn(refuse_foreign_callers))
        .with_state(session)
}

type Session = State<Arc<RuntimeSession>>;

async fn next_invocation(State(session): Session) -> Response {
    let Some(invocation) = session.next().await else {
        return error_response(StatusCode::GONE, "Runtime.Ended", "this environment has ended");
    };
    // The function compares the deadline with the machine's clock.
    let timeout = i64::from(invocation.function.timeout_seconds) * 1_000;
    let deadline = Timestamp::now().as_millisecond() + timeout;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", invocation.request_id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", invocation.function.arn.clone()),
        ("lambda-runtime-trace-id", invocation.trace),
    ];
    (headers, invocation.payload).into_response()
}

async fn post_response(State(session): Session, extract::Path(id): extract::Path<String>, body: String) -> Response {
    accepted(session.complete(&id, Ok(body)))
}

async fn post_error(
    State(session): Session,
    extract::Path(id): extract::Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    accepted(session.complete(&id, Err(parse_error(&headers, &body))))
}

async fn post_init_error(State(session): Session, headers: HeaderMap, body: String) -> Response {
    *session.init_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(parse_error(&headers, &body));
    session.end.notify_one();
    accepted(true)
}

/// The error in the body, or one with the type in the header.
fn parse_error(headers: &HeaderMap, body: &str) -> FunctionError {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let header = headers.get("lambda-runtime-function-error-type").and_then(|kind| kind.to_str().ok());
    let kind = body.get("errorType").and_then(Value::as_str).or(header).unwrap_or("Runtime.UnknownReason");
    let message = body.get("errorMessage").and_then(Value::as_str).unwrap_or_default();
    let trace = body.get("stackTrace").and_then(Value::as_array).into_iter().flatten();
    let trace = trace.filter_map(Value::as_str).map(str::to_owned).collect();
    FunctionError { kind: kind.to_owned(), message: message.to_owned(), trace }
}

fn accepted(accepted: bool) -> Response {
    match accepted {
        true => (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response(),
        false => error_response(StatusCode::BAD_REQUEST, "InvalidRequestID", "no such invocation is open"),
    }
}

fn error_response(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, Json(json!({ "errorType": kind, "errorMessage": message }))).into_response()
}
