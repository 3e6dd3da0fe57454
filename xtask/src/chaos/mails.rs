//! What must hold of the mails. A mailer takes no key, so a mail that may have been sent is never sent again: a sender
//! that was killed between sending and recording leaves an accepted mail, of which the log says `outcome unknown`.

use std::collections::BTreeMap;

use domain::{
    notification::{EmailKind, NotificationEvent},
    order::OrderEvent,
};
use serde_json::Value;

use super::final_state::FinalState;

/// What the log says when nobody can tell whether a mail was sent.
const UNKNOWN: &str = "outcome unknown";

/// What became of the mails about one order.
#[derive(Default)]
struct Outcome {
    sent: usize,
    unknown: usize,
    failed: Vec<String>,
}

/// What does not hold.
pub(super) fn broken(end: &FinalState) -> Vec<String> {
    let mut outcomes: BTreeMap<String, Outcome> = BTreeMap::new();
    let mut broken = Vec::new();
    for (stream, events) in end.of_context::<NotificationEvent>("notification") {
        if events.len() != 1 {
            broken.push(format!("{stream} records {} outcomes", events.len()));
        }
        for recorded in events {
            let (order, kind) = match &recorded.event {
                NotificationEvent::EmailSent(sent) => (sent.order_id.to_string(), sent.kind),
                NotificationEvent::EmailFailed(failed) => (failed.order_id.to_string(), failed.kind),
            };
            let confirmed = matches!(kind, EmailKind::OrderConfirmation);
            let outcome = outcomes.entry(format!("{order} {}", subject(confirmed))).or_default();
            match recorded.event {
                NotificationEvent::EmailSent(_) => outcome.sent += 1,
                NotificationEvent::EmailFailed(failed) if failed.reason == UNKNOWN => outcome.unknown += 1,
                NotificationEvent::EmailFailed(failed) => outcome.failed.push(failed.reason),
            }
        }
    }
    for (order, mails) in &end.mails {
        for confirmed in [true, false] {
            let about = format!("{order} {}", subject(confirmed));
            let subject = format!("Your order {order} is {}", subject(confirmed));
            let accepted = mails.iter().filter(|mail| subject_of(mail) == Some(subject.as_str())).count();
            let Outcome { sent, unknown, failed } = outcomes.remove(&about).unwrap_or_default();
            let is_well = match (sent, unknown) {
                (1, 0) => accepted == 1,
                (0, 1) => accepted <= 1,
                (0, 0) => accepted == 0,
                _ => false,
            };
            if !is_well || !failed.is_empty() {
                broken.push(format!("{about}: {accepted} accepted, {sent} recorded, {unknown} unknown, {failed:?}"));
            }
            if is_missing(end, order, confirmed) && sent + unknown == 0 {
                broken.push(format!("{about}: nobody was told"));
            }
        }
    }
    broken
}

fn is_missing(end: &FinalState, order: &str, confirmed: bool) -> bool {
    end.events::<OrderEvent>("order", order).iter().any(|event| match event {
        OrderEvent::OrderConfirmed(_) => confirmed,
        OrderEvent::OrderCancelled(_) => !confirmed,
        _ => false,
    })
}

fn subject(confirmed: bool) -> &'static str {
    if confirmed { "confirmed" } else { "cancelled" }
}

fn subject_of(mail: &Value) -> Option<&str> {
    mail.pointer("/Content/Simple/Subject/Data").and_then(Value::as_str)
}
