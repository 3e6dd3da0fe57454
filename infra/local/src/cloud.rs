//! The local cloud: deploys all resources of a template and serves them on one HTTP address. A second start with the same
//! data folder continues where the first one stopped.

mod aws_resources;
mod bus_logs;
mod deployment;
mod error;
mod event_sources;
mod expiry;
mod mappings;
mod observer;
mod resource_state;
mod store;
mod tables;
mod tasks;
#[cfg(test)]
mod tests;

pub use error::CloudError;
pub use observer::Observer;
pub use store::Store;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::broadcast};
use uuid::Uuid;

use crate::{
    arn::AccountRegion,
    clock::Clock,
    events::{EventBridge, ServiceContext},
    faults::Faults,
    http::{self, AwsServices, InProcessTransport, Mailbox},
    idle::Idle,
    lambda::{AsyncInvoker, Executor, Functions, TimeoutClock},
    payments::PaymentProvider,
    scheduler::Scheduler,
    sqs::{self, Sqs},
    template::{Settings, Stack},
    time_driver::{ClockState, TimeDriver, WAL_FILE},
    write_notifier::WriteNotifier,
};
use bus_logs::BusLogs;
use deployment::Deployment;
use error::StartError;
use tasks::Tasks;

/// Number of functions that run at the same time: more than there are cores, because some wait between two attempts, but
/// not so many that they only cause version conflicts.
const MAX_CONCURRENCY: usize = 16;

/// Time that connections have for their last responses.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// Time between two checks whether all connections have ended.
const SHUTDOWN_POLL: Duration = Duration::from_millis(1);

/// Everything with which a cloud is started.
pub struct Plan {
    /// The resources of the template.
    pub stack: Stack,
    /// The settings with which the template was read. The endpoint is the address of the listener.
    pub settings: Settings,
    /// The listener for all requests.
    pub listener: TcpListener,
    /// The store of the state.
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

/// A running cloud. Dropping it is like a kill: nothing that it acknowledged is lost.
pub struct Cloud {
    address: SocketAddr,
    services: AwsServices,
    time_driver: Arc<TimeDriver>,
    observer: Observer,
    tasks: Tasks,
    // Dropped last, because it unlocks the folder.
    _store: store::Opened,
}

impl Cloud {
    /// Deploys the stack and starts all services. When this returns, requests are answered.
    pub async fn start(plan: Plan) -> Result<Self, CloudError> {
        let address = plan.listener.local_addr().map_err(StartError::Port)?;
        let store = plan.store.clone().open(&plan.clock)?;
        let clock_state = Arc::new(ClockState::open(store.path(WAL_FILE).as_deref(), &plan.clock)?);
        let deployment = Deployment::start(&plan.stack, &store)?;
        let observer = plan.observer.clone();
        observer.log_buses(BusLogs::of(&plan.stack, &plan.clock));
        let services = open_services(&plan, &store, &observer)?;
        deployment.finish(&plan.stack, &services, &store).await?;
        let mut tasks = Tasks::default();
        let account_region = account_region(&plan);
        let (watches, streams) =
            mappings::start(&plan.stack, &services, &store, &account_region, &observer, &mut tasks)?;
        tasks.spawn(Arc::clone(&services.events).run(), "the buses have stopped");
        tasks.spawn(Arc::clone(&services.scheduler).run(), "the schedules have stopped");
        tasks.spawn(services.sqs.clone().run(), "dead letters are no longer moved");
        let sweep = expiry::sweep(store.database.clone(), store.tables(), plan.clock.clone());
        tasks.spawn(sweep, "expired items are no longer deleted");
        let watched = Arc::clone(&clock_state);
        tasks.spawn(async move { watched.watch().await }, "the clock is no longer logged");
        // The service that gets work first comes first.
        let mut idle: Vec<Arc<dyn Idle>> =
            vec![services.scheduler.clone(), services.events.clone(), services.invokes.clone()];
        idle.push(Arc::new(services.sqs.clone()));
        idle.extend(watches);
        idle.push(Arc::new(observer.clone()));
        let time_driver = TimeDriver::new(plan.clock.clone(), services.functions.clone(), idle, streams);
        let time_driver = Arc::new(time_driver.with_clock_state(clock_state));
        let served = http::serve(
            plan.listener,
            http::Services {
                account_region,
                apis: plan.stack.apis,
                aws: services.clone(),
                clock: plan.clock,
                time_driver: Arc::clone(&time_driver),
                activity: observer.readers().clone(),
                transport: plan.transport,
                faults: services.functions.faults().clone(),
            },
        );
        tasks.spawn_with_reason(async move {
            match served.await {
                Ok(()) => "the port is closed".to_owned(),
                Err(error) => format!("the port is closed: {error}"),
            }
        });
        Ok(Self { address, services, time_driver, observer, tasks, _store: store })
    }

    /// The URL of the listener for all requests.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The AWS services.
    pub fn services(&self) -> &AwsServices {
        &self.services
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
        self.tasks.broken().await
    }

    /// Stops all tasks and waits for their end.
    pub async fn stop(self) {
        let Self { services, time_driver, mut tasks, _store: store, .. } = self;
        tasks.stop().await;
        let invokes = Arc::downgrade(&services.invokes);
        drop((services, time_driver));
        // Each connection holds the services until its last response has ended; one that reads the feed never ends.
        let ended = async {
            while invokes.strong_count() > 0 {
                tokio::time::sleep(SHUTDOWN_POLL).await;
            }
        };
        tokio::time::timeout(SHUTDOWN_TIMEOUT, ended).await.ok();
        drop(store);
    }
}

fn account_region(plan: &Plan) -> AccountRegion {
    AccountRegion { region: plan.settings.region.clone(), account: plan.settings.account.clone() }
}

fn open_services(plan: &Plan, store: &store::Opened, observer: &Observer) -> Result<AwsServices, StartError> {
    let (settings, clock) = (&plan.settings, &plan.clock);
    let account_region = account_region(plan);
    let endpoint = sqs::Endpoint { account_region: account_region.clone(), url: settings.endpoint.clone() };
    let sqs = Sqs::open(store.path("queues.journal").as_deref(), endpoint, clock.clone())?;
    let queues = Arc::new(sqs.clone());
    let faults = plan.faults.clone().with_listener(observer.fault_listener());
    // A timeout counts real seconds, so that an advance of the clock does not end a running function.
    let functions = Functions::new(Arc::clone(&plan.executor), clock.clone(), TimeoutClock::RealTime, MAX_CONCURRENCY);
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
    Ok(AwsServices {
        database: store.database.clone(),
        writes: WriteNotifier::default(),
        sqs,
        events,
        scheduler,
        functions,
        invokes,
        mailbox: Arc::new(Mailbox::open(store.path("mails.journal").as_deref())?),
        payments: Arc::new(PaymentProvider::open(store.path("payments.journal").as_deref())?),
    })
}
