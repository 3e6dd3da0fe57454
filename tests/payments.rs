//! The simulated payment provider behind the port of the outside systems: reliable, or with the faults of a network.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use causeway::{
    gateway::{HttpClient, HttpError, HttpMethod, HttpRequest, HttpResponse},
    memory::MemoryHttp,
    testing::sim::Rng,
    time::clock::Clock,
};
use causeway_local::payments::{PaymentProvider, Sent};
use jiff::{SignedDuration, Timestamp};

/// Lets a new provider answer without faults but those of its tokens.
pub fn serve(http: &MemoryHttp) -> Arc<PaymentProvider> {
    let provider = Arc::new(PaymentProvider::open(None).unwrap_or_else(|error| panic!("{error}")));
    let answering = Arc::clone(&provider);
    http.answer_with(move |request| answer(&answering, request));
    provider
}

/// The provider's answer to a request.
pub fn answer(provider: &PaymentProvider, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
    let body = request.body.as_deref().unwrap_or_default();
    let answer = provider.answer(request.method.as_str(), &request.path, request.idempotency_key.as_deref(), body);
    match answer {
        Ok(answer) if answer.sent == Sent::Yes => Ok(HttpResponse { status: answer.status, body: answer.body }),
        Ok(_) => Err(HttpError::NoAnswer("the connection was closed".into())),
        Err(error) => Err(HttpError::NoAnswer(error.into())),
    }
}

/// How often a request meets a fault, from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct NetworkFaults {
    /// The provider gets the request, and its answer is lost.
    pub lost: f64,
    /// The caller gives up, and the provider gets the request later: after others, or at the end.
    pub late: f64,
    /// The provider gets the request twice.
    pub doubled: f64,
    /// The provider fails or refuses the request without an effect.
    pub failed: f64,
}

/// A provider behind an unreliable network, which is down for a while.
pub struct UnreliableProvider {
    provider: Arc<PaymentProvider>,
    faults: NetworkFaults,
    rng: Rng,
    clock: Arc<dyn Clock>,
    down: Option<(Timestamp, Timestamp)>,
    late: Mutex<Vec<HttpRequest>>,
    counted: Mutex<Counted>,
}

/// What an unreliable provider has counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    /// The requests while it was down.
    pub while_down: u64,
}

impl UnreliableProvider {
    /// This provider, down from a time after now for a duration.
    pub fn new(
        provider: Arc<PaymentProvider>,
        faults: NetworkFaults,
        seed: u64,
        clock: Arc<dyn Clock>,
        down: Option<(SignedDuration, SignedDuration)>,
    ) -> Self {
        let now = clock.now();
        let down = down.map(|(from, lasting)| (now + from, now + from + lasting));
        let (rng, late, counted) = (Rng::seeded(seed), Mutex::default(), Mutex::default());
        Self { provider, faults, rng, clock, down, late, counted }
    }

    /// The provider gets everything that is still on its way.
    pub fn deliver_late(&self) {
        for request in std::mem::take(&mut *self.late.lock().unwrap_or_else(|_| panic!("poisoned"))) {
            answer(&self.provider, &request).ok();
        }
    }

    /// What it has counted.
    pub fn counted(&self) -> Counted {
        *self.counted.lock().unwrap_or_else(|_| panic!("poisoned"))
    }

    fn is_down(&self) -> bool {
        let now = self.clock.now();
        self.down.is_some_and(|(from, until)| from <= now && now < until)
    }
}

#[async_trait]
impl HttpClient for UnreliableProvider {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let wait = self.rng.up_to(SignedDuration::from_millis(400));
        self.clock.sleep(wait).await;
        if self.is_down() {
            self.counted.lock().unwrap_or_else(|_| panic!("poisoned")).while_down += 1;
            return Ok(HttpResponse { status: 503, body: "down".to_owned() });
        }
        if self.rng.happens(0.3) {
            self.deliver_late();
        }
        let NetworkFaults { lost, late, doubled, failed } = self.faults;
        if self.rng.happens(failed) {
            return match self.rng.below(3) {
                0 => Ok(HttpResponse { status: 429, body: "slow down".to_owned() }),
                1 => Ok(HttpResponse { status: 500, body: "<html>".to_owned() }),
                _ => Err(HttpError::NotSent("refused".into())),
            };
        }
        if request.method == HttpMethod::Post && self.rng.happens(late) {
            self.late.lock().unwrap_or_else(|_| panic!("poisoned")).push(request.clone());
            self.clock.sleep(SignedDuration::from_secs(4)).await;
            return Err(HttpError::NoAnswer("timed out".into()));
        }
        if self.rng.happens(doubled) {
            answer(&self.provider, request).ok();
        }
        let answered = answer(&self.provider, request);
        if self.rng.happens(lost) {
            return Err(HttpError::NoAnswer("the answer was lost".into()));
        }
        answered
    }
}
