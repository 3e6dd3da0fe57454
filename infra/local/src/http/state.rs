//! The services that answer the requests, and the state that all routes share.

use std::sync::Arc;

use dynoxide::Database;
use tokio::sync::broadcast;

use super::{dynamo::Dynamo, in_process::InProcessTransport, mailbox::Mailbox};
use crate::{
    arn::AccountRegion,
    clock::Clock,
    events::EventBridge,
    faults::Faults,
    lambda::{AsyncInvoker, Functions},
    payments::PaymentProvider,
    scheduler::Scheduler,
    sqs::Sqs,
    template::HttpApi,
    time_driver::TimeDriver,
    write_notifier::WriteNotifier,
};

/// The AWS services of the local cloud. Clones share them.
#[derive(Clone)]
pub struct AwsServices {
    /// The DynamoDB tables.
    pub database: Database,
    /// Notified of each write to a table.
    pub writes: WriteNotifier,
    /// SQS.
    pub sqs: Sqs,
    /// EventBridge.
    pub events: Arc<EventBridge>,
    /// EventBridge Scheduler.
    pub scheduler: Arc<Scheduler>,
    /// The Lambda functions, for synchronous invokes.
    pub functions: Functions,
    /// The queue of the asynchronous invokes.
    pub invokes: Arc<AsyncInvoker>,
    /// The mails that SES has accepted.
    pub mailbox: Arc<Mailbox>,
    /// The simulated payment provider.
    pub payments: Arc<PaymentProvider>,
}

/// What the HTTP server is started with.
pub struct Services {
    /// The account and region of every caller.
    pub account_region: AccountRegion,
    /// The services of AWS.
    pub aws: AwsServices,
    /// The HTTP APIs of the stack.
    pub apis: Vec<HttpApi>,
    /// The clock.
    pub clock: Clock,
    /// Advances the clock, for `POST /_causeway/tick`.
    pub time_driver: Arc<TimeDriver>,
    /// The activity for `GET /_causeway/feed`, one JSON text each.
    pub activity: broadcast::Sender<String>,
    /// The transport for clients in this process.
    pub transport: InProcessTransport,
    /// The faults to inject.
    pub faults: Faults,
}

/// The state that all routes share.
#[derive(Clone)]
pub(super) struct HttpState {
    pub(super) services: Arc<Services>,
    pub(super) dynamo: Dynamo,
}
