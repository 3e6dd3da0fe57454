//! What all SDK clients share, built once: region, credentials, endpoint, one HTTP client, retries and time-outs.
//! Nothing is looked for outside the environment: no profile, no sign-on, no instance service.

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

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(1);
/// How long one try of a call may take.
const ATTEMPT: Duration = Duration::from_secs(3);
/// How long a call may take with all its tries. A transaction in progress needs five seconds to be settled.
const OPERATION: Duration = Duration::from_secs(10);
/// How often a call is tried.
const ATTEMPTS: u32 = 3;

/// Where AWS is and who we are there.
#[derive(Clone, Debug)]
pub struct Account {
    /// The region.
    pub region: String,
    /// Who we are.
    pub credentials: Credentials,
    /// Where all services are reached, when that is not AWS itself.
    pub endpoint: Option<String>,
}

/// The environment does not say who we are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment does not say {}", missing.join(", "))]
pub struct AccountError {
    /// The variables that are missing.
    pub missing: Vec<&'static str>,
}

impl Account {
    /// What the environment says.
    pub fn from_env() -> Result<Self, AccountError> {
        Self::read(|variable| std::env::var(variable).ok())
    }

    /// What these variables say.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, AccountError> {
        let said = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let region = said("AWS_REGION").or_else(|| said("AWS_DEFAULT_REGION"));
        let (Some(region), Some(key), Some(secret)) =
            (&region, said("AWS_ACCESS_KEY_ID"), said("AWS_SECRET_ACCESS_KEY"))
        else {
            let needed = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
            let mut missing: Vec<&'static str> = needed.into_iter().filter(|name| said(name).is_none()).collect();
            if region.is_none() {
                missing.insert(0, "AWS_REGION");
            }
            return Err(AccountError { missing });
        };
        let credentials = Credentials::new(key, secret, said("AWS_SESSION_TOKEN"), None, "environment");
        Ok(Self { region: region.clone(), credentials, endpoint: said("AWS_ENDPOINT_URL") })
    }
}

/// The HTTP client that all SDK clients share: TLS by ring, which draws no jitter entropy at the first handshake,
/// and plain HTTP for an endpoint on the own machine.
pub fn http_client() -> SharedHttpClient {
    let https = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    SharedHttpClient::new(CheckedOnce { https, checked: OnceLock::new() })
}

/// Every SDK client asks the HTTP client to check itself, and that reads all root certificates: once is enough.
#[derive(Debug)]
struct CheckedOnce {
    https: SharedHttpClient,
    checked: OnceLock<()>,
}

impl HttpClient for CheckedOnce {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.https.http_connector(settings, components)
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        match self.checked.set(()) {
            Ok(()) => self.https.validate_base_client_config(components, bag),
            Err(()) => Ok(()),
        }
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.https.connector_metadata()
    }
}

/// What every SDK client is made from. The HTTP client is handed in, so that something may stand before it.
pub fn sdk_config(account: &Account, http_client: SharedHttpClient) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(account.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(account.credentials.clone()))
        .http_client(http_client)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        .sleep_impl(TokioSleep::new())
        // All bodies here are small and whole; the time-outs above are enough.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(account.endpoint.clone());
    config.build()
}

#[cfg(test)]
mod tests;
