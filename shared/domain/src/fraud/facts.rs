//! What patterns see of the events of other contexts, and the patterns.

use std::sync::LazyLock;

use causeway::{
    Message, MessageId,
    pattern::{Event, PatternSpec, Patterns},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    account::{MoneyDeposited, MoneyWithdrawn},
    ids::UserId,
    order::OrderPlaced,
    payment::{PaymentFailed, PaymentFailure},
    user::UserEmailUpdated,
};

/// The patterns as data.
const SPECS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/fraud-patterns.json"));

/// The patterns; a test compiles them.
pub(super) static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let specs: Vec<PatternSpec> = serde_json::from_str(SPECS).expect("infra/fraud-patterns.json has patterns");
    Patterns::compile(&specs).expect("infra/fraud-patterns.json has valid patterns")
});

/// An event of another context, as patterns see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The name of the event.
    pub event: &'static str,
    /// The id of the event.
    pub id: MessageId,
    /// When it happened.
    pub at: Timestamp,
    /// The user.
    pub user_id: UserId,
    /// Its fields.
    pub fields: Value,
}

impl Fact {
    /// A payment that failed: `userId`, `declined`.
    pub fn payment_failed(id: &MessageId, at: Timestamp, failed: &PaymentFailed) -> Self {
        let declined = matches!(failed.because, PaymentFailure::Declined { .. });
        let fields = json!({ "userId": failed.user_id, "declined": declined });
        Self { event: PaymentFailed::NAME, id: id.clone(), at, user_id: failed.user_id.clone(), fields }
    }

    /// A new e-mail address: `userId`.
    pub fn user_email_updated(id: &MessageId, at: Timestamp, updated: &UserEmailUpdated) -> Self {
        let fields = json!({ "userId": updated.user_id });
        Self { event: UserEmailUpdated::NAME, id: id.clone(), at, user_id: updated.user_id.clone(), fields }
    }

    /// A placed order: `userId`, `total.amount`, `total.currency`.
    pub fn order_placed(id: &MessageId, at: Timestamp, placed: &OrderPlaced) -> Self {
        let fields = json!({ "userId": placed.user_id, "total": placed.total });
        Self { event: OrderPlaced::NAME, id: id.clone(), at, user_id: placed.user_id.clone(), fields }
    }

    /// A deposit to an account of this user: `userId`, `accountId`, `amount.amount`, `amount.currency`.
    pub fn money_deposited(id: &MessageId, at: Timestamp, owner: &UserId, deposited: &MoneyDeposited) -> Self {
        let MoneyDeposited { account_id, amount, .. } = deposited;
        let fields = json!({ "userId": owner, "accountId": account_id, "amount": amount });
        Self { event: MoneyDeposited::NAME, id: id.clone(), at, user_id: owner.clone(), fields }
    }

    /// A withdrawal from an account of this user: the same fields.
    pub fn money_withdrawn(id: &MessageId, at: Timestamp, owner: &UserId, withdrawn: &MoneyWithdrawn) -> Self {
        let MoneyWithdrawn { account_id, amount, .. } = withdrawn;
        let fields = json!({ "userId": owner, "accountId": account_id, "amount": amount });
        Self { event: MoneyWithdrawn::NAME, id: id.clone(), at, user_id: owner.clone(), fields }
    }

    /// As an event of the patterns, at this time.
    pub(super) fn at(&self, at: Timestamp) -> Event<'_> {
        Event { name: self.event, id: &self.id, at, data: &self.fields }
    }
}
