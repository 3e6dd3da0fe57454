//! A payment provider, simulated: an outside system with idempotency keys, which declines, hangs, fails, or loses its answers,
//! by rules in the payment token.
//!
//! | token | what happens |
//! |---|---|
//! | `tok_declined` | the charge is declined |
//! | `tok_pending` | the first answer says that the charge is under way; later ones, that it was made |
//! | `tok_lost` | the charge is made, and the first answer is lost |
//! | `tok_hangs`, `tok_hangs_once` | no answer and no charge: always, or for the first request |
//! | `tok_unavailable`, `tok_unavailable_once` | 503 and no charge: always, or for the first request |
//! | `tok_malformed` | the charge is made, and the answer to the request is not JSON |
//! | `tok_twice` | the network delivers the request twice |
//! | any other | the charge is made; one above 1,000,000 minor units is declined |
//!
//! A request without an idempotency key charges each time, as with real providers.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::wal::{Wal, WalError};

/// The largest amount that is charged, in minor units.
pub const LIMIT: i64 = 1_000_000;

/// The simulated provider.
#[derive(Debug)]
pub struct PaymentProvider {
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    wal: Wal<Charge>,
    /// In the order of the requests.
    charges: Vec<Charge>,
    /// The number of requests to charge, by the key of the charge.
    requests: BTreeMap<String, u32>,
}

/// A charge, or a key under which none will be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    /// The id: `ch-1`.
    pub id: String,
    /// The caller's name for it, which is the id of the order.
    pub key: String,
    /// The idempotency key of the request.
    pub idempotency_key: Option<String>,
    /// What was requested; nothing, if the key was closed before.
    pub request: Option<ChargeRequest>,
    /// The status.
    pub status: ChargeStatus,
    /// The id of the refund of the whole amount.
    pub refund: Option<String>,
}

/// What a charge was requested with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeRequest {
    key: String,
    /// The amount in minor units.
    pub amount: i64,
    /// The currency.
    pub currency: String,
    token: String,
}

/// The status of a charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChargeStatus {
    /// It is under way, and will be made.
    Pending,
    /// It was made.
    Succeeded,
    /// It was declined for this reason.
    Declined(String),
    /// It was closed before it was made, and will not be made.
    Closed,
}

/// An answer of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// Whether the caller gets it.
    pub sent: Sent,
}

/// Whether an answer reaches the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It does.
    Yes,
    /// The connection is closed.
    Lost,
    /// The connection stays open without an answer.
    Hangs,
}

impl PaymentProvider {
    /// Opens the provider with its write-ahead log at this path. Without a path the charges are kept in memory.
    pub fn open(path: Option<&Path>) -> Result<Self, WalError> {
        let (wal, records) = match path {
            Some(path) => Wal::open(path)?,
            None => (Wal::in_memory(), Vec::new()),
        };
        let mut books = Books { wal, charges: Vec::new(), requests: BTreeMap::new() };
        records.into_iter().for_each(|charge| books.put(charge));
        Ok(Self { books: Mutex::new(books) })
    }

    /// All charges and closed keys, in the order of the requests.
    pub fn charges(&self) -> Vec<Charge> {
        self.books().charges.clone()
    }

