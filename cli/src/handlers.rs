//! The functions of a template, run by the handlers of this program: the same routes and the same reading of payloads
//! as in the binaries, without a process for each.

use std::collections::BTreeMap;

use anyhow::Context;
use anyhow::bail;
use async_trait::async_trait;
use aws::config::Config;
use aws::config::Needs;
use aws::lambda::Function as _;
use aws::lambda::event::NotAnEvent;
use aws::lambda::event::read;
use aws::lambda::failed::diagnostic;
use aws::lambda::stream::RELAY;
use aws::lambda::stream::RelayFunction;
use aws_types::SdkConfig;
use kernel::App;
use kernel::Failure;
use kernel::Handled;
use kernel::Outcome;
use kernel::Route;
use kernel::dead_letter::DeadLetter;
use kernel::failure::causes;
use local::lambda::Executor;
use local::lambda::FunctionError;
use local::lambda::Invocation;
use local::template::Function;
use serde_json::json;
use serde_json::value::RawValue;
use serde_json::value::to_raw_value;

use crate::connected::Connected;

/// All handlers, by the ARNs of their functions.
pub struct Handlers {
    handlers: BTreeMap<String, Handler>,
    sdk: SdkConfig,
}

enum Handler {
    Routed(Box<Route>, App),
    Relay(RelayFunction),
}

impl Handlers {
    /// Connects each function of the template with its handler, or says which has none.
    pub fn connect(declared: &[Function], mut connected: Connected) -> anyhow::Result<Self> {
        let mut routes: BTreeMap<String, Route> =
            functions::routes().into_iter().map(|route| (route.function(), route)).collect();
        let mut handlers = BTreeMap::new();
        for function in declared {
            let place = || format!("line {}: {}", function.line, function.id);
            let binary = function.binary.as_deref().unwrap_or_default();
            let route = routes.remove(binary);
            if route.is_none() && binary != RELAY {
                bail!("{}: this program has no function {binary:?}", place());
            }
            let mail = route.as_ref().is_some_and(|route| route.claimed);
            let needs = Needs { timers: route.is_none(), mail };
            let variable = |name: &str| function.environment.get(name).cloned();
            let app = connected.app(Config::read(needs, variable).with_context(place)?);
            let handler = match route {
                Some(route) => Handler::Routed(Box::new(route), app),
                None => Handler::Relay(RelayFunction::new(app)),
            };
            handlers.insert(function.arn.clone(), handler);
        }
        Ok(Self { handlers, sdk: connected.sdk().clone() })
    }

    /// The configuration with which others may reach the cloud, too.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The app of the function with this binary, if the template has it.
    pub fn app(&self, binary: &str) -> Option<&App> {
        self.handlers.values().find_map(|handler| match handler {
            Handler::Routed(route, app) if route.function() == binary => Some(app),
            Handler::Routed(..) | Handler::Relay(_) => None,
        })
    }
}

#[async_trait]
impl Executor for Handlers {
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        let (payload, request_id) = (invocation.payload.as_str(), invocation.request_id.as_str());
        let answer = match self.handlers.get(&invocation.function.arn) {
            None => {
                let message = format!("this program has no handler of {}", invocation.function.name);
                return Err(FunctionError::new("Runtime.NoHandler", message));
            }
            Some(Handler::Relay(relay)) => {
                relay.answer(aws::lambda::Invocation { payload, request_id, attempt: 1 }).await
            }
            Some(Handler::Routed(route, app)) => match hear(route, app, payload).await {
                Ok(handled) => Ok(json!({ "handled": format!("{handled:?}").to_lowercase() })),
                Err(failure) => Err(diagnostic(&failure)),
            },
        };
        match answer {
            Ok(answer) => Ok(answer.to_string()),
            Err(error) => Err(FunctionError::new(&error.error_type, error.error_message)),
        }
    }
}

/// Hears one payload. What can never work is in the dead letters when this returns.
async fn hear(route: &Route, app: &App, payload: &str) -> Outcome {
    let outcome = match read(payload, route.message) {
        Ok(delivery) => route.handle(app, &delivery).await,
        Err(error) => bury(route, app, payload, &error).await,
    };
    let function = route.function();
    match &outcome {
        Ok(Handled::Buried) => tracing::warn!(function, "kept with the dead letters"),
        Ok(handled) => tracing::info!(function, ?handled, "handled"),
        Err(failure) => tracing::warn!(function, reason = causes(failure.reason()), "to be tried again"),
    }
    outcome
}

async fn bury(route: &Route, app: &App, payload: &str, error: &NotAnEvent) -> Outcome {
    let message = match RawValue::from_string(payload.to_owned()) {
        Ok(json) => json,
        Err(_) => to_raw_value(payload).map_err(Failure::retry)?,
    };
    let letter = DeadLetter {
        reason: "MALFORMED".to_owned(),
        explanation: error.to_string(),
        consumer: route.function(),
        at: app.clock().now(),
        message,
    };
    app.dead_letters().keep(&letter).await?;
    Ok(Handled::Buried)
}
