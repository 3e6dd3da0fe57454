//! The configuration from the environment. What is missing is named, all at once, with what it is for,
//! and the start stops there: a function that lacks something never hears a message.

use causeway::{VerificationPolicy, delivery::verify::VerifyEvents};

use crate::scheduler::SchedulerConfig;

/// What a function needs beyond what all need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// It sets timers.
    pub timers: bool,
    /// It sends mail.
    pub mail: bool,
}

/// The configuration of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The table of the log.
    pub events_table: String,
    /// The table of the views.
    pub views_table: String,
    /// The table of the inbox.
    pub inbox_table: String,
    /// The bus.
    pub bus_name: String,
    /// The most bytes one call to the bus holds.
    pub bus_call_bytes: usize,
    /// The queue of the dead letters.
    pub dead_letter_queue_url: String,
    /// The namespace of the metrics.
    pub metrics_namespace: String,
    /// How many streams a process keeps in mind.
    pub cache_streams: usize,
    /// How far the bus is believed.
    pub trust: VerificationPolicy,
    /// The timers, when this function sets any.
    pub scheduler: Option<SchedulerConfig>,
    /// From whom mail comes, when this function sends any.
    pub mail_from: Option<String>,
}

/// Variables that are missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment is incomplete: {}", problems.join("; "))]
pub struct ConfigError {
    /// One sentence for each: the variable, what is wrong with it, what it is for.
    pub problems: Vec<String>,
}

impl Config {
    /// Reads the environment.
    pub fn from_env(needs: Needs) -> Result<Self, ConfigError> {
        Self::read(needs, |variable| std::env::var(variable).ok())
    }

    /// Reads variables wherever they come from.
    pub fn read(needs: Needs, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader { lookup, problems: Vec::new() };
        let config = Self {
            events_table: reader.required("EVENTS_TABLE", "the table of the log"),
            views_table: reader.required("VIEWS_TABLE", "the table of the views"),
            inbox_table: reader.required("INBOX_TABLE", "the table of the inbox"),
            bus_name: reader.required("BUS_NAME", "the bus on which messages are said"),
            bus_call_bytes: reader.number(
                "BUS_CALL_BYTES",
                "the most bytes one call to the bus holds",
                crate::eventbridge::DEFAULT_CALL_BYTES,
            ),
            dead_letter_queue_url: reader.url("DEAD_LETTER_QUEUE_URL", "the queue of the dead letters"),
            metrics_namespace: reader.optional("METRICS_NAMESPACE").unwrap_or_else(|| "Causeway".to_owned()),
            cache_streams: reader.number("CACHE_STREAMS", "how many streams a process keeps in mind", 256),
            trust: VerificationPolicy {
                account: reader.account("ACCOUNT_ID", "the account whose facts are ours"),
                verify_events: reader.prove("VERIFY_EVENTS", "which facts are looked up in the log"),
            },
            scheduler: needs.timers.then(|| SchedulerConfig {
                group: reader.required("SCHEDULE_GROUP", "the group of the schedules that are the timers"),
                role_arn: reader.arn("SCHEDULE_ROLE_ARN", "the role under which a timer speaks on the bus"),
                bus_arn: reader.arn("BUS_ARN", "the bus on which a timer speaks"),
                dead_letter_arn: reader.arn("SCHEDULE_DEAD_LETTER_ARN", "the queue for what a timer could not say"),
            }),
            mail_from: needs.mail.then(|| reader.address("MAIL_FROM", "the address from which mail comes")),
        };
        if reader.problems.is_empty() { Ok(config) } else { Err(ConfigError { problems: reader.problems }) }
    }
}

/// Checks that Lambda is there: without these its runtime cannot begin.
pub fn check_lambda(lookup: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
    let mut reader = Reader { lookup, problems: Vec::new() };
    for variable in [
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    ] {
        reader.required(variable, "set by Lambda, or by what plays it");
    }
    if reader.problems.is_empty() { Ok(()) } else { Err(ConfigError { problems: reader.problems }) }
}

struct Reader<L> {
    lookup: L,
    problems: Vec<String>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    fn optional(&self, variable: &str) -> Option<String> {
        (self.lookup)(variable).filter(|value| !value.trim().is_empty())
    }

    fn required(&mut self, variable: &str, purpose: &str) -> String {
        self.checked(variable, purpose, "", |_| true)
    }

    fn arn(&mut self, variable: &str, purpose: &str) -> String {
        self.checked(variable, purpose, "an ARN", |value| value.starts_with("arn:") && value.split(':').count() >= 6)
    }

    fn url(&mut self, variable: &str, purpose: &str) -> String {
        self.checked(variable, purpose, "a URL", |value| value.starts_with("https://") || value.starts_with("http://"))
    }

    fn address(&mut self, variable: &str, purpose: &str) -> String {
        self.checked(variable, purpose, "a mail address", |value| value.contains('@'))
    }

    fn account(&mut self, variable: &str, purpose: &str) -> Option<String> {
        self.optional(variable)?;
        let digits = |value: &str| value.len() == 12 && value.bytes().all(|letter| letter.is_ascii_digit());
        Some(self.checked(variable, purpose, "twelve digits", digits))
    }

    fn prove(&mut self, variable: &str, purpose: &str) -> VerifyEvents {
        let Some(value) = self.optional(variable) else { return VerifyEvents::default() };
        value.trim().parse().unwrap_or_else(|_| {
            self.problems.push(format!("{variable} is {value:?} and must be none, moving or all: {purpose}"));
            VerifyEvents::default()
        })
    }

    fn number(&mut self, variable: &str, purpose: &str, default: usize) -> usize {
        let Some(value) = self.optional(variable) else { return default };
        value.trim().parse().unwrap_or_else(|_| {
            self.problems.push(format!("{variable} is {value:?} and must be a whole number: {purpose}"));
            default
        })
    }

    fn checked(&mut self, variable: &str, purpose: &str, form: &str, valid: impl Fn(&str) -> bool) -> String {
        match self.optional(variable) {
            Some(value) if valid(&value) => value,
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
