//! Apps on the local cloud, connected by the same adapters as in the real one. Functions with the
//! same configuration share an app.

use aws::client::Account;
use aws::client::http_client;
use aws::client::sdk_config;
use aws::config::Config;
use aws::connect::WaysOut;
use aws::connect::connect;
use aws::connect::mail;
use aws::connect::schedules;
use aws_credential_types::Credentials;
use aws_types::SdkConfig;
use kernel::App;

/// The apps so far.
pub struct Connected {
    sdk: SdkConfig,
    apps: Vec<(Config, App)>,
}

impl Connected {
    /// No apps yet, at this endpoint.
    pub fn new(region: &str, endpoint: &str) -> Self {
        let account = Account {
            region: region.to_owned(),
            credentials: Credentials::new("local", "local", None, None, "local"),
            endpoint: Some(endpoint.to_owned()),
        };
        Self { sdk: sdk_config(&account, http_client()), apps: Vec::new() }
    }

    /// The configuration of all clients.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The app of this configuration.
    pub fn app(&mut self, config: Config) -> App {
        if let Some((_, app)) = self.apps.iter().find(|(known, _)| *known == config) {
            return app.clone();
        }
        let app = connect(&config, &self.sdk, WaysOut { timers: Some(schedules), mail: Some(mail) }).app;
        self.apps.push((config, app.clone()));
        app
    }
}
