//! The redrive policy of a source queue, and the redrive allow policy of a dead-letter queue.

use serde_json::Value;

/// The dead-letter queue of a source queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RedrivePolicy {
    /// The ARN of the dead-letter queue.
    pub(super) target: String,
    /// The number of receives after which a message is moved to the dead-letter queue.
    pub(super) max_receive_count: u64,
}

impl RedrivePolicy {
    /// Parses the attribute, or returns why it is invalid.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let policy: Value = serde_json::from_str(text).map_err(|_| "Redrive policy is not a valid JSON map.")?;
        let fields = policy.as_object().ok_or("Redrive policy is not a valid JSON map.")?;
        let target = fields.get("deadLetterTargetArn").and_then(Value::as_str);
        let target = target.ok_or("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")?;
        let count = fields.get("maxReceiveCount");
        let count = count.ok_or("Redrive policy does not contain mandatory attribute: maxReceiveCount.")?;
        let number = count.as_u64().or_else(|| count.as_str()?.parse().ok());
        match number {
            Some(max_receive_count @ 1..=1000) => Ok(Self { target: target.to_owned(), max_receive_count }),
            _ => Err("Invalid value for maxReceiveCount. Must be between 1 and 1000, both inclusive."),
        }
    }
}

/// The source queues that may use a queue as their dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RedriveAllowPolicy {
    All,
    None,
    Only(Vec<String>),
}

impl RedriveAllowPolicy {
    /// Parses the attribute, or returns why it is invalid.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let policy: Value = serde_json::from_str(text).map_err(|_| "Redrive allow policy is not a valid JSON map.")?;
        let sources = policy.get("sourceQueueArns");
        match (policy.get("redrivePermission").and_then(Value::as_str), sources) {
            (Some("allowAll"), None) => Ok(Self::All),
            (Some("denyAll"), None) => Ok(Self::None),
            (Some("byQueue"), Some(sources)) => {
                let sources: Option<Vec<String>> =
                    sources.as_array().and_then(|arns| arns.iter().map(|arn| Some(arn.as_str()?.to_owned())).collect());
                match sources {
                    Some(sources) if (1..=10).contains(&sources.len()) => Ok(Self::Only(sources)),
                    _ => Err("sourceQueueArns must list 1 to 10 queues."),
                }
            }
            (Some("byQueue"), None) => Err("byQueue needs sourceQueueArns."),
            (Some("allowAll" | "denyAll"), Some(_)) => Err("sourceQueueArns goes with byQueue only."),
            _ => Err("redrivePermission must be allowAll, denyAll or byQueue."),
        }
    }

    pub(super) fn allows(&self, source: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Only(sources) => sources.iter().any(|allowed| allowed == source),
        }
    }
}
