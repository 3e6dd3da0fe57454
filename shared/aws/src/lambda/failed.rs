//! A failure as Lambda and its on-failure record show it: one short stable word, and the causes on one line.

use std::fmt::{self, Write};

use causeway::{Failure, failure::causes};
use lambda_runtime::Diagnostic;
use tracing::error;

/// Words that say enough by themselves, wherever in an error they stand.
const TELLING: [&str; 5] = ["Conflict", "Gap", "ClaimHeld", "Newer", "Unavailable"];

/// How much of an error is looked at for its word.
const LOOKED_AT: usize = 256;

/// What Lambda is told of a failure: `Retry.Conflict` and the reason.
pub fn diagnostic(failure: &Failure) -> Diagnostic {
    let kind = match failure {
        Failure::Transient(_) => "Retry",
        Failure::Permanent(_) => "Reject",
    };
    Diagnostic { error_type: format!("{kind}.{}", word(failure.reason())), error_message: causes(failure.reason()) }
}

/// What Lambda is told of a batch in which nothing can be answered for alone: all of it comes again.
pub(crate) fn unreadable_batch(of: &str, error: &serde_json::Error) -> Diagnostic {
    error!(reason = %error, of, "a batch cannot be read");
    Diagnostic { error_type: "Retry.UnreadableBatch".to_owned(), error_message: format!("no batch of {of}: {error}") }
}

/// The error's variant. A derived `Debug` begins with the names of the variants down to the first field.
fn word(error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let mut beginning = Beginning(String::new());
    // An error here only says that enough was written.
    let complete = write!(beginning, "{error:?}").is_ok();
    let Beginning(text) = beginning;
    let end = text.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '(')).unwrap_or(text.len());
    let names: Vec<&str> = text.get(..end).unwrap_or_default().split('(').filter(|name| is_name(name)).collect();
    let telling = names.iter().find(|name| TELLING.contains(*name));
    match telling.or_else(|| names.first()) {
        Some(name) if complete || name.len() < LOOKED_AT => (*name).to_owned(),
        _ => "Failed".to_owned(),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_uppercase())
}

struct Beginning(String);

impl Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        if self.0.len() < LOOKED_AT { Ok(()) } else { Err(fmt::Error) }
    }
}
