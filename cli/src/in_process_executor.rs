//! The functions of a template, run by the handlers of this program: the same routes and the same reading of payloads
//! as in the binaries, without a process for each.

use std::collections::BTreeMap;

use anyhow::bail;
use async_trait::async_trait;
use causeway::Route;
use causeway_aws::lambda::{
    self,
    functions::BusFunction,
    message_handler::MessageHandler,
    stream::{RELAY, RelayFunction},
};
use causeway_local::{
    lambda::{Executor, FunctionError, Invocation},
    template::Function,
};

use crate::{function_apps::FunctionApps, log_lines};

/// All handlers, by the ARNs of their functions.
pub struct InProcessExecutor {
    handlers: BTreeMap<String, Box<dyn lambda::Function>>,
}

impl InProcessExecutor {
    /// Connects each function of the template with its handler, or says which has none.
    pub fn connect(declared: &[Function], apps: &FunctionApps) -> anyhow::Result<Self> {
        let mut routes: BTreeMap<String, Route> =
            functions::routes().into_iter().map(|route| (route.function(), route)).collect();
        let mut handlers = BTreeMap::new();
        for function in declared {
            let binary = function.binary.as_deref().unwrap_or_default();
            let handler: Box<dyn lambda::Function> = match (routes.remove(binary), apps.app(binary).cloned()) {
                (Some(route), Some(app)) => Box::new(BusFunction { handler: MessageHandler::of_route(route, app) }),
                (None, Some(app)) if binary == RELAY => Box::new(RelayFunction { app }),
                (_, _) => bail!("line {}: {}: this program has no function {binary:?}", function.line, function.id),
            };
            handlers.insert(function.arn.clone(), handler);
        }
        Ok(Self { handlers })
    }
}

#[async_trait]
impl Executor for InProcessExecutor {
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        log_lines::within(&invocation.function.name, self.answer(&invocation)).await
    }
}

impl InProcessExecutor {
    async fn answer(&self, invocation: &Invocation) -> Result<String, FunctionError> {
        let Some(handler) = self.handlers.get(&invocation.function.arn) else {
            let message = format!("this program has no handler of {}", invocation.function.name);
            return Err(FunctionError::new("Runtime.NoHandler", message));
        };
        let (payload, request_id) = (invocation.payload.as_str(), invocation.request_id.as_str());
        match handler.invoke(lambda::Invocation { payload, request_id, attempt: 1 }).await {
            Ok(response) => Ok(response.to_string()),
            Err(error) => Err(FunctionError::new(&error.error_type, error.error_message)),
        }
    }
}
