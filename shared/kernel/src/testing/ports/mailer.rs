//! The suite of [`Mailer`], for a service without faults.

use super::fixture::{AWKWARD, must};
use crate::{
    gateway::{FoundMail, Mail, Mailer},
    testing::diff::{assert_same, fail},
};

/// Tests a mail service.
pub async fn mailer(mailer: &dyn Mailer, prefix: &str) {
    let (mail, other) = (mail(prefix, "first"), mail(prefix, "second"));
    match must(mailer.find(&mail.key).await, "find") {
        FoundMail::Unknown | FoundMail::CannotTell => {}
        FoundMail::Accepted(mail) => fail(&format!("a mail that was not sent is found as {}", mail.id)),
    }
    let accepted = must(mailer.send(&mail).await, "send");
    assert_same("an accepted mail has an id", &accepted.id.is_empty(), &false);
    match must(mailer.find(&mail.key).await, "find") {
        FoundMail::Accepted(found) => {
            assert_same("the mail that is found", &found, &accepted);
            let repeat = must(mailer.send(&mail).await, "send again");
            assert_same("a mail with a known key is accepted once", &repeat, &accepted);
        }
        FoundMail::CannotTell => {}
        FoundMail::Unknown => fail("an accepted mail is not found"),
    }
    let second = must(mailer.send(&other).await, "send another");
    assert_same("another key is another mail", &(second == accepted), &false);
}

fn mail(prefix: &str, name: &str) -> Mail {
    Mail {
        key: format!("{prefix}-{name}"),
        to: "success@simulator.example".to_owned(),
        subject: "Grüße 🦀".to_owned(),
        body: AWKWARD.replace('\u{0}', ""),
    }
}
