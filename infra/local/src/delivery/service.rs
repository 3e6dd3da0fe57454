//! What the delivery worker needs of a service that has deliveries to make.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    activity::AttemptOutcome,
    durable_state::{DurableState, ReplayState},
    interfaces::{NewMessage, TargetError},
    service_context::ServiceContext,
};

use super::{
    outbox::Outbox,
    progress::{DeliveryFailure, Progress},
    retry_policy::RetryPolicy,
};

/// A delivery of one event or input to one target.
pub(crate) trait Delivery: Clone + Send + Sync + 'static {
    /// The part that changes from attempt to attempt.
    fn progress(&self) -> &Progress;

    /// The part that changes from attempt to attempt, for changing it.
    fn progress_mut(&mut self) -> &mut Progress;

    /// The part that stays the same in all attempts.
    fn meta(&self) -> DeliveryMeta<'_>;
}

/// The part of a delivery that stays the same in all attempts.
pub(crate) struct DeliveryMeta<'d> {
    /// The id of the event or of the execution, as observers see it.
    pub(crate) id: &'d str,
    /// The ARN of the rule or of the schedule.
    pub(crate) from: &'d str,
    /// The ARN of the target.
    pub(crate) to: &'d str,
    /// The time from which observers count the age.
    pub(crate) since: Timestamp,
    /// The time from which the retry policy counts the age.
    pub(crate) sent: Timestamp,
    pub(crate) policy: RetryPolicy,
    /// The ARN of the dead-letter queue.
    pub(crate) dead_letters: Option<&'d str>,
}

/// A change of a service's durable state.
pub(crate) type Change<S> = <<S as DeliveryService>::State as ReplayState>::Change;

/// A service that has deliveries to make.
#[async_trait]
pub(crate) trait DeliveryService: Send + Sync + 'static {
    type Delivery: Delivery;
    type State: ReplayState;

    fn ctx(&self) -> &ServiceContext;

    fn durable(&self) -> &DurableState<Self::State>;

    /// The deliveries in the state.
    fn outbox(state: &mut Self::State) -> &mut Outbox<Self::Delivery>;

    /// Fires rules and schedules whose time has come. What was missed while the process was down fires once.
    fn fire_due(&self);

    /// The time at which the next rule or schedule fires.
    fn next_firing(state: &Self::State) -> Option<Timestamp>;

    /// Invokes the target once.
    async fn invoke_target(&self, delivery: &Self::Delivery) -> Result<(), TargetError>;

    /// The message for the dead-letter queue.
    fn dead_letter(&self, delivery: &Self::Delivery, failure: &DeliveryFailure) -> NewMessage;

    /// The change that records an attempt after which there will be another one.
    fn attempted(delivery: Self::Delivery) -> Change<Self>
    where
        Self: Sized;

    /// The changes that record the end of a delivery, successful or not.
    fn ended(state: &Self::State, delivery: &Self::Delivery) -> Vec<Change<Self>>
    where
        Self: Sized;

    /// Counts the outcome of an attempt.
    fn count(&self, outcome: &AttemptOutcome);
}
