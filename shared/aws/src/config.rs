//! The configuration of a function, from the environment. An error names every missing or invalid variable with its
//! purpose, and the function does not start.

use std::str::FromStr;

use causeway::{VerificationPolicy, delivery::VerifyEvents};

use crate::{eventbridge::DEFAULT_CALL_BYTES, scheduler::SchedulerConfig};

/// What a function needs in addition to the configuration of all functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// It sets timers.
    pub timers: bool,
    /// It sends mail.
    pub mail: bool,
    /// It calls this outside system: its address is in the variable `<NAME>_URL`, its credentials in `<NAME>_KEY`.
    pub http: Option<&'static str>,
}

/// An outside system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// Its name: `payments`.
    pub party: &'static str,
    /// Its address.
    pub url: String,
    /// The key that a request carries as its bearer token, if there is one.
    pub key: Option<String>,
}

/// The configuration of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The name of the events table.
    pub events_table: String,
    /// The name of the views table.
    pub views_table: String,
    /// The name of the inbox table.
    pub inbox_table: String,
    /// The name of the event bus.
    pub bus_name: String,
    /// The most bytes of one `PutEvents` call.
    pub bus_call_bytes: usize,
    /// The URL of the dead-letter queue.
    pub dead_letter_queue_url: String,
    /// The CloudWatch namespace of the metrics.
    pub metrics_namespace: String,
    /// How many streams a process caches.
    pub cache_streams: usize,
    /// Which events are verified against the log before they are handled.
    pub verification: VerificationPolicy,
    /// The configuration of timers, if the function sets any.
    pub scheduler: Option<SchedulerConfig>,
    /// The sender of mail, if the function sends any.
    pub mail_from: Option<String>,
    /// The outside system that the function calls, if it calls any.
    pub http: Option<HttpConfig>,
}

/// Variables that are missing or invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment is incomplete or invalid: {}", problems.join("; "))]
pub struct ConfigError {
    /// One sentence per variable: its name, what is wrong with it, and its purpose.
    pub problems: Vec<String>,
}

impl Config {
    /// Reads the environment.
    pub fn from_env(needs: Needs) -> Result<Self, ConfigError> {
        Self::read(needs, |variable| std::env::var(variable).ok())
    }

    /// Reads variables from another source.
    pub fn read(needs: Needs, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader { lookup, problems: Vec::new() };
        let config = Self {
            events_table: reader.required("EVENTS_TABLE", "the events table"),
            views_table: reader.required("VIEWS_TABLE", "the views table"),
            inbox_table: reader.required("INBOX_TABLE", "the inbox table"),
            bus_name: reader.required("BUS_NAME", "the event bus for messages"),
            bus_call_bytes: reader.parsed(
                "BUS_CALL_BYTES",
                "the most bytes of one PutEvents call",
                "a whole number",
                DEFAULT_CALL_BYTES,
            ),
            dead_letter_queue_url: reader.checked("DEAD_LETTER_QUEUE_URL", "the dead-letter queue", URL),
            metrics_namespace: reader.optional("METRICS_NAMESPACE").unwrap_or_else(|| "Causeway".to_owned()),
            cache_streams: reader.parsed("CACHE_STREAMS", "how many streams a process caches", "a whole number", 256),
            verification: VerificationPolicy {
                account: reader
                    .optional("ACCOUNT_ID")
                    .map(|_| reader.checked("ACCOUNT_ID", "the account whose events are ours", ACCOUNT)),
                verify_events: reader.parsed(
                    "VERIFY_EVENTS",
                    "which events are verified against the log",
                    "none, moving or all",
                    VerifyEvents::default(),
                ),
            },
            scheduler: needs.timers.then(|| SchedulerConfig {
                group: reader.required("SCHEDULE_GROUP", "the schedule group of the timers"),
                role_arn: reader.checked("SCHEDULE_ROLE_ARN", "the role with which a timer publishes on the bus", ARN),
                bus_arn: reader.checked("BUS_ARN", "the event bus for timers", ARN),
                dead_letter_arn: reader.checked(
                    "SCHEDULE_DEAD_LETTER_ARN",
                    "the queue for messages that a timer could not publish",
                    ARN,
                ),
            }),
            mail_from: needs.mail.then(|| reader.checked("MAIL_FROM", "the sender of mail", ADDRESS)),
            http: needs.http.map(|party| reader.outside_system(party)),
        };
        if reader.problems.is_empty() { Ok(config) } else { Err(ConfigError { problems: reader.problems }) }
    }
}

/// Checks that the variables exist that the Lambda runtime needs.
pub fn check_lambda(lookup: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
    let mut reader = Reader { lookup, problems: Vec::new() };
    for variable in [
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    ] {
        reader.required(variable, "set by Lambda or its emulator");
    }
    if reader.problems.is_empty() { Ok(()) } else { Err(ConfigError { problems: reader.problems }) }
}

/// A form of values: its description, and the check.
type Form = (&'static str, fn(&str) -> bool);
const ARN: Form = ("an ARN", |value| value.starts_with("arn:") && value.split(':').count() >= 6);
const URL: Form = ("a URL", |value| value.starts_with("https://") || value.starts_with("http://"));
const ADDRESS: Form = ("a mail address", |value| value.contains('@'));
const ACCOUNT: Form = ("twelve digits", |value| value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit()));

struct Reader<L> {
    lookup: L,
    problems: Vec<String>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    fn optional(&self, variable: &str) -> Option<String> {
        (self.lookup)(variable).filter(|value| !value.trim().is_empty())
    }

    /// Without an address it is the one that the local cloud simulates, at the endpoint of an emulator.
    fn outside_system(&mut self, party: &'static str) -> HttpConfig {
        let name = party.to_uppercase().replace('-', "_");
        let (url, key) = (format!("{name}_URL"), self.optional(&format!("{name}_KEY")));
        let simulated = self.optional("AWS_ENDPOINT_URL");
        let url = match simulated.filter(|_| self.optional(&url).is_none()) {
            Some(endpoint) => format!("{}/_causeway/{party}", endpoint.trim_end_matches('/')),
            None => self.checked(&url, &format!("the address of the outside system {party}"), URL),
        };
        HttpConfig { party, url, key }
    }

    fn required(&mut self, variable: &str, purpose: &str) -> String {
        self.checked(variable, purpose, ("", |_| true))
    }

    fn parsed<T: FromStr>(&mut self, variable: &str, purpose: &str, form: &str, default: T) -> T {
        let Some(value) = self.optional(variable) else { return default };
        value.trim().parse().unwrap_or_else(|_| {
            self.problems.push(format!("{variable} is {value:?} and must be {form}: {purpose}"));
            default
        })
    }

    fn checked(&mut self, variable: &str, purpose: &str, (form, is_valid): Form) -> String {
        match self.optional(variable) {
            Some(value) if is_valid(&value) => value,
            Some(value) => {
                self.problems.push(format!("{variable} is {value:?} and must be {form}: {purpose}"));
                value
            }
            None => {
                self.problems.push(format!("{variable} is missing: {purpose}"));
                String::new()
            }
        }
    }
}

#[cfg(test)]
mod tests;
