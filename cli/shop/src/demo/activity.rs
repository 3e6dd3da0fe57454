//! From the activity feed of the local cloud to one line per event, delivery failure and fault of a scenario.

use std::collections::{BTreeMap, BTreeSet};

use causeway_cli::{display_name::display_name, preview::cut, up::STACK};
use serde::Serialize;
use serde_json::Value;

/// The width of the names of a cause and its effect.
const NAMES: usize = 48;

/// The length at which an error message is cut; `causeway tail` prints all of it.
const MAX_MESSAGE: usize = 100;

/// The counts of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Messages on the bus.
    pub events: u64,
    /// Function invocations.
    pub invokes: u64,
    /// Failures that are retried.
    pub retries: u64,
    /// Messages that were dead-lettered or lost, as the feed reports them.
    pub given_up: u64,
    /// Injected faults.
    pub faults: u64,
    /// Activity events that the feed dropped because this program was too slow.
    pub missed: u64,
    /// The ids of the messages, by name: a message that is published twice is one message.
    #[serde(skip)]
    messages: BTreeMap<String, BTreeSet<String>>,
}

impl Tally {
    /// Counts a message. True if its id is new.
    fn message(&mut self, name: &str, id: &str) -> bool {
        self.events += 1;
        self.messages.entry(name.to_owned()).or_default().insert(id.to_owned())
    }

    pub(super) fn progress(&self) -> String {
        let of = |name: &str| self.messages.get(name).map_or(0, BTreeSet::len);
        let numbers = [
            ("placed", of("OrderPlaced")),
            ("reserved", of("StockReserved")),
            ("rejected", of("StockReservationFailed")),
            ("confirmed", of("OrderConfirmed")),
            ("cancelled", of("OrderCancelled")),
            ("mails", of("EmailSent")),
        ];
        let mut words: Vec<String> = numbers.iter().map(|(word, number)| format!("{word} {number:>2}")).collect();
        for (word, number) in [("faults", self.faults), ("retries", self.retries), ("given up", self.given_up)] {
            if number > 0 {
                words.push(format!("{word} {number}"));
            }
        }
        words.join(" · ")
    }

    fn retry(&mut self, text: String) -> Activity {
        self.retries += 1;
        Activity { mark: Mark::Retry, text }
    }

    fn given_up(&mut self, text: String) -> Activity {
        self.given_up += 1;
        Activity { mark: Mark::GivenUp, text }
    }
}

/// The kind of a line, for its colour and label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Plain,
    Fault,
    Retry,
    /// Dead-lettered or lost.
    GivenUp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Activity {
    pub(super) mark: Mark,
    pub(super) text: String,
}

/// Finds the activity that belongs to a scenario, by the ids of its messages.
pub(super) struct ActivityLog {
    tag: String,
    /// The random end of the names of this run, which is not printed.
    run: String,
    names_by_bus_id: BTreeMap<String, String>,
    names_by_event_id: BTreeMap<String, String>,
}

impl ActivityLog {
    /// For messages with ids or correlation ids that begin with this tag.
    pub(super) fn new(tag: &str, run: &str) -> Self {
        let run = format!("-{run}");
        Self { tag: tag.to_owned(), run, names_by_bus_id: BTreeMap::new(), names_by_event_id: BTreeMap::new() }
    }

    /// Counts an event of the feed. The answer is its line, if it belongs to the scenario and has one.
    pub(super) fn take(&mut self, event: &Value, tally: &mut Tally) -> Option<Activity> {
        let text = |pointer: &str| text(event, pointer);
        let name = self.names_by_bus_id.get(text("/eventId"));
        match (text("/kind"), name) {
            ("put", _) => self.put(event, tally),
            ("delivery", Some(name)) => delivery(event, name, tally),
            ("invoke", Some(name)) => invoke(event, name, tally),
            ("mapping", _) => mapping(event, tally),
            ("fault", _) => {
                tally.faults += 1;
                let subject = text("/subject").split(' ').filter_map(|word| word.rsplit('/').next());
                let subject: Vec<&str> = subject.map(|name| display_name(name, STACK)).collect();
                Some(Activity { mark: Mark::Fault, text: format!("{}: {}", text("/fault"), subject.join(" ")) })
            }
            ("error", _) => Some(Activity { mark: Mark::GivenUp, text: text("/message").to_owned() }),
            _ => None,
        }
    }

