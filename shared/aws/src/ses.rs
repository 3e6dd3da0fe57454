//! Mail on SES: each mail has its key as a tag, and no retry sends it twice.
//! SES cannot be asked for a mail by its key, so the outcome of a lost response stays unknown.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_sesv2::{
    Client,
    config::{Builder, retry::RetryConfig},
    error::{BuildError, SdkError},
    types::{Body, Content, Destination, EmailContent, Message, MessageTag},
};
use causeway::{
    Backoff,
    gateway::mail::{AcceptedMail, FoundMail, Mail, MailError, Mailer},
    time::clock::{Clock, Ids},
};
use jiff::SignedDuration;

use crate::sdk_error::{CallError, sdk_error};

/// The name of the tag with the mail's key.
pub const KEY_TAG: &str = "causeway-key";

/// The most characters of a tag value.
const TAG_LENGTH: usize = 256;

/// The retry policy for throttling. A throttled mail was not accepted, so a retry cannot send it twice.
const THROTTLING_RETRY: Backoff =
    Backoff { first: SignedDuration::from_millis(100), most: SignedDuration::from_secs(2), tries: 5 };

/// A mailer on SES.
#[derive(Clone)]
pub struct SesMailer {
    client: Client,
    from: String,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl SesMailer {
    /// A mailer that sends from this address.
    pub fn new(client: Client, from: impl Into<String>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { client, from: from.into(), clock, ids }
    }
}

#[async_trait]
impl Mailer for SesMailer {
    async fn send(&self, mail: &Mail) -> Result<AcceptedMail, MailError> {
        let content = content(mail).map_err(|error| MailError::Refused { reason: error.to_string() })?;
        let tag = MessageTag::builder().name(KEY_TAG).value(tag_value(&mail.key)).build();
        let tag = tag.map_err(|error| MailError::Refused { reason: error.to_string() })?;
        let mut retry = 0;
        loop {
            let call = self
                .client
                .send_email()
                .from_email_address(&self.from)
                .destination(Destination::builder().to_addresses(&mail.to).build())
                .email_tags(tag.clone())
                .content(content.clone())
                .customize()
                // After a lost response the SDK would retry, and the mail might be sent twice.
                .config_override(Builder::new().retry_config(RetryConfig::disabled()));
            let error = match call.send().await {
                Ok(accepted) => return Ok(AcceptedMail { id: accepted.message_id.unwrap_or_default() }),
                Err(error) => error,
            };
            let throttled = matches!(
                &error,
                SdkError::ServiceError(service) if service.err().is_too_many_requests_exception()
            );
            match THROTTLING_RETRY.delay(retry, self.ids.as_ref()) {
                Some(delay) if throttled => self.clock.sleep(delay).await,
                None if throttled => return Err(MailError::NotTaken(error.into())),
                _ => {
                    return Err(match sdk_error(error) {
                        CallError::Transient(error) => MailError::Unavailable(error),
                        CallError::Permanent { code, reason } => {
                            MailError::Refused { reason: format!("{code}: {reason}") }
                        }
                    });
                }
            }
            retry += 1;
        }
    }

    async fn find(&self, _: &str) -> Result<FoundMail, MailError> {
        Ok(FoundMail::CannotTell)
    }
}

fn content(mail: &Mail) -> Result<EmailContent, BuildError> {
    let text = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    let body = Body::builder().text(text(&mail.body)?).build();
    let message = Message::builder().subject(text(&mail.subject)?).body(body).build();
    Ok(EmailContent::builder().simple(message).build())
}

/// The key with only the characters that a tag value may have.
fn tag_value(key: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "_-.@".contains(c) { c } else { '_' };
    key.chars().take(TAG_LENGTH).map(allowed).collect()
}

#[cfg(test)]
mod tests;
