//! The apps of a template's functions on the local cloud, connected by the same adapters as in the real one, whoever
//! runs the functions. Functions with the same configuration share an app.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context;
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use causeway::{App, Route};
use causeway_aws::{
    client::{Account, sdk_config},
    config::{Config, Needs},
    connect::{OptionalClients, connect, scheduler_timers, ses_mailer},
    lambda::stream::RELAY,
};
use causeway_local::{clock::Clock, http::InProcessTransport, template::Function};

use crate::{cloud_time::CloudTime, in_process_client};

/// The apps, by the binaries of their functions.
pub struct FunctionApps {
    sdk: SdkConfig,
    apps: BTreeMap<String, App>,
}

impl FunctionApps {
    /// Connects the functions that this program knows, with the cloud at this endpoint and on its clock.
    pub fn connect(
        declared: &[Function],
        region: &str,
        endpoint: &str,
        clock: &Clock,
        transport: &InProcessTransport,
    ) -> anyhow::Result<Self> {
        Self::through(declared, region, endpoint, clock, in_process_client::client(transport.clone()))
    }

    /// Connects them by this way to the cloud.
    pub fn through(
        declared: &[Function],
        region: &str,
        endpoint: &str,
        clock: &Clock,
        client: SharedHttpClient,
    ) -> anyhow::Result<Self> {
        let account = Account {
            region: region.to_owned(),
            credentials: Credentials::new("local", "local", None, None, "local"),
            endpoint: Some(endpoint.to_owned()),
        };
        let sdk = sdk_config(&account, client);
        let routes: BTreeMap<String, Route> =
            functions::routes().into_iter().map(|route| (route.function(), route)).collect();
        let mut shared: Vec<(Config, App)> = Vec::new();
        let mut apps = BTreeMap::new();
        for function in declared {
            let binary = function.binary.clone().unwrap_or_default();
            let route = routes.get(&binary);
            if route.is_none() && binary != RELAY {
                continue;
            }
            let needs = Needs { timers: route.is_none(), mail: route.is_some_and(|route| route.claimed) };
            let variable = |name: &str| function.environment.get(name).cloned();
            let place = || format!("line {}: {}", function.line, function.id);
            let config = Config::read(needs, variable).with_context(place)?;
            let known = shared.iter().find(|(known, _)| *known == config).map(|(_, app)| app.clone());
            let app = known.unwrap_or_else(|| {
                let clients = OptionalClients { timers: Some(scheduler_timers), mail: Some(ses_mailer) };
                let app = connect(&config, &sdk, Arc::new(CloudTime(clock.clone())), clients).app;
                shared.push((config, app.clone()));
                app
            });
            apps.insert(binary, app);
        }
        Ok(Self { sdk, apps })
    }

    /// The configuration of all clients, with which others may connection the cloud, too.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The app of the function with this binary, if the template has it and this program knows it.
    pub fn app(&self, binary: &str) -> Option<&App> {
        self.apps.get(binary)
    }
}
