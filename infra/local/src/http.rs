//! One port for all of the local cloud: every protocol of AWS on one address, told apart by target header and path.
//! Signatures are read by nobody. What is not known is answered with AWS's own error and a line in the log.

mod answer;
mod control;
mod dynamo;
mod fast_path;
mod faults;
mod functions;
mod identity;
mod in_process;
mod mail;
mod request;
mod schedules;
pub(crate) mod shard;
mod target;
#[cfg(test)]
mod tests;
mod tick;

pub use in_process::{InProcessTransport, TransportError};
pub use mail::Mailbox;

use std::{future::IntoFuture, io, net::Ipv4Addr, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn_with_state, map_response},
    routing::{any, get, post, put},
    serve::ListenerExt,
};
use dynoxide::Database;
use tokio::{net::TcpListener, sync::broadcast};

use crate::{
    clock::Clock,
    cloud::TimeDriver,
    events::Events,
    faults::Faults,
    lambda::{Functions, Invokes},
    scheduler::Scheduler,
    sqs::Sqs,
    write_notifier::WriteNotifier,
};
use dynamo::Dynamo;

/// The largest body that is read, in bytes.
pub const LARGEST_BODY: usize = 8 * 1024 * 1024;

/// What answers behind the port.
pub struct Parts {
    /// The account of which callers are told that they are in it.
    pub account: String,
    /// The queues.
    pub sqs: Sqs,
    /// The buses.
    pub events: Arc<Events>,
    /// The schedules.
    pub scheduler: Arc<Scheduler>,
    /// The functions, for invokes that are waited for.
    pub functions: Functions,
    /// The invokes that nobody waits for.
    pub invokes: Arc<Invokes>,
    /// The clock.
    pub clock: Clock,
    /// Who walks it, for `POST /_causeway/tick`.
    pub time_driver: Arc<TimeDriver>,
    /// What is told on `GET /_causeway/feed`, one JSON text for each thing that happens.
    pub feed: broadcast::Sender<String>,
    /// The tables.
    pub database: Database,
    /// The way in for callers in this process.
    pub transport: InProcessTransport,
    /// Who is told of writes.
    pub writes: WriteNotifier,
    /// The mails.
    pub mailbox: Arc<Mailbox>,
    /// What goes wrong on purpose.
    pub faults: Faults,
}

/// What every answer is made from.
#[derive(Clone)]
struct Port {
    parts: Arc<Parts>,
    dynamo: Dynamo,
}

/// Answers on this listener until the future is dropped, or until the listener or the database fails.
pub async fn serve(listener: TcpListener, parts: Parts) -> io::Result<()> {
    // The tables speak their protocol themselves, on an address that only this process is told.
    let tables = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let dynamo = Dynamo::at(tables.local_addr()?, parts.database.clone(), parts.writes.clone());
    let database = dynoxide::server::serve_on(tables, parts.database.clone());
    let transport = parts.transport.clone();
    let router = router(Port { parts: Arc::new(parts), dynamo });
    let _open = transport.open(router.clone());
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "answers on this connection may come a little later");
        }
    });
    tokio::select! {
        served = axum::serve(listener, router).into_future() => served,
        () = database => Err(io::Error::other("the database has stopped answering")),
    }
}

fn router(port: Port) -> Router {
    let faults = port.parts.faults.clone();
    let router = Router::new()
        .route("/_causeway/health", get(control::health))
        .route("/_causeway/tick", post(tick::tick))
        .route("/_causeway/pause", post(tick::pause))
        .route("/_causeway/resume", post(tick::resume))
        .route("/_causeway/feed", get(control::feed))
        .route("/_causeway/mailbox", get(mail::mailbox))
        .route("/v2/email/outbound-emails", post(mail::send))
        .route("/schedules", any(schedules::all))
        .route("/schedules/{name}", any(schedules::one))
        .route("/schedule-groups", any(schedules::all_groups))
        .route("/schedule-groups/{name}", any(schedules::one_group))
        .route("/2015-03-31/functions", get(functions::list))
        .route("/2015-03-31/functions/", get(functions::list))
        .route("/2015-03-31/functions/{name}", get(functions::describe).delete(functions::delete))
        .route("/2015-03-31/functions/{name}/configuration", get(functions::configuration))
        .route("/2015-03-31/functions/{name}/invocations", post(functions::invoke))
        .route("/2019-09-30/functions/{name}/concurrency", get(functions::concurrency))
        .route(
            "/2017-10-31/functions/{name}/concurrency",
            put(functions::put_concurrency).delete(functions::remove_concurrency),
        )
        // Some SDKs send to the URL of a queue, so every other path may carry a target too.
        .fallback(target::answer)
        .method_not_allowed_fallback(target::answer)
        .layer(DefaultBodyLimit::max(LARGEST_BODY));
    let router = match faults.seed() {
        None => router,
        Some(_) => router.layer(from_fn_with_state(faults, faults::strike)),
    };
    router.layer(map_response(answer::with_request_id)).with_state(port)
}