    /// Answers a request; the path is the one below the provider's address.
    pub fn answer(
        &self,
        method: &str,
        path: &str,
        idempotency_key: Option<&str>,
        body: &str,
    ) -> Result<Answer, WalError> {
        let mut books = self.books();
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (method, segments.as_slice()) {
            ("POST", ["charges"]) => books.charge(idempotency_key, body),
            ("GET", ["charges", key]) => Ok(books.find(key)),
            ("POST", ["charges", key, "close"]) => books.close(key),
            ("POST", ["charges", key, "refund"]) => books.refund(key),
            _ => Ok(answer(404, json!({ "error": format!("{method} {path} is not known") }))),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Charge {
    /// The amount that the caller has paid: what was charged and not refunded.
    pub fn paid(&self) -> i64 {
        let charged = self.status == ChargeStatus::Succeeded && self.refund.is_none();
        self.request.as_ref().filter(|_| charged).map_or(0, |request| request.amount)
    }

    fn body(&self) -> Value {
        let Self { id, key, .. } = self;
        match (&self.status, &self.request) {
            (ChargeStatus::Pending, _) => json!({ "status": "pending", "key": key }),
            (ChargeStatus::Declined(reason), _) => json!({ "status": "declined", "key": key, "reason": reason }),
            (ChargeStatus::Succeeded, Some(ChargeRequest { amount, currency, .. })) => {
                json!({ "status": "succeeded", "key": key, "id": id, "amount": amount, "currency": currency })
            }
            (ChargeStatus::Closed, _) | (ChargeStatus::Succeeded, None) => json!({ "status": "closed", "key": key }),
        }
    }

    /// The answer to the request that made it, or to its repeat.
    fn answer(&self) -> Answer {
        let status = match self.status {
            ChargeStatus::Succeeded => 201,
            ChargeStatus::Declined(_) => 402,
            ChargeStatus::Pending | ChargeStatus::Closed => 409,
        };
        answer(status, self.body())
    }
}

impl Books {
    fn charge(&mut self, idempotency_key: Option<&str>, body: &str) -> Result<Answer, WalError> {
        let request: ChargeRequest = match serde_json::from_str(body) {
            Ok(request) => request,
            Err(error) => return Ok(answer(400, json!({ "error": error.to_string() }))),
        };
        if request.amount <= 0 {
            return Ok(answer(400, json!({ "error": "the amount must be positive" })));
        }
        let count = self.requests.entry(request.key.clone()).or_default();
        *count += 1;
        let first = *count == 1;
        match request.token.as_str() {
            "tok_hangs" => return Ok(Answer { sent: Sent::Hangs, ..answer(200, Value::Null) }),
            "tok_hangs_once" if first => return Ok(Answer { sent: Sent::Hangs, ..answer(200, Value::Null) }),
            "tok_unavailable" => return Ok(unavailable()),
            "tok_unavailable_once" if first => return Ok(unavailable()),
            _ => {}
        }
        let again = request.token == "tok_twice";
        let token = request.token.clone();
        if again {
            self.make(idempotency_key, request.clone())?;
        }
        let made = self.make(idempotency_key, request)?;
        Ok(match token.as_str() {
            "tok_lost" if first => Answer { sent: Sent::Lost, ..made },
            "tok_malformed" => Answer { status: 200, body: "<html>".to_owned(), ..made },
            _ => made,
        })
    }

    /// Makes the charge of a request, or returns the one that was made under its idempotency key.
    fn make(&mut self, idempotency_key: Option<&str>, request: ChargeRequest) -> Result<Answer, WalError> {
        let closed = |charge: &&Charge| charge.key == request.key && charge.status == ChargeStatus::Closed;
        if let Some(closed) = self.charges.iter().find(closed) {
            return Ok(closed.answer());
        }
        let same_key =
            |charge: &&Charge| idempotency_key.is_some() && charge.idempotency_key.as_deref() == idempotency_key;
        if let Some(known) = self.charges.iter().find(same_key).cloned() {
            return match known.request.as_ref() == Some(&request) {
                true => Ok(self.settle(known)?.answer()),
                false => Ok(answer(422, json!({ "error": "the key was used for another request" }))),
            };
        }
        let status = match request.token.as_str() {
            "tok_declined" => ChargeStatus::Declined("insufficient funds".to_owned()),
            _ if request.amount > LIMIT => ChargeStatus::Declined("above the limit".to_owned()),
            "tok_pending" => ChargeStatus::Pending,
            _ => ChargeStatus::Succeeded,
        };
        let (id, key) = (format!("ch-{}", self.charges.len() + 1), request.key.clone());
        let idempotency_key = idempotency_key.map(str::to_owned);
        let charge = Charge { id, key, idempotency_key, request: Some(request), status, refund: None };
        self.store(charge.clone())?;
        Ok(charge.answer())
    }

    fn find(&mut self, key: &str) -> Answer {
        match self.known(key) {
            // A look-up must not fail for its own log: the charge is settled again with the next request.
            Some(charge) => answer(200, self.settle(charge.clone()).unwrap_or(charge).body()),
            None => answer(404, json!({ "status": "unknown", "key": key })),
        }
    }

    fn close(&mut self, key: &str) -> Result<Answer, WalError> {
        let charge = match self.known(key) {
            Some(known) => self.settle(known)?,
            None => {
                let (id, key) = (format!("ch-{}", self.charges.len() + 1), key.to_owned());
                let closed = Charge {
                    id,
                    key,
                    idempotency_key: None,
                    request: None,
                    status: ChargeStatus::Closed,
                    refund: None,
                };
                self.store(closed.clone())?;
                closed
            }
        };
        Ok(answer(200, charge.body()))
    }

    fn refund(&mut self, key: &str) -> Result<Answer, WalError> {
        let Some(mut charge) = self.known(key) else {
            return Ok(answer(404, json!({ "status": "unknown", "key": key })));
        };
        let Some(ChargeRequest { amount, currency, .. }) =
            charge.request.clone().filter(|_| charge.status == ChargeStatus::Succeeded)
        else {
            return Ok(answer(409, charge.body()));
        };
        let id = format!("re-{}", charge.id);
        if charge.refund.is_none() {
            charge.refund = Some(id.clone());
            self.store(charge)?;
        }
        Ok(answer(200, json!({ "key": key, "id": id, "amount": amount, "currency": currency })))
    }

    /// A charge that is under way is made.
    fn settle(&mut self, charge: Charge) -> Result<Charge, WalError> {
        if charge.status != ChargeStatus::Pending {
            return Ok(charge);
        }
        let made = Charge { status: ChargeStatus::Succeeded, ..charge };
        self.store(made.clone())?;
        Ok(made)
    }

    fn known(&self, key: &str) -> Option<Charge> {
        self.charges.iter().find(|charge| charge.key == key).cloned()
    }

    fn store(&mut self, charge: Charge) -> Result<(), WalError> {
        self.wal.append(&charge)?;
        self.put(charge);
        if self.wal.is_worth_compacting()
            && let Err(error) = self.wal.compact(&self.charges)
        {
            tracing::warn!(%error, "the log of the payments could not be compacted");
        }
        Ok(())
    }

    fn put(&mut self, charge: Charge) {
        match self.charges.iter_mut().find(|known| known.id == charge.id) {
            Some(known) => *known = charge,
            None => self.charges.push(charge),
        }
    }
}

fn answer(status: u16, body: Value) -> Answer {
    Answer { status, body: body.to_string(), sent: Sent::Yes }
}

fn unavailable() -> Answer {
    answer(503, json!({ "error": "come back later" }))
}
