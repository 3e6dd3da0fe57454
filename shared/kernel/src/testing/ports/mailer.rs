//! What any mailer must do that has no trouble.

use super::fixture::{AWKWARD, must};
use crate::{
    gateway::mail::{FoundMail, Mail, Mailer},
    testing::diff::{assert_same, fail},
};

/// Tries a mailer that answers. The prefix keeps its keys apart from those of other runs.
pub async fn mailer(mailer: &dyn Mailer, prefix: &str) {
    let mail = mail(prefix, "first");
    match must(mailer.find(&mail.key).await, "find") {
        FoundMail::Unknown | FoundMail::CannotTell => {}
        FoundMail::Accepted(mail) => fail(&format!("a mail nobody sent was accepted as {}", mail.id)),
    }
    let accepted = must(mailer.send(&mail).await, "send");
    assert_same("an accepted mail has an id", &accepted.id.is_empty(), &false);
    match must(mailer.find(&mail.key).await, "find") {
        FoundMail::Accepted(found) => {
            assert_same("the mail that is found", &found, &accepted);
            let repeat = must(mailer.send(&mail).await, "send again");
            assert_same("who knows its keys takes a mail once", &repeat, &accepted);
        }
        FoundMail::CannotTell => {}
        FoundMail::Unknown => fail("a mailer that can tell has forgotten a mail it accepted"),
    }
    let other = super::mailer::mail(prefix, "second");
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
