//! The configuration that all SDK clients share: region, credentials, endpoint, one HTTP client, retries and timeouts.
//! It comes from the environment alone: profiles, SSO and instance metadata are not read.

use std::{sync::OnceLock, time::Duration};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        behavior_version::BehaviorVersion,
        connector_metadata::ConnectorMetadata,
        http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector},
        runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
        stalled_stream_protection::StalledStreamProtectionConfig,
    },
};
use aws_smithy_types::{config_bag::ConfigBag, retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// The timeout of a call with all its attempts. A DynamoDB transaction in progress may take five seconds to finish.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_ATTEMPTS: u32 = 3;

/// Region, credentials and endpoint.
#[derive(Clone, Debug)]
pub struct Account {
    /// The region, such as `eu-central-1`.
    pub region: String,
    /// The credentials.
    pub credentials: Credentials,
    /// The endpoint of all services; none for AWS itself.
    pub endpoint: Option<String>,
}

/// Variables that are missing in the environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment has no {}", missing.join(", "))]
pub struct AccountError {
    /// The names of the variables.
    pub missing: Vec<&'static str>,
}

impl Account {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, AccountError> {
        Self::read(|variable| std::env::var(variable).ok())
    }

    /// Reads variables from another source.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, AccountError> {
        let value = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let region = value("AWS_REGION").or_else(|| value("AWS_DEFAULT_REGION"));
        let (key, secret) = (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"));
        let (Some(region), Some(key), Some(secret)) = (&region, &key, &secret) else {
            let needed = [("AWS_REGION", region), ("AWS_ACCESS_KEY_ID", key), ("AWS_SECRET_ACCESS_KEY", secret)];
            let missing = needed.into_iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name);
            return Err(AccountError { missing: missing.collect() });
        };
        let credentials = Credentials::new(key, secret, value("AWS_SESSION_TOKEN"), None, "environment");
        Ok(Self { region: region.clone(), credentials, endpoint: value("AWS_ENDPOINT_URL") })
    }
}

/// The HTTP client that all SDK clients share: TLS by ring, which draws no jitter entropy at the first handshake,
/// and plain HTTP for local endpoints.
pub fn http_client() -> SharedHttpClient {
    let https = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    SharedHttpClient::new(ValidatedOnce { https, validated: OnceLock::new() })
}

/// Every SDK client makes the HTTP client validate its configuration, which reads all root certificates: once is enough.
#[derive(Debug)]
struct ValidatedOnce {
    https: SharedHttpClient,
    validated: OnceLock<()>,
}

impl HttpClient for ValidatedOnce {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.https.http_connector(settings, components)
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        match self.validated.set(()) {
            Ok(()) => self.https.validate_base_client_config(components, bag),
            Err(()) => Ok(()),
        }
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.https.connector_metadata()
    }
}

/// The configuration for SDK clients. The HTTP client is a parameter, so that callers can wrap it.
pub fn sdk_config(account: &Account, http_client: SharedHttpClient) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(account.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(account.credentials.clone()))
        .http_client(http_client)
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
        .timeout_config(timeouts)
        .sleep_impl(TokioSleep::new())
        // All bodies are small and buffered; the timeouts above are enough.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(account.endpoint.clone());
    config.build()
}

#[cfg(test)]
mod tests;
