//! The local cloud: deploys all resources of a template and serves them on one HTTP address. A second start with the same
//! data folder continues where the first one stopped.

mod archives;
mod bus_logs;
mod clock_state;
mod deployment;
mod error;
mod expiry;
mod mappings;
mod observer;
mod queue_feed;
mod queues;
mod resource_state;
mod rules;
mod schedules;
mod store;
mod stream_index;
mod table_stream;
mod tables;
mod teardown;
#[cfg(test)]
mod tests;
mod time_driver;

pub use clock_state::ClockState;
pub use error::CloudError;
pub use observer::Observer;
pub use store::Store;
pub use time_driver::{TimeAdvance, TimeDriver};

use std::{net::SocketAddr, sync::Arc, time::Duration};

use dynoxide::Database;
use tokio::{net::TcpListener, sync::broadcast, task::JoinSet};
use uuid::Uuid;

use crate::{
    arn::AccountRegion,
    clock::Clock,
    events::{EventBridge, ServiceContext},
    faults::Faults,
    http::{self, InProcessTransport, Mailbox},
    idle::Idle,
    lambda::{AsyncInvoker, Executor, Functions, TimeoutClock},
    mapping::StreamWatch,
    scheduler::Scheduler,
    sqs::{self, Sqs},
    template::{Settings, Stack},
    write_notifier::WriteNotifier,
};
use bus_logs::BusLogs;
use deployment::Deployment;

/// Number of functions that run at the same time: more than there are cores, because some wait between two attempts, but
/// not so many that they only cause version conflicts.
const MAX_CONCURRENCY: usize = 16;

/// Time that connections have for their last responses.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// Time between two checks whether they have ended.
const SHUTDOWN_POLL: Duration = Duration::from_millis(1);

/// What a cloud is started with.
pub struct Plan {
    /// The resources of the template.
    pub stack: Stack,
    /// The settings with which the template was read. The endpoint is the address of the listener.
    pub settings: Settings,
    /// The listener for all requests.
    pub listener: TcpListener,
    /// Where the state is kept.
    pub store: Store,
    /// Runs the functions.
    pub executor: Arc<dyn Executor>,
    /// The clock.
    pub clock: Clock,
    /// Collects the activity.
    pub observer: Observer,
    /// The faults to inject.
    pub faults: Faults,
    /// The transport for clients in this process.
    pub transport: InProcessTransport,
}

/// The services of the cloud.
pub struct Parts {
    /// The tables.
    pub database: Database,
    /// Notified of each write to a table.
    pub writes: WriteNotifier,
    /// The queues.
    pub sqs: Sqs,
    /// The buses.
    pub events: Arc<EventBridge>,
    /// The schedules.
    pub scheduler: Arc<Scheduler>,
    /// The functions.
    pub functions: Functions,
    /// The queue of the asynchronous invokes.
    pub invokes: Arc<AsyncInvoker>,
    /// The mails that SES has accepted.
    pub mailbox: Arc<Mailbox>,
}

/// A running cloud. Dropping it is like a kill: nothing that it acknowledged is lost.
pub struct Cloud {
    address: SocketAddr,
    parts: Parts,
    time_driver: Arc<TimeDriver>,
    observer: Observer,
    /// Each returns why it ended.
    tasks: JoinSet<String>,
    // Dropped last, because it unlocks the folder.
    _store: store::Opened,
}

impl Cloud {
    /// Deploys the stack and starts all services. When this returns, requests are answered.
    pub async fn start(plan: Plan) -> Result<Self, CloudError> {
        let address = plan.listener.local_addr().map_err(CloudError::Port)?;
        let store = plan.store.clone().open(&plan.clock)?;
        let clock_state = Arc::new(ClockState::open(store.path(clock_state::WAL_FILE).as_deref(), &plan.clock)?);
        let deployment = Deployment::start(&plan.stack, &store)?;
        let observer = plan.observer.clone();
        observer.log_buses(BusLogs::of(&plan.stack, &plan.clock));
        let parts = Parts::open(&plan, &store, &observer)?;
        deployment.finish(&plan.stack, &parts, &store).await?;
        let mut tasks = JoinSet::new();
        let (watches, streams) =
            mappings::start(&plan.stack, &parts, &store, &plan.settings.region, &observer, &mut tasks)?;
        let (events, scheduler) = (Arc::clone(&parts.events).run(), Arc::clone(&parts.scheduler).run());
        tasks.spawn(reason_for(events, "the buses have stopped"));
        tasks.spawn(reason_for(scheduler, "the schedules have stopped"));
        tasks.spawn(reason_for(parts.sqs.clone().run(), "dead letters are no longer moved"));
        let sweep = expiry::sweep(store.database.clone(), store.tables(), plan.clock.clone());
        tasks.spawn(reason_for(sweep, "expired items are no longer deleted"));
        let remembered = Arc::clone(&clock_state);
        tasks.spawn(reason_for(async move { remembered.watch().await }, "the clock is no longer logged"));
        let time_driver =
            Arc::new(parts.time_driver(plan.clock.clone(), watches, streams, &observer).with_clock_state(clock_state));
        let services =
            parts.for_http(plan.settings.account, plan.clock, &observer, Arc::clone(&time_driver), plan.transport);
        let port = http::serve(plan.listener, services);
        tasks.spawn(async move {
            match port.await {
                Ok(()) => "the port is closed".to_owned(),
                Err(error) => format!("the port is closed: {error}"),
            }
        });
        Ok(Self { address, parts, time_driver, observer, tasks, _store: store })
    }

