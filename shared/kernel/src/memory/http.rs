//! [`MemoryHttp`]: outside systems in memory, as a function from requests to responses.

use std::sync::Mutex;

use async_trait::async_trait;

use crate::{
    gateway::{HttpClient, HttpError, HttpRequest, HttpResponse},
    memory::lock::lock,
};

type Answer = dyn Fn(&HttpRequest) -> Result<HttpResponse, HttpError> + Send + Sync;

/// Outside systems in memory. Until a function answers, no request is sent.
#[derive(Default)]
pub struct MemoryHttp {
    answer: Mutex<Option<Box<Answer>>>,
}

impl MemoryHttp {
    /// From now on this function answers.
    pub fn answer_with(
        &self,
        answer: impl Fn(&HttpRequest) -> Result<HttpResponse, HttpError> + Send + Sync + 'static,
    ) {
        *lock(&self.answer) = Some(Box::new(answer));
    }
}

#[async_trait]
impl HttpClient for MemoryHttp {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        match lock(&self.answer).as_ref() {
            Some(answer) => answer(request),
            None => Err(HttpError::NotSent(format!("there is no outside system {}", request.party).into())),
        }
    }
}
