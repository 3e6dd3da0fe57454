//! The port for callers in this very process: the same answers, without a connection.

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

use super::LARGEST_BODY;

/// The way in. A clone is the same way; it is closed until the port answers, and from when it stops on.
#[derive(Clone, Default)]
pub struct InProcessTransport {
    router: Arc<RwLock<Option<Router>>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Nobody answers, yet or any more.
    #[error("the port is closed")]
    Closed,
    /// The answer broke off.
    #[error("the answer cannot be read")]
    Unreadable(#[source] axum::Error),
}

impl std::fmt::Debug for InProcessTransport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Door")
    }
}

impl InProcessTransport {
    /// What the port answers.
    pub async fn ask(&self, request: Request<Vec<u8>>) -> Result<Response<Bytes>, TransportError> {
        let router = self.router.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut router = router.ok_or(TransportError::Closed)?;
        let Ok::<_, Infallible>(answer) = router.call(request.map(Body::from)).await;
        let (head, body) = answer.into_parts();
        // An answer may be many times as long as a request.
        let body = to_bytes(body, 8 * LARGEST_BODY).await.map_err(TransportError::Unreadable)?;
        Ok(Response::from_parts(head, body))
    }

    /// Opens it until what is returned is dropped.
    pub(super) fn open(&self, router: Router) -> Open {
        *self.router.write().unwrap_or_else(PoisonError::into_inner) = Some(router);
        Open(self.clone())
    }
}

/// A door that stands open.
pub(super) struct Open(InProcessTransport);

impl Drop for Open {
    fn drop(&mut self) {
        *self.0.router.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
