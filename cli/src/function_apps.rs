//! The apps of a template's functions on the local cloud, connected by the same adapters as on AWS. Functions with the
//! same configuration share an app. The SDK clients of an app call the local cloud in this process, without a socket.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context;
use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use causeway::{App, Route, http::HttpFunction};
use causeway_aws::{
    client::{Account, sdk_config},
    config::{Config, Needs},
    connect::{self, OptionalClients, connect, scheduler_timers, ses_mailer},
    lambda::stream::RELAY,
};
use causeway_local::{clock::Clock, http::InProcessTransport, template::Function};
use jiff::{SignedDuration, Timestamp};

use crate::application::Application;

/// The local cloud to which apps connect.
#[derive(Clone, Debug)]
pub struct LocalCloud {
    /// The application of the functions.
    pub application: Application,
    /// The region.
    pub region: String,
    /// The URL of the local cloud.
    pub endpoint: String,
    /// The clock of the local cloud.
    pub clock: Clock,
}

impl LocalCloud {
    /// The routes of the application, by the binaries of their functions.
    pub(crate) fn routes(&self) -> BTreeMap<String, Route> {
        (self.application.routes)().into_iter().map(|route| (route.function(), route)).collect()
    }

    /// The functions of its HTTP API, by their binaries.
    pub(crate) fn http_functions(&self) -> BTreeMap<String, HttpFunction> {
        let all = (self.application.http_functions)().into_iter();
        all.map(|function| (function.function(), function)).collect()
    }
}

/// The apps, by the binaries of their functions.
pub struct FunctionApps {
    sdk: SdkConfig,
    apps: BTreeMap<String, App>,
}

impl FunctionApps {
    /// Connects the declared functions that the application has. Their requests go through `client`.
    pub fn connect(cloud: &LocalCloud, declared: &[Function], client: SharedHttpClient) -> anyhow::Result<Self> {
        let account = Account {
            region: cloud.region.clone(),
            credentials: Credentials::new("local", "local", None, None, "local"),
            endpoint: Some(cloud.endpoint.clone()),
        };
        let sdk = sdk_config(&account, client);
        let (routes, http_functions) = (cloud.routes(), cloud.http_functions());
        let mut shared: Vec<(Config, App)> = Vec::new();
        let mut apps = BTreeMap::new();
        for function in declared {
            let binary = function.binary.clone().unwrap_or_default();
            let route = routes.get(&binary);
            if route.is_none() && binary != RELAY && !http_functions.contains_key(&binary) {
                continue;
            }
            let needs = Needs {
                timers: binary == RELAY,
                mail: route.is_some_and(|route| route.claimed),
                http: route.and_then(Route::calls),
            };
            let variable = |name: &str| match name {
                "AWS_ENDPOINT_URL" => Some(cloud.endpoint.clone()),
                _ => function.environment.get(name).cloned(),
            };
            let place = || format!("line {}: {}", function.line, function.id);
            let config = Config::read(needs, variable).with_context(place)?;
            let known = shared.iter().find(|(known, _)| *known == config).map(|(_, app)| app.clone());
            let app = known.unwrap_or_else(|| {
                let clients = OptionalClients {
                    timers: Some(scheduler_timers),
                    mail: Some(ses_mailer),
                    http: Some(connect::http_client),
                };
                let app = connect(&config, &sdk, Arc::new(CloudTime(cloud.clock.clone())), clients).app;
                shared.push((config, app.clone()));
                app
            });
            apps.insert(binary, app);
        }
        Ok(Self { sdk, apps })
    }

    /// The configuration of all clients, for other clients of the same cloud.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The app of the function with this binary, if both the template and the application have the function.
    pub fn app(&self, binary: &str) -> Option<&App> {
        self.apps.get(binary)
    }
}

/// The clock of the local cloud as handlers read it. They sleep in real time, so that a paused clock never stops a
/// handler, and a fast one does not shorten its backoff.
#[derive(Clone, Debug)]
struct CloudTime(Clock);

#[async_trait]
impl causeway::time::clock::Clock for CloudTime {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        tokio::time::sleep(Duration::try_from(duration).unwrap_or_default()).await;
    }
}

/// An HTTP client whose requests go to the local cloud in this process: signed as over a socket, without a connection.
pub fn in_process_client(transport: InProcessTransport) -> SharedHttpClient {
    SharedHttpClient::new(InProcessClient { transport })
}

#[derive(Clone, Debug)]
struct InProcessClient {
    transport: InProcessTransport,
}

impl HttpClient for InProcessClient {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcessClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let transport = self.transport.clone();
        HttpConnectorFuture::new(async move { send(&transport, request).await })
    }
}

async fn send(transport: &InProcessTransport, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    // The bodies of our requests are in memory; a streaming one would be an error of ours.
    if request.body().bytes().is_none() {
        return Err(ConnectorError::user("the body is a stream".into()));
    }
    let request = request.map(|body| body.bytes().unwrap_or_default().to_vec());
    let response = transport.send(request).await.map_err(|error| ConnectorError::io(error.into()))?;
    HttpResponse::try_from(response.map(SdkBody::from)).map_err(|error| ConnectorError::other(error.into(), None))
}
