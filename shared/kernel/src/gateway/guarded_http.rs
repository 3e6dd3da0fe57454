//! [`GuardedHttp`]: an HTTP client with retries and a circuit breaker.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    gateway::{
        breaker::Breaker,
        http::{HttpClient, HttpError, HttpRequest, HttpResponse},
    },
    time::{Backoff, Clock, Ids},
};

/// Retries what may be repeated, with backoff and jitter, behind a circuit breaker. Each attempt asks the breaker.
///
/// A request that may have had its effect is repeated only if that is safe; one that was not sent or was throttled always.
pub struct GuardedHttp {
    client: Arc<dyn HttpClient>,
    breaker: Breaker,
    retry: Backoff,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl GuardedHttp {
    /// Guards this client.
    pub fn new(
        client: Arc<dyn HttpClient>,
        breaker: Breaker,
        retry: Backoff,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        Self { client, breaker, retry, clock, ids }
    }

    async fn attempt(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let permit = self.breaker.enter(request.party).await.map_err(|_| HttpError::CircuitOpen)?;
        let result = self.client.send(request).await;
        let failed = result.as_ref().map_or(true, HttpResponse::is_server_error);
        self.breaker.leave(request.party, permit, failed).await;
        result
    }
}

#[async_trait]
impl HttpClient for GuardedHttp {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        // The result of an attempt that may have had its effect: later attempts that were not sent do not replace it.
        let mut uncertain = None;
        let mut retry = 0;
        loop {
            let result = self.attempt(request).await;
            let again = match &result {
                Ok(response) if response.is_server_error() => request.is_repeatable(),
                Ok(response) => response.is_throttled(),
                Err(HttpError::NoAnswer(_)) => request.is_repeatable(),
                Err(HttpError::NotSent(_)) => true,
                Err(HttpError::CircuitOpen) => false,
            };
            let delay = self.retry.delay(retry, self.ids.as_ref()).filter(|_| again);
            let result = match (result, uncertain.take()) {
                (Err(HttpError::NotSent(_) | HttpError::CircuitOpen), Some(before)) => before,
                (Ok(response), Some(before)) if response.is_throttled() => before,
                (result, _) => result,
            };
            let Some(delay) = delay else { return result };
            uncertain = match &result {
                Ok(response) if !response.is_server_error() => None,
                Err(HttpError::NotSent(_) | HttpError::CircuitOpen) => None,
                Ok(_) | Err(HttpError::NoAnswer(_)) => Some(result),
            };
            self.clock.sleep(delay).await;
            retry += 1;
        }
    }
}
