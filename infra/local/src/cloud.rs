//! The local cloud as a whole: everything that a stack declares, made and running behind one port.
//! A second start with the same folder goes on where the first one stopped.

mod archives;
mod bus_logs;
mod declared;
mod deployment;
mod error;
mod expiry;
mod gone;
mod made;
mod mappings;
mod news;
mod queue_feed;
mod queues;
mod rules;
mod schedules;
mod shown;
mod store;
mod stream_index;
mod table_stream;
mod tables;
#[cfg(test)]
mod tests;
mod walk;

pub use error::CloudError;
pub use news::Teller;
pub use shown::Shown;
pub use store::Store;
pub use walk::{Walked, Walker};

use std::{net::SocketAddr, sync::Arc, time::Duration};

use dynoxide::Database;
use tokio::{net::TcpListener, sync::broadcast, task::JoinSet};
use uuid::Uuid;

use crate::{
    clock::Clock,
    events::{Events, Place, Surroundings},
    faults::Faults,
    lambda::{CutOff, Executor, Functions, Invokes},
    mapping::StreamWatch,
    port::{self, Door, Mailbox},
    quiet::Quiet,
    scheduler::Scheduler,
    sqs::{self, Sqs},
    template::{Settings, Stack},
    writes::Writes,
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
    pub teller: Teller,
    /// What goes wrong on purpose.
    pub faults: Faults,
    /// The way in for callers in this process.
    pub door: Door,
}

/// The services of a cloud.
pub struct Parts {
    /// The tables.
    pub database: Database,
    /// Who is told that they were written.
    pub writes: Writes,
    /// The queues.
    pub sqs: Sqs,
    /// The buses.
    pub events: Arc<Events>,
    /// The schedules.
    pub scheduler: Arc<Scheduler>,
    /// The functions.
    pub functions: Functions,
    /// The queue of the events that functions are handed.
    pub invokes: Arc<Invokes>,
    /// The mails.
    pub mailbox: Arc<Mailbox>,
}

/// A cloud that runs. Dropping it stops it as a kill does: nothing that it acknowledged is lost.
pub struct Cloud {
    address: SocketAddr,
    parts: Parts,
    walker: Arc<Walker>,
    teller: Teller,
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
        let shown = Arc::new(Shown::open(store.path(shown::JOURNAL).as_deref(), &plan.clock)?);
        let deployment = Deployment::begin(&plan.stack, &store)?;
        let teller = plan.teller.clone();
        teller.log_buses(BusLogs::of(&plan.stack, &plan.clock));
        let parts = Parts::open(&plan, &store, &teller)?;
        deployment.finish(&plan.stack, &parts, &store).await?;
        let mut tasks = JoinSet::new();
        let (watches, streams) =
            mappings::start(&plan.stack, &parts, &store, &plan.settings.region, &teller, &mut tasks)?;
        let (events, scheduler) = (Arc::clone(&parts.events).run(), Arc::clone(&parts.scheduler).run());
        tasks.spawn(said(events, "the buses have stopped"));
        tasks.spawn(said(scheduler, "the schedules have stopped"));
        tasks.spawn(said(parts.sqs.clone().run(), "dead letters are not moved any more"));
        let sweep = expiry::sweep(store.database.clone(), store.tables(), plan.clock.clone());
        tasks.spawn(said(sweep, "nothing expires any more"));
        let remembered = Arc::clone(&shown);
        tasks.spawn(said(async move { remembered.watch().await }, "the clock is not remembered any more"));
        let walker = Arc::new(parts.walker(plan.clock.clone(), watches, streams, &teller).remembered_by(shown));
        let port_parts = parts.for_port(plan.settings.account, plan.clock, &teller, Arc::clone(&walker), plan.door);
        let port = port::serve(plan.listener, port_parts);
        tasks.spawn(async move {
            match port.await {
                Ok(()) => "the port is closed".to_owned(),
                Err(error) => format!("the port is closed: {error}"),
            }
        });
        Ok(Self { address, parts, walker, teller, tasks, _store: store })
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
    pub fn walker(&self) -> &Walker {
        &self.walker
    }

    /// Everything that happens from now on, one JSON text each.
    pub fn feed(&self) -> broadcast::Receiver<String> {
        self.teller.readers().subscribe()
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
        let Self { parts, walker, mut tasks, _store: store, .. } = self;
        tasks.shutdown().await;
        let left = Arc::downgrade(&parts.invokes);
        drop((parts, walker));
        // Each connection ends its last answer first and holds the services until then; one that reads the feed
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
    fn open(plan: &Plan, store: &store::Opened, teller: &Teller) -> Result<Self, CloudError> {
        let (settings, clock) = (&plan.settings, &plan.clock);
        let place = sqs::Place {
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
        let functions = Functions::new(Arc::clone(&plan.executor), clock.clone(), CutOff::InTheWorld, MOST_AT_ONCE);
        let faults = plan.faults.clone().told_to(teller.of_faults());
        let functions = functions.with_faults(faults.clone());
        plan.stack.functions.iter().for_each(|function| functions.put(function.clone()));
        let (path, listener) = (store.path("invokes.journal"), teller.of_invokes());
        let invokes = Arc::new(Invokes::open(path.as_deref(), functions.clone(), queues.clone(), listener)?);
        let around = Surroundings {
            place: Place { region: settings.region.clone(), account: settings.account.clone() },
            clock: clock.clone(),
            functions: invokes.clone(),
            queues,
            feed: Arc::new(teller.clone()),
            seed: faults.seed().unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0),
            faults,
        };
        let events = match store.path("events.journal") {
            Some(path) => Events::open(path, around.clone())?,
            None => Events::in_memory(around.clone())?,
        };
        let scheduler = match store.path("schedules.journal") {
            Some(path) => Scheduler::open(path, around, events.clone())?,
            None => Scheduler::in_memory(around, events.clone())?,
        };
        let mailbox = Mailbox::open(store.path("mails.journal").as_deref())?;
        let database = store.database.clone();
        Ok(Self {
            database,
            writes: Writes::default(),
            sqs,
            events,
            scheduler,
            functions,
            invokes,
            mailbox: Arc::new(mailbox),
        })
    }

    fn walker(&self, clock: Clock, watches: Vec<Arc<dyn Quiet>>, streams: Vec<StreamWatch>, teller: &Teller) -> Walker {
        let mut parts: Vec<Arc<dyn Quiet>> = vec![self.scheduler.clone(), self.events.clone(), self.invokes.clone()];
        parts.push(Arc::new(self.sqs.clone()));
        parts.extend(watches);
        parts.push(Arc::new(teller.clone()));
        Walker::new(clock, self.functions.clone(), parts, streams)
    }

    fn for_port(&self, account: String, clock: Clock, teller: &Teller, walker: Arc<Walker>, door: Door) -> port::Parts {
        port::Parts {
            account,
            sqs: self.sqs.clone(),
            events: Arc::clone(&self.events),
            scheduler: Arc::clone(&self.scheduler),
            functions: self.functions.clone(),
            invokes: Arc::clone(&self.invokes),
            clock,
            walker,
            feed: teller.readers().clone(),
            database: self.database.clone(),
            writes: self.writes.clone(),
            door,
            mailbox: Arc::clone(&self.mailbox),
            faults: self.functions.faults().clone(),
        }
    }
}
