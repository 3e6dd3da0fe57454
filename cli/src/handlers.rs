//! The functions of a template, run by the handlers of this program: the same routes and the same reading of payloads
//! as in the binaries, without a process for each.

use std::collections::BTreeMap;

use anyhow::bail;
use async_trait::async_trait;
use causeway::{App, Failure, Handled, Outcome, Route, delivery::dead_letter::DeadLetter, failure::causes};
use causeway_aws::lambda::{
    Function as _,
    event::{NotAnEvent, read},
    failed::diagnostic,
    stream::{RELAY, RelayFunction},
};
use causeway_local::{
    lambda::{Executor, FunctionError, Invocation},
    template::Function,
};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

use crate::{connected::Connected, log_lines};

/// All handlers, by the ARNs of their functions.
pub struct Handlers {
    handlers: BTreeMap<String, Handler>,
}

enum Handler {
    Routed(Box<Route>, App),
    Relay(RelayFunction),
}

impl Handlers {
    /// Connects each function of the template with its handler, or says which has none.
    pub fn connect(declared: &[Function], connected: &Connected) -> anyhow::Result<Self> {
        let mut routes: BTreeMap<String, Route> =
            functions::routes().into_iter().map(|route| (route.function(), route)).collect();
        let mut handlers = BTreeMap::new();
        for function in declared {
            let binary = function.binary.as_deref().unwrap_or_default();
            let handler = match (routes.remove(binary), connected.app(binary).cloned()) {
                (Some(route), Some(app)) => Handler::Routed(Box::new(route), app),
                (None, Some(app)) if binary == RELAY => Handler::Relay(RelayFunction::new(app)),
                (_, _) => bail!("line {}: {}: this program has no function {binary:?}", function.line, function.id),
            };
            handlers.insert(function.arn.clone(), handler);
        }
        Ok(Self { handlers })
    }
}

#[async_trait]
impl Executor for Handlers {
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        log_lines::within(&invocation.function.name, self.answer(&invocation)).await
    }
}

impl Handlers {
    async fn answer(&self, invocation: &Invocation) -> Result<String, FunctionError> {
        let (payload, request_id) = (invocation.payload.as_str(), invocation.request_id.as_str());
        let answer = match self.handlers.get(&invocation.function.arn) {
            None => {
                let message = format!("this program has no handler of {}", invocation.function.name);
                return Err(FunctionError::new("Runtime.NoHandler", message));
            }
            Some(Handler::Relay(relay)) => {
                relay.answer(causeway_aws::lambda::Invocation { payload, request_id, attempt: 1 }).await
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
        Ok(Handled::DeadLettered) => tracing::warn!(function, "kept with the dead letters"),
        Ok(handled) => tracing::info!(function, ?handled, "handled"),
        Err(failure) => tracing::warn!(function, reason = causes(failure.reason()), "to be tried again"),
    }
    outcome
}

async fn bury(route: &Route, app: &App, payload: &str, error: &NotAnEvent) -> Outcome {
    let message = match RawValue::from_string(payload.to_owned()) {
        Ok(json) => json,
        Err(_) => to_raw_value(payload).map_err(Failure::transient)?,
    };
    let letter = DeadLetter {
        reason: "MALFORMED".to_owned(),
        explanation: error.to_string(),
        consumer: route.function(),
        at: app.clock().now(),
        message,
    };
    app.dead_letters().keep(&letter).await?;
    Ok(Handled::DeadLettered)
}
