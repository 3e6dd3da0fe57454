//! An execution environment: one process of a function with its own Runtime API. A task owns the process. It waits for
//! the process to end or kills it when the environment is dropped, and reaps it in both cases.

use std::{
    net::Ipv4Addr,
    process::{ExitStatus, Stdio},
    sync::Arc,
};

use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{mpsc, oneshot, watch},
    task::AbortHandle,
};
use uuid::Uuid;

use crate::{clock::Line, template::Function};

use super::{
    env_vars::env_vars,
    log::{Listener, forward_lines},
    runtime_api::{RuntimeSession, Work, router},
    settings::Settings,
};
use crate::lambda::executor::{FunctionError, Invocation};

/// A process, idle or running an invocation.
pub(super) struct Environment {
    pub(super) function: Arc<Function>,
    pub(super) process_id: u32,
    /// The clock in the environment of the process.
    pub(super) line: Option<Line>,
    session: Arc<RuntimeSession>,
    work: mpsc::Sender<Work>,
    ended: watch::Receiver<Option<FunctionError>>,
    // The owner of the process kills it when this goes.
    _alive: oneshot::Sender<()>,
}

impl Environment {
    pub(super) async fn start(
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
        Ok(Self { function, process_id, line, session, work, ended, _alive: alive })
    }

    pub(super) fn is_alive(&self) -> bool {
        self.ended.borrow().is_none()
    }

    /// Whether the process has fetched this invocation.
    pub(super) fn has_started(&self, request_id: &str) -> bool {
        self.session.has_started(request_id)
    }

    /// Passes an invocation to the process and waits for its result or for the end of the process.
    pub(super) async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
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
        Ok(status) => exit_message(status),
        Err(error) => format!("Runtime exited with error: {error}"),
    };
    let reason = session.init_error().unwrap_or_else(|| FunctionError::new(EXIT, message));
    end.send_replace(Some(reason));
    server.abort();
}

async fn kill(child: &mut Child) -> std::io::Result<ExitStatus> {
    child.kill().await?;
    child.wait().await
}

fn exit_message(status: ExitStatus) -> String {
    match status.code() {
        Some(0) => "Runtime exited without providing a reason".to_owned(),
        Some(code) => format!("Runtime exited with error: exit status {code}"),
        None => "Runtime exited with error: signal: killed".to_owned(),
    }
}
