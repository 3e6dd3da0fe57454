//! The provider by itself: its keys, its rules, its refunds, and its log.

use super::*;

fn charge(provider: &PaymentProvider, key: &str, token: &str, amount: i64) -> Answer {
    let body = json!({ "key": key, "amount": amount, "currency": "EUR", "token": token }).to_string();
    provider.answer("POST", "/charges", Some(key), &body).unwrap()
}

fn call(provider: &PaymentProvider, method: &str, path: &str) -> (u16, Value) {
    let Answer { status, body, .. } = provider.answer(method, path, None, "{}").unwrap();
    (status, serde_json::from_str(&body).unwrap())
}

fn paid(provider: &PaymentProvider) -> i64 {
    provider.charges().iter().map(Charge::paid).sum()
}

#[test]
fn a_key_is_charged_once_and_refunded_once() {
    let provider = PaymentProvider::open(None).unwrap();
    let first = charge(&provider, "o-1", "tok_visa", 100);
    assert_eq!((first.status, first.sent), (201, Sent::Yes));
    assert_eq!(charge(&provider, "o-1", "tok_visa", 100), first);
    assert_eq!(charge(&provider, "o-1", "tok_visa", 101).status, 422);
    assert_eq!(paid(&provider), 100);
    let refund = call(&provider, "POST", "/charges/o-1/refund");
    assert_eq!(refund, (200, json!({ "key": "o-1", "id": "re-ch-1", "amount": 100, "currency": "EUR" })));
    assert_eq!(call(&provider, "POST", "/charges/o-1/refund"), refund);
    assert_eq!(paid(&provider), 0);
}

#[test]
fn a_request_without_a_key_charges_each_time() {
    let provider = PaymentProvider::open(None).unwrap();
    let body = json!({ "key": "o-1", "amount": 100, "currency": "EUR", "token": "tok_visa" }).to_string();
    for _ in 0..2 {
        provider.answer("POST", "/charges", None, &body).unwrap();
    }
    assert_eq!(paid(&provider), 200);
}

#[test]
fn a_closed_key_is_never_charged_and_a_charged_one_cannot_be_closed() {
    let provider = PaymentProvider::open(None).unwrap();
    let closed = (200, json!({ "status": "closed", "key": "o-1" }));
    assert_eq!(call(&provider, "POST", "/charges/o-1/close"), closed);
    assert_eq!(call(&provider, "GET", "/charges/o-1"), closed);
    assert_eq!(charge(&provider, "o-1", "tok_visa", 100).status, 409);
    assert_eq!(call(&provider, "POST", "/charges/o-1/refund").0, 409);
    charge(&provider, "o-2", "tok_visa", 100);
    assert_eq!(call(&provider, "POST", "/charges/o-2/close").1["status"], "succeeded");
    assert_eq!(paid(&provider), 100);
}

#[test]
fn the_token_decides_what_happens() {
    let provider = PaymentProvider::open(None).unwrap();
    let expected = [
        ("tok_declined", (402, Sent::Yes), (402, Sent::Yes), 0),
        ("tok_pending", (409, Sent::Yes), (201, Sent::Yes), 100),
        ("tok_lost", (201, Sent::Lost), (201, Sent::Yes), 100),
        ("tok_hangs", (200, Sent::Hangs), (200, Sent::Hangs), 0),
        ("tok_hangs_once", (200, Sent::Hangs), (201, Sent::Yes), 100),
        ("tok_unavailable", (503, Sent::Yes), (503, Sent::Yes), 0),
        ("tok_unavailable_once", (503, Sent::Yes), (201, Sent::Yes), 100),
        ("tok_malformed", (200, Sent::Yes), (200, Sent::Yes), 100),
        ("tok_twice", (201, Sent::Yes), (201, Sent::Yes), 100),
    ];
    for (token, first, second, amount) in expected {
        let before = paid(&provider);
        for expected in [first, second] {
            let answer = charge(&provider, token, token, 100);
            assert_eq!((answer.status, answer.sent), expected, "{token}");
        }
        assert_eq!(paid(&provider) - before, amount, "{token}");
    }
    assert_eq!(charge(&provider, "o-1", "tok_visa", LIMIT + 1).status, 402);
    assert_eq!(call(&provider, "GET", "/charges/o-9"), (404, json!({ "status": "unknown", "key": "o-9" })));
    for body in ["", "{}", "[1]", r#"{"key":"o-1","amount":0,"currency":"EUR","token":"t"}"#] {
        assert_eq!(provider.answer("POST", "/charges", Some("x"), body).unwrap().status, 400, "{body}");
    }
}

#[test]
fn charges_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.journal");
    let provider = PaymentProvider::open(Some(&path)).unwrap();
    charge(&provider, "o-1", "tok_visa", 100);
    charge(&provider, "o-2", "tok_pending", 100);
    call(&provider, "POST", "/charges/o-1/refund");
    call(&provider, "POST", "/charges/o-3/close");
    let before = provider.charges();
    drop(provider);
    assert_eq!(PaymentProvider::open(Some(&path)).unwrap().charges(), before);
}
