//! A transport for clients in this process: the same responses, without a connection.

use std::{
    convert::Infallible,
    sync::{Arc, PoisonError, RwLock},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{Request, Response},
};
use tower_service::Service;

use super::protocol::LARGEST_BODY;

/// The transport. Clones share it. It is closed until the cloud serves requests, and after it has stopped.
#[derive(Clone, Default)]
pub struct InProcessTransport {
    router: Arc<RwLock<Option<Router>>>,
}

/// There is no response.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The cloud does not serve requests, yet or any more.
    #[error("the local cloud is not running")]
    Closed,
    /// The response broke off.
    #[error("the response cannot be read")]
    Unreadable(#[source] axum::Error),
}

impl std::fmt::Debug for InProcessTransport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("InProcessTransport")
    }
}

impl InProcessTransport {
    /// Sends a request and returns the response.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Bytes>, TransportError> {
        let router = self.router.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut router = router.ok_or(TransportError::Closed)?;
        let Ok::<_, Infallible>(answer) = router.call(request.map(Body::from)).await;
        let (head, body) = answer.into_parts();
        // A response may be many times as long as a request.
        let body = to_bytes(body, 8 * LARGEST_BODY).await.map_err(TransportError::Unreadable)?;
        Ok(Response::from_parts(head, body))
    }

    /// Opens the transport until the guard is dropped.
    pub(super) fn open(&self, router: Router) -> Open {
        *self.router.write().unwrap_or_else(PoisonError::into_inner) = Some(router);
        Open(self.clone())
    }
}

/// Closes the transport when it is dropped.
pub(super) struct Open(InProcessTransport);

impl Drop for Open {
    fn drop(&mut self) {
        *self.0.router.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
