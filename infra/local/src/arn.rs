//! The account and region that the local cloud emulates, and the ARNs made of them.

/// An AWS account and region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRegion {
    /// The region, as in `eu-central-1`.
    pub region: String,
    /// The account id, twelve digits.
    pub account: String,
}

impl AccountRegion {
    /// Returns the ARN of a resource of a service.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    /// Returns the ARN of an event bus.
    pub fn bus(&self, name: &str) -> String {
        self.arn("events", &format!("event-bus/{name}"))
    }

    /// Returns the ARN of a rule, which does not contain the name of the default bus.
    pub fn rule(&self, bus: &str, name: &str) -> String {
        match bus {
            "default" => self.arn("events", &format!("rule/{name}")),
            _ => self.arn("events", &format!("rule/{bus}/{name}")),
        }
    }

    pub(crate) fn archive(&self, name: &str) -> String {
        self.arn("events", &format!("archive/{name}"))
    }

    pub(crate) fn replay(&self, name: &str) -> String {
        self.arn("events", &format!("replay/{name}"))
    }
}

/// Returns the name of a bus that is given by name or by ARN.
pub(crate) fn bus_name(name_or_arn: &str) -> &str {
    match name_or_arn.split_once(":event-bus/") {
        Some((_, name)) => name,
        None => name_or_arn,
    }
}
