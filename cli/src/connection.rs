//! The endpoint of a command (the local cloud, any other endpoint, or AWS by profile) and the names of the stack there.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use aws_config::{BehaviorVersion, timeout::TimeoutConfig};
use aws_credential_types::Credentials;
use aws_types::{SdkConfig, region::Region};
use causeway_aws::{
    client::{Account, http_client, sdk_config},
    config::Config,
    dynamo::{DynamoEventStore, DynamoOutcomes, DynamoViewStore, LogReader},
};
use clap::Args;

/// The default endpoint: the local cloud.
const LOCAL: &str = "http://127.0.0.1:4566";

/// The default region.
const REGION: &str = "us-east-1";

/// The timeout of a request to AWS with all its retries.
const PATIENCE: Duration = Duration::from_secs(30);

/// The options of all commands.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// The endpoint of all services [without it and without --profile: AWS_ENDPOINT_URL, or the local cloud on port 4566]
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint: Option<String>,
    /// A profile of your AWS configuration: AWS itself, unless --endpoint, the profile or AWS_ENDPOINT_URL names an endpoint
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The region [without it: the profile's, AWS_REGION, or us-east-1]
    #[arg(long, global = true)]
    pub region: Option<String>,
    /// The name of the stack, with which the names of its tables begin.
    #[arg(long, global = true, default_value = "causeway")]
    pub stack: String,
    /// Prints one JSON value per line.
    #[arg(long, global = true)]
    pub json: bool,
}

/// A connection to the services of a stack.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The configuration of all clients.
    pub sdk: SdkConfig,
    /// The endpoint, when it is not AWS itself.
    pub endpoint: Option<String>,
    /// The name of the stack.
    pub stack: String,
}

impl GlobalArgs {
    /// Reads the credentials. No service is called, unless the profile needs one.
    pub async fn connect(&self) -> anyhow::Result<Connection> {
        let stack = self.stack.clone();
        if let Some(profile) = &self.profile {
            let sdk = self.of_profile(profile).await?;
            let endpoint = sdk.endpoint_url().map(str::to_owned);
            return Ok(Connection { sdk, endpoint, stack });
        }
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let endpoint =
            self.endpoint.clone().or_else(|| variable("AWS_ENDPOINT_URL")).unwrap_or_else(|| LOCAL.to_owned());
        let region = self.region.clone().or_else(|| variable("AWS_REGION")).unwrap_or_else(|| REGION.to_owned());
        let credentials = match Account::from_env() {
            Ok(account) => account.credentials,
            // The local cloud does not check signatures.
            Err(_) => Credentials::new("local", "local", None, None, "local"),
        };
        let account = Account { region, credentials, endpoint: Some(endpoint.clone()) };
        Ok(Connection { sdk: sdk_config(&account, http_client()), endpoint: Some(endpoint), stack })
    }

    async fn of_profile(&self, profile: &str) -> anyhow::Result<SdkConfig> {
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http_client())
            .profile_name(profile)
            .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build());
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(endpoint) = &self.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let sdk = loader.load().await;
        sdk.region().with_context(|| format!("the profile {profile:?} has no region: give one with --region"))?;
        Ok(sdk)
    }
}

impl Connection {
    /// The table of the event log.
    pub fn events_table(&self) -> String {
        format!("{}-events", self.stack)
    }

    /// The table of the views.
    pub fn views_table(&self) -> String {
        format!("{}-views", self.stack)
    }

    fn inbox_table(&self) -> String {
        format!("{}-inbox", self.stack)
    }

    /// The rows of all views.
    pub fn views(&self) -> DynamoViewStore {
        DynamoViewStore::new(aws_sdk_dynamodb::Client::new(&self.sdk), self.views_table(), Arc::default())
    }

    /// The event log as functions read it.
    pub fn store(&self) -> DynamoEventStore {
        let client = aws_sdk_dynamodb::Client::new(&self.sdk);
        DynamoEventStore::new(client, self.events_table(), self.inbox_table(), Arc::default())
    }

    /// What became of commands.
    pub fn outcomes(&self) -> DynamoOutcomes {
        DynamoOutcomes::new(aws_sdk_dynamodb::Client::new(&self.sdk), self.inbox_table(), Arc::default())
    }

    /// A reader of the event log.
    pub fn log(&self) -> LogReader {
        LogReader::new(aws_sdk_dynamodb::Client::new(&self.sdk), self.events_table())
    }

    /// The configuration of an app that reads the tables of the stack and publishes on `bus`.
    pub fn config(&self, bus: &str) -> anyhow::Result<Config> {
        let variable = |name: &str| match name {
            "EVENTS_TABLE" => Some(self.events_table()),
            "VIEWS_TABLE" => Some(self.views_table()),
            "INBOX_TABLE" => Some(self.inbox_table()),
            "BUS_NAME" => Some(bus.to_owned()),
            // Nothing is dead-lettered from here.
            "DEAD_LETTER_QUEUE_URL" => Some("https://nowhere.invalid".to_owned()),
            _ => None,
        };
        Ok(Config::read(causeway_aws::config::Needs::default(), variable)?)
    }
}
