//! The app of a real function: every port with its adapter, all on one HTTP client.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use aws_types::SdkConfig;
use causeway::{
    App, Gateways, Ports,
    command::cache::Cache,
    delivery::dead_letter::{DeadLetter, DeadLetterError, DeadLetters},
    gateway::mail::Mailer,
    time::{
        clock::Clock,
        timers::{Pending, Timer, TimerError, TimerKey, Timers},
    },
};

use crate::{
    clock::OsIds,
    config::Config,
    dynamo::{DynamoEventStore, DynamoInbox, DynamoViewStore},
    eventbridge::EventBridgeBus,
    scheduler::SchedulerTimers,
    ses::SesMailer,
    sqs::SqsDeadLetters,
    units::Units,
};

/// An app and the counter of what it spends.
#[derive(Clone)]
pub struct Connected {
    /// The app.
    pub app: App,
    /// What its tables cost.
    pub units: Arc<Units>,
}

/// How timers are connected.
pub type ConnectTimers = fn(&Config, &SdkConfig, Arc<dyn Clock>) -> Arc<dyn Timers>;
/// How mail is connected, when the configuration has any.
pub type ConnectMail = fn(&Config, &SdkConfig, Arc<dyn Clock>) -> Option<Arc<dyn Mailer>>;

/// The ways out that few functions need. They are named here and not in [`connect`], so that a binary holds no
/// client that its function never calls.
#[derive(Clone, Copy, Default)]
pub struct WaysOut {
    /// How timers are set.
    pub timers: Option<ConnectTimers>,
    /// How mail is sent.
    pub mail: Option<ConnectMail>,
}

/// Timers that are schedules.
pub fn schedules(config: &Config, sdk: &SdkConfig, clock: Arc<dyn Clock>) -> Arc<dyn Timers> {
    match config.scheduling.clone() {
        Some(scheduling) => {
            let client = aws_sdk_scheduler::Client::new(sdk);
            Arc::new(SchedulerTimers::new(client, clock, scheduling))
        }
        None => Arc::new(NoTimers),
    }
}

/// Mail through SES.
pub fn mail(config: &Config, sdk: &SdkConfig, clock: Arc<dyn Clock>) -> Option<Arc<dyn Mailer>> {
    let from = config.mail_from.as_ref()?;
    let client = aws_sdk_sesv2::Client::new(sdk);
    Some(Arc::new(SesMailer::new(client, from, clock, Arc::new(OsIds))))
}

/// Connects every port, all on this clock. No call is made yet.
pub fn connect(config: &Config, sdk: &SdkConfig, clock: Arc<dyn Clock>, ways: WaysOut) -> Connected {
    let units = Arc::new(Units::default());
    let tables = aws_sdk_dynamodb::Client::new(sdk);
    let bus = EventBridgeBus::new(aws_sdk_eventbridge::Client::new(sdk), &config.bus_name);
    let timers = match ways.timers {
        Some(timers) => timers(config, sdk, Arc::clone(&clock)),
        None => Arc::new(NoTimers),
    };
    let parties = match ways.mail.and_then(|mail| mail(config, sdk, Arc::clone(&clock))) {
        Some(mailer) => Gateways::default().with::<dyn Mailer>(mailer),
        None => Gateways::default(),
    };
    let app = App::new(Ports {
        store: Arc::new(DynamoEventStore::new(
            tables.clone(),
            &config.events_table,
            &config.inbox_table,
            Arc::clone(&units),
        )),
        views: Arc::new(DynamoViewStore::new(tables.clone(), &config.views_table, Arc::clone(&units))),
        inbox: Arc::new(DynamoInbox::new(tables, &config.inbox_table, Arc::clone(&units))),
        bus: Arc::new(bus.with_call_bytes(config.bus_call_bytes)),
        timers,
        dead_letters: Arc::new(SeldomWritten {
            sdk: sdk.clone(),
            queue_url: config.dead_letter_queue_url.clone(),
            letters: OnceLock::new(),
        }),
        clock,
        ids: Arc::new(OsIds),
        gateways: parties,
        cache: Cache::new(config.cache_streams),
        verification: config.trust.clone(),
    });
    Connected { app, units }
}

/// The dead letters, connected with the first one: most environments never write any, and all of them start.
struct SeldomWritten {
    sdk: SdkConfig,
    queue_url: String,
    letters: OnceLock<SqsDeadLetters>,
}

#[async_trait]
impl DeadLetters for SeldomWritten {
    async fn keep(&self, letter: &DeadLetter) -> Result<(), DeadLetterError> {
        let connected = || SqsDeadLetters::new(aws_sdk_sqs::Client::new(&self.sdk), &self.queue_url);
        self.letters.get_or_init(connected).keep(letter).await
    }
}

/// The timers of a function that sets none: what it wants of time is in its commits, and the relay sets it.
struct NoTimers;

#[async_trait]
impl Timers for NoTimers {
    async fn set(&self, _: &Timer) -> Result<(), TimerError> {
        Err(not_here())
    }

    async fn cancel(&self, _: &TimerKey) -> Result<(), TimerError> {
        Err(not_here())
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        Err(not_here())
    }
}

fn not_here() -> TimerError {
    let reason = "this function is not configured for timers; only the relay sets them".to_owned();
    TimerError::Refused { code: "NOT_CONFIGURED".to_owned(), reason }
}
