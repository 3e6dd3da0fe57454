//! One process of a function with its own Runtime API. A task owns the process: it sees it end, or kills it when the
//! environment is dropped, and reaps it in either case.

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
    FunctionError, Invocation, Listener, Settings,
    desk::{Desk, Work},
    log::follow,
    runtime_api::router,
    variables::variables,
};

/// A running process that waits for work or does some.
pub(super) struct Environment {
    pub(super) function: Arc<Function>,
    pub(super) process_id: u32,
    /// The clock that the process was told.
    pub(super) line: Option<Line>,
    desk: Arc<Desk>,
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
        let not_started = |error: std::io::Error| {
            let message = format!("{} cannot be started: {error}", binary.display());
            FunctionError::new("Runtime.InvalidEntrypoint", message)
        };
        let api = listen().await.map_err(not_started)?;
        let address = api.local_addr().map_err(not_started)?.to_string();
        let mut child = Command::new(&binary)
            .env_clear()
            .envs(variables(settings, &function, line, &address))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(not_started)?;
        let process_id = child.id().unwrap_or_default();
        let (name, out, err) = (&function.name, child.stdout.take(), child.stderr.take());
        if let (Some(out), Some(err)) = (out, err) {
            tokio::spawn(follow(out, name.clone(), process_id, Arc::clone(listener)));
            tokio::spawn(follow(err, name.clone(), process_id, Arc::clone(listener)));
        }
        let (work, incoming) = mpsc::channel(1);
        let (alive, dropped) = oneshot::channel();
        let (end, ended) = watch::channel(None);
        let desk = Arc::new(Desk::new(incoming));
        let served = axum::serve(api, router(Arc::clone(&desk)));
        let server = tokio::spawn(async move {
            // Serving ends only when it is aborted.
            served.await.unwrap_or_default();
        });
        tokio::spawn(own(child, Arc::clone(&desk), dropped, end, server.abort_handle()));
        Ok(Self { function, process_id, line, desk, work, ended, _alive: alive })
    }

    pub(super) fn is_alive(&self) -> bool {
        self.ended.borrow().is_none()
    }

    /// Whether the process ever saw this invocation.
    pub(super) fn has_begun(&self, request_id: &str) -> bool {
        self.desk.has_begun(request_id)
    }

    /// Hands one invocation to the process and waits for its answer or its end.
    pub(super) async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        let request_id = invocation.request_id.clone();
        let (sender, answer) = oneshot::channel();
        let mut ended = self.ended.clone();
        let handed_over = async {
            // Both fail only when the process has ended, which the other branch tells about.
            match self.work.send(Work { invocation, answer: sender }).await {
                Ok(()) => answer.await.ok(),
                Err(_) => None,
            }
        };
        let answered = tokio::select! {
            biased;
            answered = handed_over => answered,
            _ = ended.wait_for(Option::is_some) => None,
        };
        match answered {
            Some(answer) => answer,
            None => Err(self.why_ended(&request_id).await),
        }
    }

    async fn why_ended(&self, request_id: &str) -> FunctionError {
        let mut ended = self.ended.clone();
        let seen = ended.wait_for(Option::is_some).await;
        let mut reason = seen.ok().and_then(|reason| reason.clone()).unwrap_or_default();
        if reason.kind == EXIT {
            reason.message = format!("RequestId: {request_id} Error: {}", reason.message);
        }
        reason
    }
}

/// A place where nobody else ever listened: a process that outlives its cloud says its answer at the place it knew, asks
/// there for more work, and must not find another function's. Where there is only one loopback address, the port is all.
async fn listen() -> std::io::Result<TcpListener> {
    let [one, two, three, ..] = Uuid::new_v4().into_bytes();
    let own = Ipv4Addr::new(127, one, two, three.clamp(2, 254));
    match TcpListener::bind((own, 0)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
    }
}

/// The kind of failure that a process is which ends without an answer.
const EXIT: &str = "Runtime.ExitError";

async fn own(
    mut child: Child,
    desk: Arc<Desk>,
    dropped: oneshot::Receiver<()>,
    end: watch::Sender<Option<FunctionError>>,
    server: AbortHandle,
) {
    let status = tokio::select! {
        status = child.wait() => status,
        _ = dropped => killed(&mut child).await,
        () = desk.end.notified() => killed(&mut child).await,
    };
    let message = match status {
        Ok(status) => how(status),
        Err(error) => format!("Runtime exited with error: {error}"),
    };
    let reason = desk.why_not_begun().unwrap_or_else(|| FunctionError::new(EXIT, message));
    end.send_replace(Some(reason));
    server.abort();
}

async fn killed(child: &mut Child) -> std::io::Result<ExitStatus> {
    child.kill().await?;
    child.wait().await
}

fn how(status: ExitStatus) -> String {
    match status.code() {
        Some(0) => "Runtime exited without providing a reason".to_owned(),
        Some(code) => format!("Runtime exited with error: exit status {code}"),
        None => "Runtime exited with error: signal: killed".to_owned(),
    }
}
