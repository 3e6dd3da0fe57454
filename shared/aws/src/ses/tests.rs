//! Mail on a fake wire that throttles, rejects or breaks.

use std::sync::Arc;

use causeway::{
    gateway::mail::{FoundMail, Mail, MailError, Mailer},
    memory::Memory,
};
use serde_json::json;

use super::SesMailer;
use crate::fake_wire::{FakeWire, Reply, client_on};

/// A mailer whose client has the default retries, as in a function.
fn mailer(wire: &FakeWire) -> SesMailer {
    let client = client_on!(aws_sdk_sesv2, wire, aws_sdk_sesv2::config::retry::RetryConfig::standard());
    let memory = Memory::new(1);
    SesMailer::new(client, "shop@example.com", Arc::clone(&memory.clock) as _, Arc::clone(&memory.ids) as _)
}

fn mail() -> Mail {
    Mail {
        key: "e-1/confirmation".to_owned(),
        to: "buyer@example.com".to_owned(),
        subject: "Thank you".to_owned(),
        body: "It is on its way.".to_owned(),
    }
}

#[tokio::test]
async fn a_mail_is_sent_with_its_key_as_a_tag() {
    let wire = FakeWire::new(|_, _| Reply::Answer(200, json!({ "MessageId": "m-1" })));
    assert_eq!(mailer(&wire).send(&mail()).await.unwrap().id, "m-1");
    let sent = &wire.requests()[0].body;
    assert_eq!(sent["FromEmailAddress"], "shop@example.com");
    assert_eq!(sent["Destination"]["ToAddresses"], json!(["buyer@example.com"]));
    assert_eq!(sent["Content"]["Simple"]["Subject"]["Data"], "Thank you");
    assert_eq!(sent["EmailTags"], json!([{ "Name": "causeway-key", "Value": "e-1_confirmation" }]));
}

#[tokio::test]
async fn a_lost_response_is_not_retried() {
    for reply in [Reply::Nothing, Reply::Refused(500, "InternalFailure")] {
        let wire = FakeWire::new(move |_, _| reply.clone());
        let error = mailer(&wire).send(&mail()).await.unwrap_err();
        assert!(matches!(error, MailError::Unavailable(_)), "{error:?}");
        assert_eq!(wire.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_throttled_mail_is_retried_and_the_retries_end() {
    let wire = FakeWire::new(|number, _| match number {
        0..3 => Reply::Refused(429, "TooManyRequestsException"),
        _ => Reply::Answer(200, json!({ "MessageId": "m-1" })),
    });
    assert_eq!(mailer(&wire).send(&mail()).await.unwrap().id, "m-1");
    let always = FakeWire::new(|_, _| Reply::Refused(429, "TooManyRequestsException"));
    assert!(matches!(mailer(&always).send(&mail()).await, Err(MailError::NotTaken(_))));
    assert_eq!(always.requests().len(), 5);
}

#[tokio::test]
async fn a_rejected_mail_has_the_reason() {
    for code in ["MessageRejected", "MailFromDomainNotVerifiedException", "BadRequestException"] {
        let wire = FakeWire::new(move |_, _| Reply::Refused(400, code));
        let error = mailer(&wire).send(&mail()).await.unwrap_err();
        assert!(matches!(&error, MailError::Refused { reason } if reason.contains(code)), "{error:?}");
    }
}

#[tokio::test]
async fn a_mail_cannot_be_found_by_its_key() {
    let wire = FakeWire::new(|_, _| Reply::Nothing);
    assert_eq!(mailer(&wire).find("e-1").await.unwrap(), FoundMail::CannotTell);
    assert!(wire.requests().is_empty());
}
