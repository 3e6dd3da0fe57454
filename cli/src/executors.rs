//! Who runs the functions of a template: the handlers of the application in this process, or a process per function.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use async_trait::async_trait;
use causeway_aws::lambda::{
    self,
    api::{ApiFunction, OPEN},
    functions::BusFunction,
    message_handler::MessageHandler,
    stream::{RELAY, RelayFunction},
};
use causeway_local::{
    clock::Clock,
    cloud::Observer,
    lambda::{
        Executor, FunctionError, Invocation,
        process::{self, LogLine, Processes},
    },
    template::{self, Function},
};

use crate::{
    function_apps::{FunctionApps, LocalCloud},
    log_lines,
};

/// Runs functions by the handlers of the application, with the same routes and the same decoding of payloads as in
/// the binaries.
pub struct InProcessExecutor {
    /// By the ARNs of the functions.
    handlers: BTreeMap<String, Box<dyn lambda::Function>>,
}

impl InProcessExecutor {
    /// Connects each function of the template with its handler. A function without one is an error.
    pub fn connect(cloud: &LocalCloud, declared: &[Function], apps: &FunctionApps) -> anyhow::Result<Self> {
        let (mut routes, mut http_functions) = (cloud.routes(), cloud.http_functions());
        let mut handlers = BTreeMap::new();
        for function in declared {
            let binary = function.binary.as_deref().unwrap_or_default();
            let handler: Box<dyn lambda::Function> = match (routes.remove(binary), apps.app(binary).cloned()) {
                (Some(route), Some(app)) => Box::new(BusFunction { handler: MessageHandler::of_route(route, app) }),
                (None, Some(app)) if binary == RELAY => Box::new(RelayFunction { app }),
                (None, Some(app)) if http_functions.contains_key(binary) => {
                    let is_open = function.environment.get(OPEN).is_some_and(|open| open == "true");
                    match http_functions.remove(binary) {
                        Some(function) => Box::new(ApiFunction { function, app, is_open }),
                        None => bail!("{binary} is declared twice"),
                    }
                }
                (_, _) => bail!("line {}: {}: this program has no function {binary:?}", function.line, function.id),
            };
            handlers.insert(function.arn.clone(), handler);
        }
        Ok(Self { handlers })
    }

    async fn handle(&self, invocation: &Invocation) -> Result<String, FunctionError> {
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

#[async_trait]
impl Executor for InProcessExecutor {
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        log_lines::within(&invocation.function.name, self.handle(&invocation)).await
    }
}

/// Processes beyond one per function, so that a second concurrent run of one function stops no other's process.
const SPARE: usize = 8;

/// The folder of this program: cargo puts all binaries of a workspace into one folder.
pub fn beside_this_program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("the path of this program is not known: give the folder")?;
    Ok(program.parent().map(Path::to_owned).unwrap_or_default())
}

/// Runs every function as a process of its own, from binaries in this folder, which must all exist.
pub fn processes(
    folder: PathBuf,
    declared: &[Function],
    settings: &template::Settings,
    clock: &Clock,
    observer: &Observer,
) -> anyhow::Result<Processes> {
    let settings = process::Settings {
        binaries: folder,
        region: settings.region.clone(),
        endpoint_url: settings.endpoint.clone(),
        most: declared.len() + SPARE,
        clock: clock.clone(),
    };
    let missing: Vec<String> = declared
        .iter()
        .filter(|function| !settings.binary(function).is_file())
        .map(|function| {
            format!("\n  {} of {}", settings.binary(function).file_name().unwrap_or_default().display(), function.id)
        })
        .collect();
    if !missing.is_empty() {
        bail!(
            "{} of {} binaries are not in {}; build them with `cargo build -p functions`, or with `--release` and name \
             that folder:{}",
            missing.len(),
            declared.len(),
            settings.binaries.display(),
            missing.concat()
        );
    }
    let forward = observer.log_listener();
    let listener = move |line: LogLine| {
        tracing::info!(function = line.function, process = line.process_id, "{}", line.line);
        forward(line);
    };
    Ok(Processes::new(settings, Arc::new(listener)))
}
