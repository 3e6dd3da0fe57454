//! Mail on a wire that throttles, refuses or breaks.

use std::sync::Arc;

use causeway::{
    gateway::mail::{FoundMail, Mail, MailError, Mailer},
    memory::Memory,
};
use serde_json::json;

use super::SesMailer;
use crate::fake_wire::{FakeWire, Reply};

/// A mailer whose client would try again by itself, as in a real function.
fn mailer(wire: &FakeWire) -> SesMailer {
    let config = aws_sdk_sesv2::Config::builder()
        .behavior_version(aws_sdk_sesv2::config::BehaviorVersion::latest())
        .region(aws_sdk_sesv2::config::Region::new("eu-central-1"))
        .credentials_provider(FakeWire::credentials())
        .retry_config(aws_sdk_sesv2::config::retry::RetryConfig::standard())
        .http_client(wire.clone())
        .build();
    let memory = Memory::new(1);
    let client = aws_sdk_sesv2::Client::from_conf(config);
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
async fn a_mail_goes_out_with_its_key_as_a_tag() {
    let wire = FakeWire::new(|_, _| Reply::Answer(200, json!({ "MessageId": "m-1" })));
    assert_eq!(mailer(&wire).send(&mail()).await.unwrap().id, "m-1");
    let sent = &wire.requests()[0].body;
    assert_eq!(sent["FromEmailAddress"], "shop@example.com");
    assert_eq!(sent["Destination"]["ToAddresses"], json!(["buyer@example.com"]));
    assert_eq!(sent["Content"]["Simple"]["Subject"]["Data"], "Thank you");
    assert_eq!(sent["EmailTags"], json!([{ "Name": "causeway-key", "Value": "e-1_confirmation" }]));
}

#[tokio::test]
async fn a_lost_answer_is_not_followed_by_a_second_mail() {
    for reply in [Reply::Nothing, Reply::Refused(500, "InternalFailure")] {
        let wire = FakeWire::new(move |_, _| reply.clone());
        let error = mailer(&wire).send(&mail()).await.unwrap_err();
        assert!(matches!(error, MailError::Unavailable(_)), "{error:?}");
        assert_eq!(wire.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_throttled_mail_was_surely_not_sent_and_is_tried_again() {
    let wire = FakeWire::new(|number, _| match number {
        0..3 => Reply::Refused(429, "TooManyRequestsException"),
        _ => Reply::Answer(200, json!({ "MessageId": "m-1" })),
    });
    assert_eq!(mailer(&wire).send(&mail()).await.unwrap().id, "m-1");
    let never = FakeWire::new(|_, _| Reply::Refused(429, "TooManyRequestsException"));
    assert!(matches!(mailer(&never).send(&mail()).await, Err(MailError::NotTaken(_))));
    assert_eq!(never.requests().len(), 5, "there is an end to it");
}

#[tokio::test]
async fn a_refused_mail_says_why() {
    for code in ["MessageRejected", "MailFromDomainNotVerifiedException", "BadRequestException"] {
        let wire = FakeWire::new(move |_, _| Reply::Refused(400, code));
        let error = mailer(&wire).send(&mail()).await.unwrap_err();
        assert!(matches!(&error, MailError::Refused { reason } if reason.contains(code)), "{error:?}");
    }
}

#[tokio::test]
async fn nobody_can_ask_for_a_key() {
    let wire = FakeWire::new(|_, _| Reply::Nothing);
    assert_eq!(mailer(&wire).find("e-1").await.unwrap(), FoundMail::CannotTell);
    assert!(wire.requests().is_empty());
}