    fn put(&mut self, event: &Value, tally: &mut Tally) -> Option<Activity> {
        let text = |pointer: &str| text(event, pointer);
        let (name, id) = (text("/event/detail-type"), text("/event/detail/eventId"));
        let correlation = text("/event/detail/metadata/correlationId");
        if ![id, correlation].iter().any(|id| id.starts_with(&self.tag)) {
            return None;
        }
        self.names_by_bus_id.insert(text("/eventId").to_owned(), name.to_owned());
        let is_new = tally.message(name, id);
        self.names_by_event_id.insert(id.to_owned(), name.to_owned());
        let cause = self.names_by_event_id.get(text("/event/detail/metadata/causationId"));
        let cause = cause.map_or("you", String::as_str);
        let data = event.pointer("/event/detail/data").unwrap_or(&Value::Null);
        let description = describe(name, data).replace(&self.run, "");
        let again = if is_new { "" } else { " (a duplicate)" };
        let line = format!("{:<NAMES$}  {description}{again}", format!("{cause} → {name}"));
        Some(Activity { mark: Mark::Plain, text: line.trim_end().to_owned() })
    }
}

fn text<'e>(event: &'e Value, pointer: &str) -> &'e str {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn delivery(event: &Value, name: &str, tally: &mut Tally) -> Option<Activity> {
    let text = |pointer: &str| text(event, pointer);
    let path = format!("{name} → {}", display_name(text("/target"), STACK));
    let why = format!("{}: {}", text("/code"), text("/message"));
    match text("/outcome") {
        "delivered" => None,
        "retried" => Some(tally.retry(format!("{path} was not delivered: {why}"))),
        "deadLettered" => Some(tally.given_up(format!("{path} was dead-lettered by the rule: {why}"))),
        _ => Some(tally.given_up(format!("{path} is lost, because the rule has no dead-letter queue: {why}"))),
    }
}

fn invoke(event: &Value, name: &str, tally: &mut Tally) -> Option<Activity> {
    let text = |pointer: &str| text(event, pointer);
    let path = format!("{name} → {}", display_name(text("/function"), STACK));
    let outcome = text("/outcome");
    tally.invokes += u64::from(matches!(outcome, "done" | "failed"));
    match outcome {
        "done" => None,
        "failed" => {
            let wait = match event.get("tries").and_then(Value::as_u64) {
                Some(1) => "; the next attempt is in 1 minute of the cloud's clock",
                Some(2) => "; the next attempt is in 2 minutes of the cloud's clock",
                _ => "",
            };
            Some(tally.retry(format!("{path} failed: {}{wait}", cut(text("/message"), MAX_MESSAGE))))
        }
        "deadLettered" => Some(tally.given_up(format!("{path} was dead-lettered: {}", text("/message")))),
        _ => Some(tally.given_up(format!("{path} is lost: {}", text("/message")))),
    }
}

/// The relay reads the records of all scenarios, so its failures are printed in whichever runs.
fn mapping(event: &Value, tally: &mut Tally) -> Option<Activity> {
    let name = display_name(text(event, "/mapping"), STACK);
    let why = text(event, "/message");
    match text(event, "/outcome") {
        "done" => None,
        "failed" => Some(tally.retry(format!("{name} failed: {why}"))),
        "stalled" => Some(tally.retry(format!("{name} is stuck: {why}"))),
        "deadLettered" => Some(tally.given_up(format!("{name}: records were dead-lettered: {why}"))),
        _ => Some(tally.given_up(format!("{name}: records are lost: {why}"))),
    }
}

