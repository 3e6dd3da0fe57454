//! The region, account and endpoint in the ARNs and URLs of queues.

/// The region, account and endpoint in the ARNs and URLs of queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The region, such as `eu-central-1`.
    pub region: String,
    /// The account id: twelve digits.
    pub account: String,
    /// The URL at which the service is reached, without a slash at the end.
    pub endpoint: String,
}

impl Location {
    /// The ARN of the queue with this name.
    pub fn arn(&self, queue: &str) -> String {
        format!("arn:aws:sqs:{}:{}:{queue}", self.region, self.account)
    }

    /// The URL of the queue with this name.
    pub fn url(&self, queue: &str) -> String {
        format!("{}/{}/{queue}", self.endpoint, self.account)
    }
}