    /// The listener for all requests.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The services.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The driver of its clock.
    pub fn time_driver(&self) -> &TimeDriver {
        &self.time_driver
    }

    /// The activity from now on, one JSON text each.
    pub fn feed(&self) -> broadcast::Receiver<String> {
        self.observer.readers().subscribe()
    }

    /// Waits until a task ends, which is always a failure, and returns the reason.
    pub async fn broken(&mut self) -> String {
        match self.tasks.join_next().await {
            Some(Ok(reason)) => reason,
            Some(Err(error)) => error.to_string(),
            None => "nothing runs any more".to_owned(),
        }
    }

    /// Stops all tasks and waits for their end.
    pub async fn stop(self) {
        let Self { parts, time_driver, mut tasks, _store: store, .. } = self;
        tasks.shutdown().await;
        let left = Arc::downgrade(&parts.invokes);
        drop((parts, time_driver));
        // Each connection holds the services until its last response has ended; one that reads the feed never ends.
        let ended = async {
            while left.strong_count() > 0 {
                tokio::time::sleep(SHUTDOWN_POLL).await;
            }
        };
        tokio::time::timeout(SHUTDOWN_TIMEOUT, ended).await.ok();
        drop(store);
    }
}

async fn reason_for(task: impl Future<Output = ()>, reason: &'static str) -> String {
    task.await;
    reason.to_owned()
}

impl Parts {
    fn open(plan: &Plan, store: &store::Opened, observer: &Observer) -> Result<Self, CloudError> {
        let (settings, clock) = (&plan.settings, &plan.clock);
        let account_region = AccountRegion { region: settings.region.clone(), account: settings.account.clone() };
        let endpoint = sqs::Endpoint { account_region: account_region.clone(), url: settings.endpoint.clone() };
        let sqs = Sqs::open(store.path("queues.journal").as_deref(), endpoint, clock.clone())?;
        let queues = Arc::new(sqs.clone());
        // A timeout counts real seconds, so that an advance of the clock does not end a running function.
        let functions =
            Functions::new(Arc::clone(&plan.executor), clock.clone(), TimeoutClock::RealTime, MAX_CONCURRENCY);
        let faults = plan.faults.clone().with_listener(observer.fault_listener());
        let functions = functions.with_faults(faults.clone());
        plan.stack.functions.iter().for_each(|function| functions.put(function.clone()));
        let (path, listener) = (store.path("invokes.journal"), observer.invoke_listener());
        let invokes = Arc::new(AsyncInvoker::open(path.as_deref(), functions.clone(), queues.clone(), listener)?);
        let ctx = ServiceContext {
            account_region,
            clock: clock.clone(),
            functions: invokes.clone(),
            queues,
            activity: Arc::new(observer.clone()),
            seed: faults.seed().unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0),
            faults,
        };
        let events = EventBridge::open(store.path("events.journal").as_deref(), ctx.clone())?;
        let scheduler = Scheduler::open(store.path("schedules.journal").as_deref(), ctx, events.clone())?;
        let mailbox = Mailbox::open(store.path("mails.journal").as_deref())?;
        let database = store.database.clone();
        Ok(Self {
            database,
            writes: WriteNotifier::default(),
            sqs,
            events,
            scheduler,
            functions,
            invokes,
            mailbox: Arc::new(mailbox),
        })
    }

    fn time_driver(
        &self,
        clock: Clock,
        watches: Vec<Arc<dyn Idle>>,
        streams: Vec<StreamWatch>,
        observer: &Observer,
    ) -> TimeDriver {
        let mut parts: Vec<Arc<dyn Idle>> = vec![self.scheduler.clone(), self.events.clone(), self.invokes.clone()];
        parts.push(Arc::new(self.sqs.clone()));
        parts.extend(watches);
        parts.push(Arc::new(observer.clone()));
        TimeDriver::new(clock, self.functions.clone(), parts, streams)
    }

    fn for_http(
        &self,
        account: String,
        clock: Clock,
        observer: &Observer,
        time_driver: Arc<TimeDriver>,
        transport: InProcessTransport,
    ) -> http::Services {
        http::Services {
            account,
            sqs: self.sqs.clone(),
            events: Arc::clone(&self.events),
            scheduler: Arc::clone(&self.scheduler),
            functions: self.functions.clone(),
            invokes: Arc::clone(&self.invokes),
            clock,
            time_driver,
            activity: observer.readers().clone(),
            database: self.database.clone(),
            writes: self.writes.clone(),
            transport,
            mailbox: Arc::clone(&self.mailbox),
            faults: self.functions.faults().clone(),
        }
    }
}
