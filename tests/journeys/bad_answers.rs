//! Answers of the payment provider that are none: the payment stays as it was, and the message is retried or dead-lettered.

use causeway::{
    App, Delivery, Id, Message, Route, gateway::HttpResponse, memory::Memory, message::Cause, testing::sim::Rng,
};
use domain::payment::{ChargeOutcome, Payment, PaymentInput, PaymentState, ProcessPayment, RefundPayment};
use futures::FutureExt as _;
use serde_json::{Value, json};

/// The number of generated answers.
const ANSWERS: u64 = 20_000;

const ORDER: &str = "o-1";
const AMOUNT: i64 = 1_234;

/// What is asked when the bad answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Charge,
    Close,
    Refund,
}

#[test]
fn a_bad_answer_changes_nothing_and_a_good_one_what_it_says() {
    let routes = functions::routes();
    let (mut good, mut dead, mut retried) = (0_u64, 0_u64, 0_u64);
    for seed in 0..ANSWERS {
        let rng = Rng::seeded(seed);
        let asked = [Asked::Charge, Asked::Close, Asked::Refund][(seed % 3) as usize];
        let answer = generated(&rng, asked);
        let memory = Memory::new(seed);
        let given = answer.clone();
        memory.http.answer_with(move |_| Ok(given.clone()));
        let app = memory.app();
        let before = prepare(&app, asked);
        let message = if asked == Asked::Charge { "PaymentRequested" } else { "PaymentRefundRequested" };
        let route = routes.iter().find(|route| route.function() == name(message)).unwrap();
        let handled = handle(&app, &memory, route, message);
        let after = state(&app);
        let what = format!("seed {seed}, {asked:?}: {answer:?} gives {handled:?} and {after:?}");
        if after == before {
            let letters = memory.dead_letters.all().len();
            match handled {
                Err(_) => retried += 1,
                Ok(()) => {
                    assert_eq!(letters, 1, "{what}");
                    dead += 1;
                }
            }
            continue;
        }
        good += 1;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["key"], ORDER, "{what}");
        match after {
            PaymentState::Processed(processed) | PaymentState::Refunding(processed) => {
                assert_eq!((&body["status"], &body["amount"]), (&json!("succeeded"), &json!(AMOUNT)), "{what}");
                assert_eq!(body["currency"], "EUR", "{what}");
                assert_eq!(processed.charge_id.unwrap().to_string(), body["id"].as_str().unwrap(), "{what}");
            }
            PaymentState::Failed(_) | PaymentState::Voided(Some(_)) => {
                assert!(matches!(body["status"].as_str(), Some("declined" | "closed")), "{what}");
            }
            PaymentState::Refunded(_) => {
                assert_eq!((&body["amount"], &body["currency"]), (&json!(AMOUNT), &json!("EUR")), "{what}");
            }
            PaymentState::New | PaymentState::Requested(_) | PaymentState::Closing(_) | PaymentState::Voided(None) => {
                panic!("{what}")
            }
        }
    }
    assert!(good > 1_000 && dead > 5_000 && retried > 300, "{good} good, {dead} dead-lettered, {retried} retried");
}

fn name(message: &str) -> String {
    causeway::function_name("payment-provider", message)
}

fn prepare(app: &App, asked: Asked) -> PaymentState {
    let id: Id<str> = ORDER.parse().unwrap();
    let execute = |number: u32, input: PaymentInput| {
        let cause = Cause::new(format!("cause-{number}").parse().unwrap(), "Test");
        app.try_execute::<Payment>(&id, &input, &cause).now_or_never().unwrap().unwrap();
    };
    let amount = domain::money::Money { amount: AMOUNT, currency: domain::money::Currency::EUR };
    let (user_id, payment_token) = ("u-1".parse().unwrap(), "tok_visa".parse().unwrap());
    execute(1, ProcessPayment { order_id: ORDER.parse().unwrap(), user_id, amount, payment_token }.into());
    if asked == Asked::Refund {
        execute(2, PaymentInput::Charge(ChargeOutcome::Charged { charge_id: "ch-1".parse().unwrap(), amount }));
    }
    if asked != Asked::Charge {
        execute(3, RefundPayment { order_id: ORDER.parse().unwrap(), reason: "too late".to_owned() }.into());
    }
    state(app)
}

