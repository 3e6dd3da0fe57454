//! What was read back, and whether it is as it was told.

use domain::order::OrderStatus;
use serde::Serialize;

use super::reader::{MailStands, OrderStands};

/// One thing that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it is as it was told.
    pub holds: bool,
    /// What it is; when it does not hold, also what it should be.
    pub found: String,
}

impl Finding {
    /// Says what is there, and what was expected where that differs.
    pub(super) fn new(holds: bool, is: impl Into<String>, should: &str) -> Self {
        let is = is.into();
        let found = if holds { is } else { format!("{is}; expected: {should}") };
        Self { holds, found }
    }

    /// Where an order stands.
    pub(super) fn of_order(order: &str, stands: &OrderStands, status: OrderStatus, reason: Option<&str>) -> Self {
        let because =
            |reason: Option<&str>| reason.map(|reason| format!(" with the reason {reason:?}")).unwrap_or_default();
        let holds = stands.is_over() && stands.is(status) && stands.reason.as_deref() == reason;
        let is = format!("order {order} is {}{}", stands.word(), because(stands.reason.as_deref()));
        let should = format!("{}{}, and its fulfilment ended", word(status), because(reason));
        Self::new(holds, is, &should)
    }

    /// What the mailbox has about an order.
    pub(super) fn of_mail(order: &str, mail: &MailStands, about: &str) -> Self {
        let should = format!("one mail \"Your order {order} is {about}\"");
        match mail {
            MailStands::Sent { to } => {
                Self::new(true, format!("{to} has one mail: \"Your order {order} is {about}\""), &should)
            }
            MailStands::GivenUp => {
                let told = "no mail: the mailer's answer was lost, and EmailFailed says so instead of a second mail";
                Self::new(true, told, &should)
            }
            MailStands::Missing => Self::new(false, format!("no mail about order {order}"), &should),
            MailStands::Several { number } => Self::new(false, format!("{number} mails about order {order}"), &should),
        }
    }
}

/// Where an order stands, in a word.
pub(super) fn word(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Placed => "placed",
        OrderStatus::Confirmed => "confirmed",
        OrderStatus::Cancelled => "cancelled",
    }
}
