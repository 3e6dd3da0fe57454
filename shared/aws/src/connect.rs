//! Builds the app of a function: every port gets its AWS adapter, and all of them share one HTTP client.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use aws_types::SdkConfig;
use causeway::{
    App, Gateways, Ports,
    command::cache::Cache,
    delivery::dead_letter::{DeadLetter, DeadLetterError, DeadLetters},
    gateway::{HttpClient, mail::Mailer},
    time::{
        clock::Clock,
        timers::{Pending, Timer, TimerError, TimerKey, Timers},
    },
};

use crate::{
    capacity::CapacityMeter,
    clock::OsIds,
    config::Config,
    dynamo::{DynamoCircuits, DynamoEventStore, DynamoInbox, DynamoOutcomes, DynamoViewStore},
    eventbridge::EventBridgeBus,
    http::guarded_http,
    scheduler::SchedulerTimers,
    ses::SesMailer,
    sqs::SqsDeadLetters,
};

/// An app and the meter of its DynamoDB usage.
#[derive(Clone)]
pub struct Connected {
    /// The app.
    pub app: App,
    /// Counts the capacity units of its DynamoDB calls.
    pub capacity: Arc<CapacityMeter>,
}

/// Builds the timers adapter.
pub type ConnectTimers = fn(&Config, &SdkConfig, Arc<dyn Clock>) -> Arc<dyn Timers>;
/// Builds the mail adapter; none if mail is not configured.
pub type ConnectMail = fn(&Config, &SdkConfig, Arc<dyn Clock>) -> Option<Arc<dyn Mailer>>;
/// Builds the client of an outside system; none if the function calls none.
pub type ConnectHttp = fn(&Config, DynamoCircuits, Arc<dyn Clock>) -> Option<Arc<dyn HttpClient>>;

/// Adapters that few functions need. They are function pointers, so that a binary links no SDK client that its
/// function never calls.
#[derive(Clone, Copy, Default)]
pub struct OptionalClients {
    /// Builds the timers; without it, setting a timer fails.
    pub timers: Option<ConnectTimers>,
    /// Builds the mailer; without it, the app has none.
    pub mail: Option<ConnectMail>,
    /// Builds the client of an outside system; without it, the app has none.
    pub http: Option<ConnectHttp>,
}

/// Timers on EventBridge Scheduler.
pub fn scheduler_timers(config: &Config, sdk: &SdkConfig, clock: Arc<dyn Clock>) -> Arc<dyn Timers> {
    match config.scheduler.clone() {
        Some(scheduler) => {
            let client = aws_sdk_scheduler::Client::new(sdk);
            Arc::new(SchedulerTimers::new(client, clock, scheduler))
        }
        None => Arc::new(NoTimers),
    }
}

/// Mail through SES.
pub fn ses_mailer(config: &Config, sdk: &SdkConfig, clock: Arc<dyn Clock>) -> Option<Arc<dyn Mailer>> {
    let from = config.mail_from.as_ref()?;
    let client = aws_sdk_sesv2::Client::new(sdk);
    Some(Arc::new(SesMailer::new(client, from, clock, Arc::new(OsIds))))
}

/// HTTP to the outside system of the configuration, behind a circuit breaker in the inbox table.
pub fn http_client(config: &Config, circuits: DynamoCircuits, clock: Arc<dyn Clock>) -> Option<Arc<dyn HttpClient>> {
    Some(guarded_http(config.http.as_ref()?, Arc::new(circuits), clock))
}

/// Builds the app with every port on the given clock. It makes no calls.
pub fn connect(config: &Config, sdk: &SdkConfig, clock: Arc<dyn Clock>, clients: OptionalClients) -> Connected {
    let capacity = Arc::new(CapacityMeter::default());
    let tables = aws_sdk_dynamodb::Client::new(sdk);
    let bus = EventBridgeBus::new(aws_sdk_eventbridge::Client::new(sdk), &config.bus_name);
    let timers = match clients.timers {
        Some(timers) => timers(config, sdk, Arc::clone(&clock)),
        None => Arc::new(NoTimers),
    };
    let mut gateways = Gateways::default();
    if let Some(mailer) = clients.mail.and_then(|mail| mail(config, sdk, Arc::clone(&clock))) {
        gateways = gateways.with::<dyn Mailer>(mailer);
    }
    let circuits = DynamoCircuits::new(tables.clone(), &config.inbox_table, Arc::clone(&capacity));
    if let Some(client) = clients.http.and_then(|http| http(config, circuits, Arc::clone(&clock))) {
        gateways = gateways.with::<dyn HttpClient>(client);
    }
    let app = App::new(Ports {
        store: Arc::new(DynamoEventStore::new(
            tables.clone(),
            &config.events_table,
            &config.inbox_table,
            Arc::clone(&capacity),
        )),
        views: Arc::new(DynamoViewStore::new(tables.clone(), &config.views_table, Arc::clone(&capacity))),
        inbox: Arc::new(DynamoInbox::new(tables.clone(), &config.inbox_table, Arc::clone(&capacity))),
        outcomes: Arc::new(DynamoOutcomes::new(tables, &config.inbox_table, Arc::clone(&capacity))),
        bus: Arc::new(bus.with_call_bytes(config.bus_call_bytes)),
        timers,
        dead_letters: Arc::new(LazyDeadLetters {
            sdk: sdk.clone(),
            queue_url: config.dead_letter_queue_url.clone(),
            queue: OnceLock::new(),
        }),
        clock,
        ids: Arc::new(OsIds),
        gateways,
        cache: Cache::new(config.cache_streams),
        verification: config.verification.clone(),
    });
    Connected { app, capacity }
}

/// Dead letters whose SQS client is built with the first one. Most environments never write any, and each one saves
/// the time at its start.
struct LazyDeadLetters {
    sdk: SdkConfig,
    queue_url: String,
    queue: OnceLock<SqsDeadLetters>,
}

#[async_trait]
impl DeadLetters for LazyDeadLetters {
    async fn keep(&self, letter: &DeadLetter) -> Result<(), DeadLetterError> {
        let connected = || SqsDeadLetters::new(aws_sdk_sqs::Client::new(&self.sdk), &self.queue_url);
        self.queue.get_or_init(connected).keep(letter).await
    }
}

/// The timers of a function that sets none. Its commits hold the timer changes, and the relay applies them.
struct NoTimers;

#[async_trait]
impl Timers for NoTimers {
    async fn set(&self, _: &Timer) -> Result<(), TimerError> {
        Err(not_configured())
    }

    async fn cancel(&self, _: &TimerKey, _: u64) -> Result<(), TimerError> {
        Err(not_configured())
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        Err(not_configured())
    }
}

fn not_configured() -> TimerError {
    let reason = "this function is not configured for timers; only the relay sets them".to_owned();
    TimerError::Refused { code: "NOT_CONFIGURED".to_owned(), reason }
}
