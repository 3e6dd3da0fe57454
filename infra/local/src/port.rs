//! One port for all of the local cloud: every protocol of AWS on one address, told apart by target header and path.
//! Signatures are read by nobody. What is not known is answered with AWS's own error and a line in the log.

mod answer;
mod control;
mod dynamo;
mod functions;
mod identity;
mod mail;
mod request;
mod schedules;
mod shard;
mod target;
#[cfg(test)]
mod tests;

use std::future::IntoFuture;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response;
use axum::routing::any;
use axum::routing::get;
use axum::routing::post;
use axum::serve::ListenerExt;
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::broadcast;

use crate::clock::Clock;
use crate::events::Events;
use crate::lambda::Functions;
use crate::lambda::Invokes;
use crate::scheduler::Scheduler;
use crate::sqs::Sqs;
use dynamo::Dynamo;
use mail::Mailbox;

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
    /// The clock, for `POST /_causeway/tick`.
    pub clock: Clock,
    /// What is told on `GET /_causeway/feed`, one JSON text for each thing that happens.
    pub feed: broadcast::Sender<String>,
    /// The tables.
    pub database: Database,
}

/// What every answer is made from.
#[derive(Clone)]
struct Port {
    parts: Arc<Parts>,
    dynamo: Dynamo,
    mailbox: Arc<Mailbox>,
}

/// Answers on this listener until the future is dropped, or until the listener or the database fails.
pub async fn serve(listener: TcpListener, parts: Parts) -> io::Result<()> {
    // The tables speak their protocol themselves, on an address that only this process is told.
    let tables = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let dynamo = Dynamo::at(tables.local_addr()?);
    let database = dynoxide::server::serve_on(tables, parts.database.clone());
    let port = Port { parts: Arc::new(parts), dynamo, mailbox: Arc::default() };
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "answers on this connection may come a little later");
        }
    });
    tokio::select! {
        served = axum::serve(listener, router(port)).into_future() => served,
        () = database => Err(io::Error::other("the database has stopped answering")),
    }
}

fn router(port: Port) -> Router {
    Router::new()
        .route("/_causeway/health", get(control::health))
        .route("/_causeway/tick", post(control::tick))
        .route("/_causeway/feed", get(control::feed))
        .route("/_causeway/mailbox", get(mail::mailbox))
        .route("/v2/email/outbound-emails", post(mail::send))
        .route("/schedules", any(schedules::all))
        .route("/schedules/{name}", any(schedules::one))
        .route("/schedule-groups", any(schedules::all_groups))
        .route("/schedule-groups/{name}", any(schedules::one_group))
        .route("/2015-03-31/functions", get(functions::list))
        .route("/2015-03-31/functions/", get(functions::list))
        .route("/2015-03-31/functions/{name}", get(functions::describe))
        .route("/2015-03-31/functions/{name}/configuration", get(functions::configuration))
        .route("/2015-03-31/functions/{name}/invocations", post(functions::invoke))
        // Some SDKs send to the URL of a queue, so every other path may carry a target too.
        .fallback(target::answer)
        .method_not_allowed_fallback(target::answer)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(map_response(answer::with_request_id))
        .with_state(port)
}