/// What a message of the shop means, in a few words; nothing where the name says it all.
fn describe(name: &str, data: &Value) -> String {
    let text = |pointer: &str| text(data, pointer);
    let goods = |pointer: &str| {
        let number = data.pointer(&format!("{pointer}/quantity")).and_then(Value::as_u64).unwrap_or_default();
        format!("{number} × {}", text(&format!("{pointer}/sku")))
    };
    let money = |pointer: &str| {
        let amount = data.pointer(&format!("{pointer}/amount")).and_then(Value::as_i64).unwrap_or_default();
        format!("{}.{:02} {}", amount / 100, amount % 100, text(&format!("{pointer}/currency")))
    };
    match name {
        "ReceiveStock" => format!("{} come in", goods("")),
        "StockReceived" => format!("{} more in stock", goods("")),
        "PlaceOrder" => {
            let lines = data.pointer("/lines").and_then(Value::as_array).map_or(0, Vec::len);
            let lines: Vec<String> = (0..lines).map(|line| goods(&format!("/lines/{line}"))).collect();
            format!("{} wants {}", text("/contactEmail"), lines.join(", "))
        }
        "OrderPlaced" => "the order is accepted".to_owned(),
        "FulfilmentStarted" => "its saga starts".to_owned(),
        "ReserveStock" => format!("reserve {}", goods("")),
        "StockReserved" => format!("{} reserved for the order", goods("")),
        "StockReservationFailed" => format!("{} cannot be reserved", goods("")),
        "FulfilmentStepDone" => format!("recorded: {} done", text("/step")),
        "FulfilmentStepFailed" => format!("recorded: {} failed", text("/step")),
        "FulfilmentCompensating" => "its saga compensates".to_owned(),
        "ReleaseStock" => format!("release {}", text("/sku")),
        "StockReleased" => format!("{} available again", goods("")),
        "FulfilmentStepUndone" => format!("recorded: {} undone", text("/step")),
        "ProcessPayment" => format!("charge {}", money("/amount")),
        "PaymentProcessed" => format!("{} charged", money("/amount")),
        "PaymentFailed" => "the order was not charged".to_owned(),
        "RefundPayment" => "return what was charged".to_owned(),
        "PaymentRefunded" => format!("{} returned", money("/amount")),
        "OrderPaid" => "the order is paid".to_owned(),
        "ScheduleShipping" => "schedule the shipment".to_owned(),
        "ShippingScheduled" => "the shipment is scheduled".to_owned(),
        "ShippingCancelled" => "the shipment is cancelled".to_owned(),
        "ShipOrder" => "hand the parcel to the carrier".to_owned(),
        "ShipmentDispatched" | "OrderShipped" => format!("the carrier has it, as {}", text("/tracking")),
        "ShipStock" => format!("{} leaves the house", text("/sku")),
        "StockShipped" => format!("{} shipped", goods("")),
        "ConfirmDelivery" => "the carrier has brought the parcel".to_owned(),
        "OrderDelivered" => "the buyer has it".to_owned(),
        "CompleteOrder" => "complete the order".to_owned(),
        "OrderCompleted" => "the order is completed".to_owned(),
        "ConfirmOrder" => "confirm the order".to_owned(),
        "OrderConfirmed" => "the order will be delivered".to_owned(),
        "FulfilmentCompleted" | "FulfilmentCompensated" => "its saga has ended".to_owned(),
        "FulfilmentNeedsOperator" => "an operator must look at it".to_owned(),
        "FulfilmentDeadlinePassed" => "it takes too long".to_owned(),
        "EmailSent" => format!("{} has a mail", text("/to")),
        "CancelOrder" | "OrderCancelled" | "OrderCancellationRequested" | "EmailFailed" | "CommandRejected" => {
            text("/reason").to_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn put(bus_id: &str, name: &str, event_id: &str, correlation: &str, cause: &str) -> Value {
        json!({ "kind": "put", "eventId": bus_id, "event": { "detail-type": name, "detail": {
            "eventId": event_id, "data": { "sku": "cup-77", "quantity": 3 },
            "metadata": { "correlationId": correlation, "causationId": cause } } } })
    }

    #[test]
    fn events_of_the_scenario_are_printed_with_their_cause_and_without_the_end_of_the_runs_names() {
        let (mut log, mut tally) = (ActivityLog::new("demo-3-77", "77"), Tally::default());
        let first = json!({ "kind": "put", "eventId": "1", "event": { "detail-type": "ReceiveStock", "detail": {
            "eventId": "demo-3-77-stock-1", "data": { "sku": "cup-77", "quantity": 3 } } } });
        let line = log.take(&first, &mut tally).expect("ours").text;
        assert!(line.starts_with("you → ReceiveStock  ") && line.ends_with("3 × cup come in"), "{line}");
        let followed = put("2", "StockReceived", "e-1", "demo-3-77-stock-1", "demo-3-77-stock-1");
        let line = log.take(&followed, &mut tally).expect("ours").text;
        assert!(line.starts_with("ReceiveStock → StockReceived"), "{line}");
        let line = log.take(&followed, &mut tally).expect("ours").text;
        assert!(line.ends_with("(a duplicate)"), "{line}");
        assert_eq!(log.take(&put("3", "StockReceived", "e-2", "another", "cause"), &mut tally), None);
        assert_eq!(tally.events, 3);
    }

    #[test]
    fn failures_and_dead_letters_of_the_scenario_are_marked_and_counted_and_no_others() {
        let (mut log, mut tally) = (ActivityLog::new("demo-3-77", "77"), Tally::default());
        log.take(&put("1", "PlaceOrder", "demo-3-77-order-1", "", ""), &mut tally);
        let invoke = |id: &str, outcome: &str| {
            json!({ "kind": "invoke", "eventId": id, "function": "order-on-place-order", "tries": 1,
                "outcome": outcome, "message": "no answer" })
        };
        assert_eq!(log.take(&invoke("1", "done"), &mut tally), None);
        let failed = log.take(&invoke("1", "failed"), &mut tally).expect("ours");
        assert_eq!(failed.mark, Mark::Retry);
        assert!(failed.text.contains("order-on-place-order failed: no answer; the next attempt is in 1 minute"));
        assert_eq!(log.take(&invoke("1", "deadLettered"), &mut tally).map(|line| line.mark), Some(Mark::GivenUp));
        assert_eq!(log.take(&invoke("2", "failed"), &mut tally), None);
        let delivery = json!({ "kind": "delivery", "eventId": "1", "target": "f", "outcome": "dropped", "code": "C" });
        assert_eq!(log.take(&delivery, &mut tally).map(|line| line.mark), Some(Mark::GivenUp));
        assert_eq!((tally.invokes, tally.retries, tally.given_up), (2, 1, 2));
    }
}
