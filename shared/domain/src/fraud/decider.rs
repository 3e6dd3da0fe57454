//! The rules of suspicions.

use causeway::{
    Decider, Effect, MessageId, Rejection,
    pattern::{Event, EventOutcome, KeyState},
};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    events::{
        FraudCommand, FraudEvent, FraudFactRecorded, FraudSuspected, HoldRejected, HoldReleased, OrderHeld, RejectHold,
        ReleaseHold,
    },
    facts::{Fact, PATTERNS},
};
use crate::{ids::OrderId, order::PlaceOrder};

/// How far a fact may be behind the newest one of its user. An older one is not taken.
pub const LATENESS: SignedDuration = SignedDuration::from_mins(10);

/// The number of recent facts that are remembered by their ids.
const MAX_RECENT: usize = 500;

/// The number of orders of a user that may wait at the same time.
pub const MAX_WAITING: usize = 20;

/// The number of decided holds in the state: the newest.
const MAX_DECIDED: usize = 50;

/// The maximum length of a reason in characters.
const MAX_REASON_LENGTH: usize = 500;

/// The rules of suspicions.
#[derive(Debug)]
pub struct Fraud;

/// What comes to a user's suspicions.
#[derive(Clone, Debug, PartialEq)]
pub enum FraudInput {
    /// Something happened.
    Fact(Fact),
    /// An order of a suspected user shall wait.
    Hold(PlaceOrder),
    /// A person decides.
    Command(FraudCommand),
}

/// The suspicions of a user.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FraudState {
    /// The patterns that have begun, by what they have in common.
    #[schemars(with = "serde_json::Value")]
    patterns: Vec<KeyState>,
    /// The time of the newest fact.
    #[schemars(with = "Option<String>")]
    newest: Option<Timestamp>,
    /// The recorded facts that may come again, with their times.
    #[schemars(with = "serde_json::Value")]
    recent: Vec<(MessageId, Timestamp)>,
    /// Whether the next order waits.
    suspected: bool,
    /// The orders that wait.
    waiting: Vec<PlaceOrder>,
    /// The orders about which a person has decided, and whether they were released; the newest last.
    decided: Vec<(OrderId, bool)>,
}

/// Why a command about a suspicion is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FraudRejection {
    /// No such order waits.
    #[error("orderId: no such order of this user waits")]
    NotHeld,
    /// The order was released.
    #[error("orderId: this order was released")]
    AlreadyReleased,
    /// The order was rejected.
    #[error("orderId: this order was rejected")]
    AlreadyRejected,
    /// An order with this id and other content waits.
    #[error("orderId: an order of this id waits with other content")]
    HeldOtherwise,
    /// Too many orders of the user wait.
    #[error("userId: {MAX_WAITING} orders of this user wait for a person")]
    TooManyWaiting,
    /// The reason is blank or too long.
    #[error("reason: 1 to {MAX_REASON_LENGTH} characters, and not only blanks")]
    ReasonOutOfBounds,
}

impl Rejection for FraudRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::NotHeld => "NotHeld",
            Self::AlreadyReleased => "AlreadyReleased",
            Self::AlreadyRejected => "AlreadyRejected",
            Self::HeldOtherwise => "HeldOtherwise",
            Self::TooManyWaiting => "TooManyWaiting",
            Self::ReasonOutOfBounds => "ReasonOutOfBounds",
        }
    }
}

impl Decider for Fraud {
    const CONTEXT: &'static str = "fraud";
    // The state of the patterns is another since the first revision.
    const STATE_REVISION: u32 = 2;
    type State = FraudState;
    type Command = FraudInput;
    type Event = FraudEvent;
    type Rejection = FraudRejection;

    fn decide(state: &FraudState, input: &FraudInput) -> Result<Vec<FraudEvent>, FraudRejection> {
        match input {
            FraudInput::Fact(fact) => Ok(state.observe(fact)),
            FraudInput::Hold(order) => state.hold(order),
            FraudInput::Command(FraudCommand::ReleaseHold(release)) => state.release(release),
            FraudInput::Command(FraudCommand::RejectHold(reject)) => state.reject(reject),
        }
    }

    fn evolve(mut state: FraudState, event: &FraudEvent) -> FraudState {
        match event {
            FraudEvent::FraudFactRecorded(recorded) => {
                let FraudFactRecorded { event, event_id, at, fields, .. } = recorded;
                state.follow(&Event { name: event, id: event_id, at: *at, data: fields });
                state.recent.retain(|(_, recent)| at.duration_since(*recent) <= LATENESS);
                state.recent.push((event_id.clone(), *at));
                let surplus = state.recent.len().saturating_sub(MAX_RECENT);
                state.recent.drain(..surplus);
            }
            FraudEvent::FraudSuspected(suspected) => {
                state.suspected = true;
                let id = std::slice::from_ref(&suspected.match_id);
                state.patterns.iter_mut().for_each(|pattern| pattern.confirm(id));
            }
            FraudEvent::OrderHeld(held) => state.waiting.push(held.order.clone()),
            FraudEvent::HoldReleased(released) => {
                state.suspected = false;
                state.decide_hold(&released.order.order_id, true);
            }
            FraudEvent::HoldRejected(rejected) => state.decide_hold(&rejected.order_id, false),
        }
        state
    }