fn state(app: &App) -> PaymentState {
    let id: Id<str> = ORDER.parse().unwrap();
    app.state::<Payment>(&id).now_or_never().unwrap().unwrap()
}

/// Delivers the newest event of this name, as the bus would.
fn handle(app: &App, memory: &Memory, route: &Route, message: &str) -> Result<(), String> {
    let commits = memory.store.changes(0);
    let mut events =
        commits.iter().flat_map(|commit| (0..commit.events.len()).filter_map(|index| commit.event_envelope(index)));
    let envelope = events.find(|envelope| envelope.event_type == message).unwrap();
    let delivery = Delivery {
        id: "d-1".to_owned(),
        source: causeway::delivery::bus::source_of(ProcessPayment::CONTEXT),
        account: None,
        detail_type: message.to_owned(),
        time: envelope.timestamp,
        detail: serde_json::value::to_raw_value(&envelope).unwrap(),
        replay_name: None,
    };
    route.handle(app, &delivery).now_or_never().unwrap().map(|_| ()).map_err(|failure| failure.to_string())
}

/// An answer: a good one, with none or some of its parts replaced.
fn generated(rng: &Rng, asked: Asked) -> HttpResponse {
    let statuses = [200, 200, 200, 201, 402, 409, 404, 422, 400, 401, 403, 302, 204, 100, 418, 429, 500, 503, 0, 999];
    let status = statuses[rng.below(statuses.len() as u64) as usize];
    let mut body = match asked {
        Asked::Refund => json!({ "key": ORDER, "id": "re-1", "amount": AMOUNT, "currency": "EUR" }),
        _ => match rng.below(6) {
            0 => json!({ "status": "declined", "key": ORDER, "reason": "no funds" }),
            1 => json!({ "status": "closed", "key": ORDER }),
            2 => json!({ "status": "pending", "key": ORDER }),
            _ => json!({ "status": "succeeded", "key": ORDER, "id": "ch-1", "amount": AMOUNT, "currency": "EUR" }),
        },
    };
    for _ in 0..rng.below(3) {
        let fields = ["status", "key", "id", "amount", "currency", "reason", "more"];
        let field = fields[rng.below(fields.len() as u64) as usize];
        let values = [
            json!(null),
            json!(""),
            json!("o-2"),
            json!("o/1\n"),
            json!(AMOUNT),
            json!(AMOUNT - 1),
            json!(-AMOUNT),
            json!(1234.5),
            json!(u64::MAX),
            json!("1234"),
            json!("eur"),
            json!("USD"),
            json!("succeeded"),
            json!("SUCCEEDED"),
            json!("refunded"),
            json!([]),
            json!({ "amount": AMOUNT }),
            json!("x".repeat(70_000)),
            json!("\u{1b}[31m\u{202e}"),
        ];
        match rng.below(4) {
            0 => drop(body.as_object_mut().unwrap().remove(field)),
            _ => body[field] = values[rng.below(values.len() as u64) as usize].clone(),
        }
    }
    let text = body.to_string();
    let body = match rng.below(14) {
        0 => text.chars().take(rng.below(text.len() as u64) as usize).collect(),
        1 => String::new(),
        2 => "<html>Bad gateway</html>".to_owned(),
        3 => format!("[{text}]"),
        4 => format!("{text}{text}"),
        5 => text.replacen('{', "{\"key\":\"o-2\",", 1),
        6 => "[".repeat(10_000),
        _ => text,
    };
    HttpResponse { status, body }
}
