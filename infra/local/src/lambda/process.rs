//! The executor that runs functions as processes: unchanged binaries that use the Runtime API as on Lambda. A process
//! is started when it is first needed, kept warm, runs one invocation at a time, and is killed when it times out.

mod env_vars;
mod environment;
mod log;
mod runtime_api;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::Semaphore;

use crate::{clock::Line, template::Function};

use super::executor::{Executor, FunctionError, Invocation};
use environment::Environment;

pub use log::{Listener, LogLine};
pub use settings::Settings;

/// The executor that runs functions as processes.
pub struct Processes {
    settings: Settings,
    listener: Listener,
    /// The idle environments, the most recently used last.
    idle: Mutex<Vec<Environment>>,
    permits: Arc<Semaphore>,
}

impl Processes {
    /// Creates an executor without processes. The listener receives each line that a function writes.
    pub fn new(settings: Settings, listener: Listener) -> Self {
        let permits = Arc::new(Semaphore::new(settings.most.max(1)));
        Self { settings, listener, idle: Mutex::default(), permits }
    }

    /// The number of idle processes.
    pub fn warm(&self) -> usize {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The ids of a function's idle processes.
    pub fn warm_of(&self, function_arn: &str) -> Vec<u32> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.iter().filter(|environment| environment.function.arn == function_arn).map(|one| one.process_id).collect()
    }

    /// Takes a warm environment of this function with this clock, if there is one.
    fn take(&self, function: &Function, line: Option<Line>) -> Option<Environment> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // A changed function starts again, and so do all functions when the clock was changed.
        let is_changed = |one: &Environment| one.function.arn == function.arn && *one.function != *function;
        idle.retain(|one| one.is_alive() && one.line == line && !is_changed(one));
        let index = idle.iter().rposition(|one| one.function.arn == function.arn)?;
        Some(idle.remove(index))
    }

    /// Ends the processes that have been idle for the longest time, until one more can be started.
    fn evict_idle(&self) {
        let busy = self.settings.most.max(1).saturating_sub(self.permits.available_permits());
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let excess = (idle.len() + busy).saturating_sub(self.settings.most.max(1));
        let evicted = excess.min(idle.len());
        idle.drain(..evicted);
    }

    fn give_back(&self, environment: Environment) {
        if environment.is_alive() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(environment);
        }
    }
}

#[async_trait]
impl Executor for Processes {
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        let closed = |_| FunctionError::new("Runtime.Unavailable", "the local cloud is shutting down".to_owned());
        let _permit = self.permits.acquire().await.map_err(closed)?;
        // Dropping this future drops the environment, which kills the process.
        let line = self.settings.clock.line();
        while let Some(warm) = self.take(&invocation.function, line) {
            let result = warm.invoke(invocation.clone()).await;
            // A process that died while it was idle has not started the invocation, so another one can run it.
            if result.is_ok() || warm.has_started(&invocation.request_id) {
                self.give_back(warm);
                return result;
            }
        }
        self.evict_idle();
        let function = Arc::clone(&invocation.function);
        let cold = Environment::start(&self.settings, function, line, &self.listener).await?;
        let result = cold.invoke(invocation).await;
        self.give_back(cold);
        result
    }
}
