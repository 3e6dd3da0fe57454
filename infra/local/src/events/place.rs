//! Where the local cloud pretends to be: the region and the account in every ARN and event.

/// A region and an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// As in `eu-central-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
}

impl Place {
    /// The ARN of a thing of this service.
    pub fn arn(&self, service: &str, thing: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{thing}", self.region, self.account)
    }

    /// The ARN of a bus.
    pub fn bus(&self, name: &str) -> String {
        self.arn("events", &format!("event-bus/{name}"))
    }

    /// The ARN of a rule; the default bus is not named in it.
    pub fn rule(&self, bus: &str, name: &str) -> String {
        match bus {
            "default" => self.arn("events", &format!("rule/{name}")),
            _ => self.arn("events", &format!("rule/{bus}/{name}")),
        }
    }

    /// The ARN of an archive.
    pub(super) fn archive(&self, name: &str) -> String {
        self.arn("events", &format!("archive/{name}"))
    }

    /// The ARN of a replay.
    pub(super) fn replay(&self, name: &str) -> String {
        self.arn("events", &format!("replay/{name}"))
    }
}

/// The name of a bus that was given by name or by ARN.
pub(crate) fn bus_name(name_or_arn: &str) -> &str {
    match name_or_arn.split_once(":event-bus/") {
        Some((_, name)) => name,
        None => name_or_arn,
    }
}
