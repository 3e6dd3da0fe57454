//! The HTTP server of the local cloud: one address for all services. The target header and the path select the service and
//! its protocol. Signatures are not checked; requests from other machines and web pages are refused (`request_guard`). An
//! unknown operation gets the error of AWS and a line in the log.

mod api;
mod control;
pub(crate) mod dynamo;
mod faults;
mod functions;
mod in_process;
mod mail;
mod mailbox;
mod payments;
mod protocol;
mod query;
mod schedules;
mod state;
mod target;
#[cfg(test)]
mod tests;

pub use in_process::{InProcessTransport, TransportError};
pub use mailbox::Mailbox;
pub use protocol::LARGEST_BODY;
pub use state::{AwsServices, Services};

use std::{
    future::IntoFuture,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state, map_response},
    routing::{MethodRouter, any, get, post, put},
    serve::ListenerExt,
};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::request_guard;
use dynamo::Dynamo;
use state::HttpState;

/// Serves on this listener until the future is dropped, or until the listener or the database fails.
pub async fn serve(listener: TcpListener, services: Services) -> io::Result<()> {
    let tables = TcpListener::bind(unguessable_address()).await;
    let tables = match tables {
        Ok(tables) => tables,
        // Not every system has more than one loopback address.
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?,
    };
    let AwsServices { database, writes, .. } = &services.aws;
    let dynamo = Dynamo::at(tables.local_addr()?, database.clone(), writes.clone(), services.account_region.clone());
    let database = dynoxide::server::serve_on(tables, database.clone());
    let transport = services.transport.clone();
    let router = router(HttpState { services: Arc::new(services), dynamo });
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

/// A random loopback address with a free port. The database serves its own protocol on it and lets every web page call,
/// so no page may find it.
fn unguessable_address() -> SocketAddr {
    let [first, second, third, ..] = Uuid::new_v4().into_bytes();
    (Ipv4Addr::new(127, first.max(1), second, third.clamp(1, 254)), 0).into()
}

/// All paths that have a handler of their own.
fn routes() -> Vec<(&'static str, MethodRouter<HttpState>)> {
    vec![
        ("/_causeway/health", get(control::health)),
        ("/_causeway/tick", post(control::tick)),
        ("/_causeway/pause", post(control::pause)),
        ("/_causeway/resume", post(control::resume)),
        ("/_causeway/feed", get(control::feed)),
        ("/_causeway/mailbox", get(mail::mailbox)),
        ("/_causeway/payments", get(payments::list)),
        ("/_causeway/payments/{*path}", any(payments::call)),
        ("/_aws/execute-api/{*path}", any(api::of_id)),
        ("/api/{*path}", any(api::only)),
        ("/v2/email/outbound-emails", post(mail::send)),
        ("/schedules", any(schedules::call)),
        ("/schedules/{name}", any(schedules::call)),
        ("/schedule-groups", any(schedules::call)),
        ("/schedule-groups/{name}", any(schedules::call)),
        ("/2015-03-31/functions", get(functions::list)),
        ("/2015-03-31/functions/", get(functions::list)),
        ("/2015-03-31/functions/{name}", get(functions::describe).delete(functions::delete)),
        ("/2015-03-31/functions/{name}/configuration", get(functions::configuration)),
        ("/2015-03-31/functions/{name}/invocations", post(functions::invoke)),
        ("/2019-09-30/functions/{name}/concurrency", get(functions::concurrency)),
        (
            "/2017-10-31/functions/{name}/concurrency",
            put(functions::put_concurrency).delete(functions::remove_concurrency),
        ),
    ]
}

fn router(state: HttpState) -> Router {
    let faults = state.services.faults.clone();
    let router = routes().into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    let router = router
        // Some SDKs send to the URL of a queue, so every other path may carry a target too.
        .fallback(target::answer)
        .method_not_allowed_fallback(target::answer)
        .layer(DefaultBodyLimit::max(LARGEST_BODY));
    let router = match faults.seed() {
        None => router,
        Some(_) => router.layer(from_fn_with_state(faults, faults::inject)),
    };
    router
        .layer(from_fn(request_guard::refuse_foreign))
        .layer(map_response(protocol::with_request_id))
        .with_state(state)
}