    fn effects(_: &FraudState, event: &FraudEvent) -> Vec<Effect> {
        match event {
            FraudEvent::HoldReleased(released) => vec![Effect::send(&released.order.order_id, &released.order)],
            FraudEvent::FraudFactRecorded(_)
            | FraudEvent::FraudSuspected(_)
            | FraudEvent::OrderHeld(_)
            | FraudEvent::HoldRejected(_) => Vec::new(),
        }
    }
}

impl FraudState {
    /// Whether this order is not placed now: it waits, was rejected, or its user is suspected.
    pub fn screens(&self, order: &OrderId) -> bool {
        match self.decision_on(order) {
            Some(released) => !released,
            None => self.suspected || self.waiting_order(order).is_some(),
        }
    }

    /// Whether the user is suspected.
    pub fn is_suspected(&self) -> bool {
        self.suspected
    }

    fn waiting_order(&self, order: &OrderId) -> Option<&PlaceOrder> {
        self.waiting.iter().find(|waiting| waiting.order_id == *order)
    }

    fn decision_on(&self, order: &OrderId) -> Option<bool> {
        self.decided.iter().find(|(decided, _)| decided == order).map(|(_, released)| *released)
    }

    fn decide_hold(&mut self, order: &OrderId, released: bool) {
        self.waiting.retain(|waiting| waiting.order_id != *order);
        self.decided.push((order.clone(), released));
        let surplus = self.decided.len().saturating_sub(MAX_DECIDED);
        self.decided.drain(..surplus);
    }

    /// Takes the event through the patterns; whether one of them has begun or was found.
    fn follow(&mut self, event: &Event<'_>) -> bool {
        self.newest = self.newest.max(Some(event.at));
        let mut goes_on = false;
        for key in PATTERNS.keys(event) {
            let at = self.patterns.iter().position(|pattern| *pattern.key() == key).unwrap_or_else(|| {
                self.patterns.push(KeyState::new(key));
                self.patterns.len() - 1
            });
            let Some(pattern) = self.patterns.get_mut(at) else { continue };
            goes_on |= matches!(PATTERNS.on_event(pattern, event), EventOutcome::Accepted { .. }) && !pattern.is_idle();
        }
        goes_on
    }

    fn observe(&self, fact: &Fact) -> Vec<FraudEvent> {
        let newest = self.newest.unwrap_or(fact.at);
        let is_repeated = self.recent.iter().any(|(id, _)| *id == fact.id);
        if is_repeated || newest.duration_since(fact.at) > LATENESS {
            return Vec::new();
        }
        // A fact from another stream may be older than the newest one.
        let at = newest.max(fact.at);
        let mut after = self.clone();
        if !after.follow(&fact.at(at)) {
            return Vec::new();
        }
        let Fact { event, id, user_id, fields, .. } = fact.clone();
        let recorded = FraudFactRecorded { user_id, event: event.to_owned(), event_id: id, at, fields };
        let found = after.patterns.iter_mut().flat_map(KeyState::take_matches).map(|found| {
            let (pattern, match_id, events) = (found.pattern, found.id, found.events);
            FraudSuspected { user_id: fact.user_id.clone(), pattern, match_id, events }.into()
        });
        std::iter::once(recorded.into()).chain(found).collect()
    }

    /// An order that shall wait does so even if the suspicion is over by now: else it would be lost.
    fn hold(&self, order: &PlaceOrder) -> Result<Vec<FraudEvent>, FraudRejection> {
        match (self.decision_on(&order.order_id), self.waiting_order(&order.order_id)) {
            (Some(true), _) => Err(FraudRejection::AlreadyReleased),
            (Some(false), _) => Err(FraudRejection::AlreadyRejected),
            (None, Some(waiting)) if waiting == order => Ok(Vec::new()),
            (None, Some(_)) => Err(FraudRejection::HeldOtherwise),
            (None, None) if self.waiting.len() >= MAX_WAITING => Err(FraudRejection::TooManyWaiting),
            (None, None) => Ok(vec![OrderHeld { user_id: order.user_id.clone(), order: order.clone() }.into()]),
        }
    }

    fn release(&self, release: &ReleaseHold) -> Result<Vec<FraudEvent>, FraudRejection> {
        let ReleaseHold { user_id, order_id } = release.clone();
        match (self.decision_on(&order_id), self.waiting_order(&order_id)) {
            (Some(true), _) => Ok(Vec::new()),
            (Some(false), _) => Err(FraudRejection::AlreadyRejected),
            (None, None) => Err(FraudRejection::NotHeld),
            (None, Some(order)) => Ok(vec![HoldReleased { user_id, order: order.clone() }.into()]),
        }
    }

    fn reject(&self, reject: &RejectHold) -> Result<Vec<FraudEvent>, FraudRejection> {
        let RejectHold { user_id, order_id, reason } = reject.clone();
        match (self.decision_on(&order_id), self.waiting_order(&order_id)) {
            (Some(false), _) => Ok(Vec::new()),
            (Some(true), _) => Err(FraudRejection::AlreadyReleased),
            (None, None) => Err(FraudRejection::NotHeld),
            (None, Some(_)) if reason.trim().is_empty() || reason.chars().count() > MAX_REASON_LENGTH => {
                Err(FraudRejection::ReasonOutOfBounds)
            }
            (None, Some(_)) => Ok(vec![HoldRejected { user_id, order_id, reason }.into()]),
        }
    }
}
