//! The local cloud as a whole: everything that a stack declares, made and running behind one port.
//! A second start with the same folder goes on where the first one stopped.

mod archives;
mod bus_logs;
mod clock_state;
mod deployment;
mod desired;
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

/// So many functions run at once: more than there are cores, for some wait between two tries, but with many more they
/// would only take each other's versions away.
const MOST_AT_ONCE: usize = 16;

/// How long connections may take for their last answers.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// How often it is looked whether they have ended.
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// What a cloud is started from.
pub struct Plan {
    /// What it plays.
    pub stack: Stack,
    /// With what the stack was read. Its endpoint is where the listener listens.
    pub settings: Settings,
    /// Where it answers.
    pub listener: TcpListener,
    /// Where it keeps what it knows.
    pub store: Store,
    /// Who runs the functions.
    pub executor: Arc<dyn Executor>,
    /// Its clock.
    pub clock: Clock,
    /// Who is told of everything that happens.
    pub observer: Observer,
    /// What goes wrong on purpose.
    pub faults: Faults,
    /// The way in for callers in this process.
    pub transport: InProcessTransport,
}

/// The services of a cloud.
pub struct Parts {
    /// The tables.
    pub database: Database,
    /// Who is told that they were written.
    pub writes: WriteNotifier,
    /// The queues.
    pub sqs: Sqs,
    /// The buses.
    pub events: Arc<EventBridge>,
    /// The schedules.
    pub scheduler: Arc<Scheduler>,
    /// The functions.
    pub functions: Functions,
    /// The queue of the events that functions are handed.
    pub invokes: Arc<AsyncInvoker>,
    /// The mails.
    pub mailbox: Arc<Mailbox>,
}

/// A cloud that runs. Dropping it stops it as a kill does: nothing that it acknowledged is lost.
pub struct Cloud {
    address: SocketAddr,
    parts: Parts,
    time_driver: Arc<TimeDriver>,
    observer: Observer,
    /// Each says why it ended.
    tasks: JoinSet<String>,
    // The last to go: it unlocks the folder.
    _store: store::Opened,
}

impl Cloud {
    /// Makes what the stack declares, and starts it all. When this returns, the port answers.
    pub async fn start(plan: Plan) -> Result<Self, CloudError> {
        let address = plan.listener.local_addr().map_err(CloudError::Port)?;
        let store = plan.store.clone().open(&plan.clock)?;
        let shown = Arc::new(ClockState::open(store.path(clock_state::JOURNAL).as_deref(), &plan.clock)?);
        let deployment = Deployment::begin(&plan.stack, &store)?;
        let observer = plan.observer.clone();
        observer.log_buses(BusLogs::of(&plan.stack, &plan.clock));
        let parts = Parts::open(&plan, &store, &observer)?;
        deployment.finish(&plan.stack, &parts, &store).await?;
        let mut tasks = JoinSet::new();
        let (watches, streams) =
            mappings::start(&plan.stack, &parts, &store, &plan.settings.region, &observer, &mut tasks)?;
        let (events, scheduler) = (Arc::clone(&parts.events).run(), Arc::clone(&parts.scheduler).run());
        tasks.spawn(said(events, "the buses have stopped"));
        tasks.spawn(said(scheduler, "the schedules have stopped"));
        tasks.spawn(said(parts.sqs.clone().run(), "dead letters are not moved any more"));
        let sweep = expiry::sweep(store.database.clone(), store.tables(), plan.clock.clone());
        tasks.spawn(said(sweep, "nothing expires any more"));
        let remembered = Arc::clone(&shown);
        tasks.spawn(said(async move { remembered.watch().await }, "the clock is not remembered any more"));
        let time_driver =
            Arc::new(parts.time_driver(plan.clock.clone(), watches, streams, &observer).remembered_by(shown));
        let port_parts =
            parts.for_port(plan.settings.account, plan.clock, &observer, Arc::clone(&time_driver), plan.transport);
        let port = http::serve(plan.listener, port_parts);
        tasks.spawn(async move {
            match port.await {
                Ok(()) => "the port is closed".to_owned(),
                Err(error) => format!("the port is closed: {error}"),
            }
        });
        Ok(Self { address, parts, time_driver, observer, tasks, _store: store })
    }

    /// Where it answers.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its services.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Who walks its clock.
    pub fn time_driver(&self) -> &TimeDriver {
        &self.time_driver
    }

    /// Everything that happens from now on, one JSON text each.
    pub fn feed(&self) -> broadcast::Receiver<String> {
        self.observer.readers().subscribe()
    }

    /// Waits until a part of it ends, which none does by itself: it answers why.
    pub async fn broken(&mut self) -> String {
        match self.tasks.join_next().await {
            Some(Ok(reason)) => reason,
            Some(Err(error)) => error.to_string(),
            None => "nothing runs any more".to_owned(),
        }
    }

    /// Stops everything, and waits until it has stopped.
    pub async fn stop(self) {
        let Self { parts, time_driver, mut tasks, _store: store, .. } = self;
        tasks.shutdown().await;
        let left = Arc::downgrade(&parts.invokes);
        drop((parts, time_driver));
        // Each connection ends its last answer first and holds the services until then; one that reads the activity feed
        // never ends by itself.
        let ended = async {
            while left.strong_count() > 0 {
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
        };
        tokio::time::timeout(LAST_ANSWERS, ended).await.ok();
        drop(store);
    }
}

async fn said(task: impl Future<Output = ()>, reason: &'static str) -> String {
    task.await;
    reason.to_owned()
}

impl Parts {
    fn open(plan: &Plan, store: &store::Opened, observer: &Observer) -> Result<Self, CloudError> {
        let (settings, clock) = (&plan.settings, &plan.clock);
        let place = sqs::Location {
            region: settings.region.clone(),
            account: settings.account.clone(),
            endpoint: settings.endpoint.clone(),
        };
        let sqs = match store.path("queues.journal") {
            Some(path) => Sqs::open(path, place, clock.clone())?,
            None => Sqs::in_memory(place, clock.clone()),
        };
        let queues = Arc::new(sqs.clone());
        // In this process or in another, a function's seconds are the world's: a tick must not cut off who works.
        let functions = Functions::new(Arc::clone(&plan.executor), clock.clone(), TimeoutClock::RealTime, MOST_AT_ONCE);
        let faults = plan.faults.clone().with_listener(observer.of_faults());
        let functions = functions.with_faults(faults.clone());
        plan.stack.functions.iter().for_each(|function| functions.put(function.clone()));
        let (path, listener) = (store.path("invokes.journal"), observer.of_invokes());
        let invokes = Arc::new(AsyncInvoker::open(path.as_deref(), functions.clone(), queues.clone(), listener)?);
        let ctx = ServiceContext {
            account_region: AccountRegion { region: settings.region.clone(), account: settings.account.clone() },
            clock: clock.clone(),
            functions: invokes.clone(),
            queues,
            activity: Arc::new(observer.clone()),
            seed: faults.seed().unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0),
            faults,
        };
        let events = match store.path("events.journal") {
            Some(path) => EventBridge::open(path, ctx.clone())?,
            None => EventBridge::in_memory(ctx.clone())?,
        };
        let scheduler = match store.path("schedules.journal") {
            Some(path) => Scheduler::open(path, ctx, events.clone())?,
            None => Scheduler::in_memory(ctx, events.clone())?,
        };
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

    fn for_port(
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
