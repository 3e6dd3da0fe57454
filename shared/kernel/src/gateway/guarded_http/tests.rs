//! What may be repeated is repeated, and an attempt that may have had its effect is never forgotten.

use std::{collections::VecDeque, sync::Mutex};

use futures::executor::block_on;
use jiff::SignedDuration;

use super::*;
use crate::{
    gateway::{BreakerPolicy, HttpMethod},
    memory::{MemoryCircuits, MemoryClock, MemoryIds},
};

/// A client with prepared results; it counts the requests.
#[derive(Default)]
struct Prepared {
    results: Mutex<VecDeque<&'static str>>,
    requests: Mutex<u32>,
}

#[async_trait]
impl HttpClient for Prepared {
    async fn send(&self, _: &HttpRequest) -> Result<HttpResponse, HttpError> {
        *self.requests.lock().unwrap() += 1;
        match self.results.lock().unwrap().pop_front().unwrap_or("200") {
            "not sent" => Err(HttpError::NotSent("refused".into())),
            "no answer" => Err(HttpError::NoAnswer("timed out".into())),
            status => Ok(HttpResponse { status: status.parse().unwrap(), body: String::new() }),
        }
    }
}

/// The result of a request, and how many were sent.
fn send(method: HttpMethod, key: Option<&str>, results: &[&'static str]) -> (String, u32) {
    let client = Arc::new(Prepared { results: Mutex::new(results.iter().copied().collect()), ..Prepared::default() });
    let clock = Arc::new(MemoryClock::hasty());
    let breaker = Breaker::new(Arc::new(MemoryCircuits::default()), clock.clone(), BreakerPolicy::USUAL);
    let retry = Backoff { first: SignedDuration::from_millis(100), most: SignedDuration::from_secs(1), tries: 3 };
    let guarded = GuardedHttp::new(client.clone(), breaker, retry, clock, Arc::new(MemoryIds::seeded(1)));
    let idempotency_key = key.map(str::to_owned);
    let request = HttpRequest { party: "payments", method, path: "/charges".to_owned(), idempotency_key, body: None };
    let result = match block_on(guarded.send(&request)) {
        Ok(response) => response.status.to_string(),
        Err(HttpError::NotSent(_)) => "not sent".to_owned(),
        Err(HttpError::NoAnswer(_)) => "no answer".to_owned(),
        Err(HttpError::CircuitOpen) => "open".to_owned(),
    };
    let requests = *client.requests.lock().unwrap();
    (result, requests)
}

#[test]
fn a_request_with_a_key_is_repeated_and_one_without_is_not() {
    for failure in ["no answer", "500", "503"] {
        assert_eq!(send(HttpMethod::Post, Some("o-1"), &[failure, failure]), ("200".to_owned(), 3));
        assert_eq!(send(HttpMethod::Get, None, &[failure]), ("200".to_owned(), 2));
        assert_eq!(send(HttpMethod::Post, None, &[failure]), (failure.to_owned(), 1));
    }
}

#[test]
fn a_request_that_was_not_taken_is_always_repeated_and_an_answer_never() {
    for failure in ["not sent", "429"] {
        assert_eq!(send(HttpMethod::Post, None, &[failure, failure]), ("200".to_owned(), 3));
    }
    for answer in ["200", "400", "402", "404", "409", "422"] {
        assert_eq!(send(HttpMethod::Post, Some("o-1"), &[answer]), (answer.to_owned(), 1));
    }
}

#[test]
fn retries_have_an_end() {
    assert_eq!(send(HttpMethod::Post, Some("o-1"), &["500"; 9]), ("500".to_owned(), 3));
    assert_eq!(send(HttpMethod::Post, Some("o-1"), &["not sent"; 9]), ("not sent".to_owned(), 3));
}

#[test]
fn what_may_have_had_its_effect_stays_uncertain() {
    assert_eq!(
        send(HttpMethod::Post, Some("o-1"), &["no answer", "not sent", "not sent"]),
        ("no answer".to_owned(), 3)
    );
    assert_eq!(send(HttpMethod::Post, Some("o-1"), &["500", "429", "not sent"]), ("500".to_owned(), 3));
    assert_eq!(
        send(HttpMethod::Post, Some("o-1"), &["not sent", "no answer", "not sent"]),
        ("no answer".to_owned(), 3)
    );
}
