//! Functions as processes of their own, unchanged binaries on the Runtime API as on Lambda: started when first needed,
//! kept warm, one invocation at a time in each, and killed when an invocation is cut off.

mod desk;
mod environment;
mod log;
mod runtime_api;
#[cfg(test)]
mod tests;
mod variables;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use tokio::sync::Semaphore;

use crate::{
    clock::{Clock, Line},
    template::Function,
};

use super::{Executor, FunctionError, Invocation};
use environment::Environment;

pub use log::{Listener, LogLine};

/// Where the binaries are and what they are told of this machine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder of the binaries.
    pub binaries: PathBuf,
    /// The region that functions see.
    pub region: String,
    /// Where functions find the local cloud.
    pub endpoint_url: String,
    /// At most so many processes at once.
    pub most: usize,
    /// The clock that functions shall read. Each change of it makes the warm processes useless.
    pub clock: Clock,
}

impl Settings {
    /// The file that a function is started from.
    pub fn binary(&self, function: &Function) -> PathBuf {
        self.binaries.join(function.binary.as_ref().unwrap_or(&function.name))
    }
}

/// The executor that starts processes.
pub struct Processes {
    settings: Settings,
    listener: Listener,
    // The one that was used last stands last.
    idle: Mutex<Vec<Environment>>,
    places: Arc<Semaphore>,
}

impl Processes {
    /// An executor that has started nothing yet; whatever functions write goes to the listener, line by line.
    pub fn new(settings: Settings, listener: Listener) -> Self {
        let places = Arc::new(Semaphore::new(settings.most.max(1)));
        Self { settings, listener, idle: Mutex::default(), places }
    }

    /// How many processes wait for work.
    pub fn warm(&self) -> usize {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The process ids of one function's processes that wait for work.
    pub fn warm_of(&self, function_arn: &str) -> Vec<u32> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.iter().filter(|environment| environment.function.arn == function_arn).map(|one| one.process_id).collect()
    }

    /// A warm environment of exactly this function on this clock, if there is one that lives.
    fn take(&self, function: &Function, line: Option<Line>) -> Option<Environment> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // A function that was changed meanwhile starts anew, and all do when the clock was.
        let is_changed = |one: &Environment| one.function.arn == function.arn && *one.function != *function;
        idle.retain(|one| one.is_alive() && one.line == line && !is_changed(one));
        let place = idle.iter().rposition(|one| one.function.arn == function.arn)?;
        Some(idle.remove(place))
    }

    /// Ends the processes that waited longest, until there is a place for one more.
    fn make_place(&self) {
        let busy = self.settings.most.max(1).saturating_sub(self.places.available_permits());
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let over = (idle.len() + busy).saturating_sub(self.settings.most.max(1));
        let drained = over.min(idle.len());
        idle.drain(..drained);
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
        let closed = |_| FunctionError::new("Runtime.Unavailable", "the local cloud is ending".to_owned());
        let _place = self.places.acquire().await.map_err(closed)?;
        // If this is dropped while it waits, the environment is dropped with it, and that kills the process.
        let line = self.settings.clock.line();
        while let Some(warm) = self.take(&invocation.function, line) {
            let answer = warm.invoke(invocation.clone()).await;
            // One that had died in its sleep never saw the invocation, so another one may have it.
            if answer.is_ok() || warm.has_begun(&invocation.request_id) {
                self.give_back(warm);
                return answer;
            }
        }
        self.make_place();
        let function = Arc::clone(&invocation.function);
        let cold = Environment::start(&self.settings, function, line, &self.listener).await?;
        let answer = cold.invoke(invocation).await;
        self.give_back(cold);
        answer
    }
}
