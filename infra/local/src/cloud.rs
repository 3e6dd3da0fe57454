//! The local cloud as a whole: everything that a stack declares, made and running behind one port.
//! A second start with the same folder goes on where the first one stopped.

mod error;
mod mappings;
mod news;
mod queue_feed;
mod queues;
mod rules;
mod schedules;
mod store;
mod table_stream;
mod tables;

pub use error::CloudError;
pub use store::Store;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::clock::Clock;
use crate::events::Events;
use crate::events::Place;
use crate::events::Surroundings;
use crate::lambda::CutOff;
use crate::lambda::Executor;
use crate::lambda::Functions;
use crate::lambda::Invokes;
use crate::port;
use crate::scheduler::Scheduler;
use crate::sqs;
use crate::sqs::Sqs;
use crate::template::Settings;
use crate::template::Stack;
use news::Teller;

/// So many functions run at once. With many more than there are cores, they only take each other's versions away.
const MOST_AT_ONCE: usize = 6;

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
}

/// The services of a cloud.
pub struct Parts {
    /// The tables.
    pub database: Database,
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
}

/// A cloud that runs. Dropping it stops it as a kill does: nothing that it acknowledged is lost.
pub struct Cloud {
    address: SocketAddr,
    parts: Parts,
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
        let store = plan.store.clone().open()?;
        tables::make(&store.database, &plan.stack.tables)?;
        let teller = Teller::new();
        let parts = Parts::open(&plan, &store, &teller)?;
        queues::make(&parts.sqs, &plan.stack.queues).await?;
        rules::make(&parts.events, &plan.stack).await?;
        schedules::make(&parts.scheduler, &plan.stack).await?;
        let mut tasks = JoinSet::new();
        mappings::start(&plan.stack, &parts, &store.folder, &plan.settings.region, &teller, &mut tasks)?;
        let (events, scheduler) = (Arc::clone(&parts.events).run(), Arc::clone(&parts.scheduler).run());
        tasks.spawn(said(events, "the buses have stopped"));
        tasks.spawn(said(scheduler, "the schedules have stopped"));
        tasks.spawn(said(tables::sweep(store.database.clone()), "nothing expires any more"));
        let port = port::serve(plan.listener, parts.for_port(plan.settings.account, plan.clock, &teller));
        tasks.spawn(async move {
            match port.await {
                Ok(()) => "the port is closed".to_owned(),
                Err(error) => format!("the port is closed: {error}"),
            }
        });
        Ok(Self { address, parts, teller, tasks, _store: store })
    }

    /// Where it answers.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its services.
    pub fn parts(&self) -> &Parts {
        &self.parts
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
        let Self { parts, mut tasks, _store: store, .. } = self;
        tasks.shutdown().await;
        let left = Arc::downgrade(&parts.invokes);
        drop(parts);
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
        let sqs = match store.is_durable {
            true => Sqs::open(store.folder.join("queues.journal"), place, clock.clone())?,
            false => Sqs::in_memory(place, clock.clone()),
        };
        let queues = Arc::new(sqs.clone());
        // In this process a function's seconds are the world's: the clock may leap while it works.
        let functions = Functions::new(Arc::clone(&plan.executor), clock.clone(), CutOff::InTheWorld, MOST_AT_ONCE);
        plan.stack.functions.iter().for_each(|function| functions.put(function.clone()));
        let path = store.folder.join("invokes.journal");
        let listener = teller.of_invokes();
        let invokes = Arc::new(Invokes::open(&path, functions.clone(), queues.clone(), listener)?);
        let around = Surroundings {
            place: Place { region: settings.region.clone(), account: settings.account.clone() },
            clock: clock.clone(),
            functions: invokes.clone(),
            queues,
            feed: Arc::new(teller.clone()),
            seed: Uuid::new_v4().as_u64_pair().0,
        };
        let events = match store.is_durable {
            true => Events::open(store.folder.join("events.journal"), around.clone())?,
            false => Events::in_memory(around.clone())?,
        };
        let scheduler = match store.is_durable {
            true => Scheduler::open(store.folder.join("schedules.journal"), around, events.clone())?,
            false => Scheduler::in_memory(around, events.clone())?,
        };
        Ok(Self { database: store.database.clone(), sqs, events, scheduler, functions, invokes })
    }

    fn for_port(&self, account: String, clock: Clock, teller: &Teller) -> port::Parts {
        port::Parts {
            account,
            sqs: self.sqs.clone(),
            events: Arc::clone(&self.events),
            scheduler: Arc::clone(&self.scheduler),
            functions: self.functions.clone(),
            invokes: Arc::clone(&self.invokes),
            clock,
            feed: teller.readers().clone(),
            database: self.database.clone(),
        }
    }
}
