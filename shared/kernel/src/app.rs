//! The app: all ports in one hand, as a handler gets them, and the few sentences a handler says.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    command::{
        cache::Cache,
        decider::{Decider, Rejection},
        execute::{ExecuteError, Executed, execute},
        load::{LoadError, load, load_at},
    },
    delivery::{
        bus::{Bus, Entry, PublishOutcome},
        dead_letter::DeadLetters,
        inbox::Inbox,
        verify::VerificationPolicy,
    },
    failure::{Failure, Handled, Outcome},
    gateway::gateways::{Gateways, NotConnected},
    log::event_store::EventStore,
    message::{
        contract::{Encoded, Message},
        envelope::{Cause, Envelope, Received},
        id::{Id, StreamId},
        system::CommandRejected,
    },
    time::{
        clock::{Clock, Ids},
        timers::Timers,
    },
    view::{
        project::project,
        view_store::{Page, RowKey, View, ViewError, ViewStore},
    },
};

/// The ports an app is made of.
pub struct Ports {
    /// The log.
    pub store: Arc<dyn EventStore>,
    /// The views.
    pub views: Arc<dyn ViewStore>,
    /// The inbox.
    pub inbox: Arc<dyn Inbox>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The timers.
    pub timers: Arc<dyn Timers>,
    /// The dead letters.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Ids and chance.
    pub ids: Arc<dyn Ids>,
    /// The outside parties.
    pub gateways: Gateways,
    /// What this process saw last.
    pub cache: Cache,
    /// How far it believes the bus.
    pub verification: VerificationPolicy,
}

/// All ports in one hand; a clone is the same app.
#[derive(Clone)]
pub struct App {
    ports: Arc<Ports>,
}

/// One page of typed rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows<R> {
    /// The rows.
    pub rows: Vec<R>,
    /// What to say for the next page; none: this was the last.
    pub next: Option<String>,
}

impl App {
    /// An app of these parts.
    pub fn new(ports: Ports) -> Self {
        Self { ports: Arc::new(ports) }
    }

    /// Runs a command on the stream of `id` and says so when a rule says no: what a handler returns.
    pub async fn execute<D: Decider>(&self, id: &Id<impl ?Sized>, command: &D::Command, cause: &Cause) -> Outcome {
        self.execute_on::<D>(StreamId::new(D::CONTEXT, id), command, cause).await
    }

    /// Runs a command on the stream of `id` and answers with its events or the reason why not.
    pub async fn try_execute<D: Decider>(
        &self,
        id: &Id<impl ?Sized>,
        command: &D::Command,
        cause: &Cause,
    ) -> Result<Executed<D::Event>, ExecuteError<D::Rejection>> {
        execute::<D>(self, StreamId::new(D::CONTEXT, id), command, cause).await
    }

    pub(crate) async fn execute_on<D: Decider>(
        &self,
        stream: StreamId,
        command: &D::Command,
        cause: &Cause,
    ) -> Outcome {
        match execute::<D>(self, stream.clone(), command, cause).await {
            Ok(executed) if executed.repeated => Ok(Handled::Duplicate),
            Ok(_) => Ok(Handled::Done),
            Err(ExecuteError::Rejected(rejection)) => self.publish_rejection(&stream, &rejection, cause).await,
            Err(error) => Err(error.into()),
        }
    }

    /// The state of a stream, read from the log.
    pub async fn state<D: Decider>(&self, id: &Id<impl ?Sized>) -> Result<D::State, LoadError> {
        Ok(load::<D>(self.store(), &StreamId::new(D::CONTEXT, id)).await?.state)
    }

    /// The state of a stream after the event of this version.
    pub async fn state_at_version<D: Decider>(&self, id: &Id<impl ?Sized>, at: u64) -> Result<D::State, LoadError> {
        load_at::<D>(self.store(), &StreamId::new(D::CONTEXT, id), |_, version| version <= at).await
    }

    /// The state of a stream as it was at this moment.
    pub async fn state_at_time<D: Decider>(&self, id: &Id<impl ?Sized>, at: Timestamp) -> Result<D::State, LoadError> {
        load_at::<D>(self.store(), &StreamId::new(D::CONTEXT, id), |commit, _| commit.at <= at).await
    }

    /// Brings the view's row up to the event.
    pub async fn project<V: View>(&self, event: &Received<impl Clone + Into<V::Event>>) -> Outcome {
        project::<V, _>(self, event).await
    }

    /// The view's row of a stream.
    pub async fn row<V: View>(&self, id: &str) -> Result<Option<V::Row>, ViewError> {
        let key = RowKey { view: V::NAME.to_owned(), id: id.to_owned() };
        let row = self.views().get(&key).await?;
        row.map(|row| typed::<V>(id, row.columns)).transpose()
    }

    /// One page of the view's list.
    pub async fn list<V: View>(&self, list: &str, page: &Page) -> Result<Rows<V::Row>, ViewError> {
        let listed = self.views().list(V::NAME, list, page).await?;
        let rows = listed.rows.into_iter().map(|(id, row)| typed::<V>(&id, row.columns));
        Ok(Rows { rows: rows.collect::<Result<_, _>>()?, next: listed.next })
    }

    /// The outside party of a port.
    pub fn gateway<P: ?Sized + Send + Sync + 'static>(&self) -> Result<Arc<P>, NotConnected> {
        self.ports.gateways.get::<P>()
    }

    /// The log.
    pub fn store(&self) -> &dyn EventStore {
        self.ports.store.as_ref()
    }

    /// The views.
    pub fn views(&self) -> &dyn ViewStore {
        self.ports.views.as_ref()
    }

    /// The inbox.
    pub fn inbox(&self) -> &dyn Inbox {
        self.ports.inbox.as_ref()
    }

    /// The bus.
    pub fn bus(&self) -> &dyn Bus {
        self.ports.bus.as_ref()
    }

    /// The timers.
    pub fn timers(&self) -> &dyn Timers {
        self.ports.timers.as_ref()
    }

    /// The dead letters.
    pub fn dead_letters(&self) -> &dyn DeadLetters {
        self.ports.dead_letters.as_ref()
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        self.ports.clock.as_ref()
    }

    /// Ids and chance.
    pub fn ids(&self) -> &dyn Ids {
        self.ports.ids.as_ref()
    }

    /// How far it believes the bus.
    pub fn verification(&self) -> &VerificationPolicy {
        &self.ports.verification
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.ports.cache
    }

    async fn publish_rejection(&self, stream: &StreamId, rejection: &dyn Rejection, cause: &Cause) -> Outcome {
        let rejected = CommandRejected {
            stream: stream.to_string(),
            command_id: cause.command.clone(),
            command: cause.name.clone(),
            rule: rejection.rule().to_owned(),
            reason: rejection.to_string(),
        };
        let data = Encoded::of(&rejected).map_err(Failure::permanent)?.data;
        let envelope = Envelope {
            event_id: cause.command.derived(&format!("rejected/{stream}")),
            event_type: CommandRejected::NAME.to_owned(),
            event_version: CommandRejected::VERSION,
            aggregate_type: CommandRejected::CONTEXT.to_owned(),
            aggregate_id: cause.command.to_string(),
            version: None,
            timestamp: self.clock().now(),
            data,
            metadata: cause.metadata.clone(),
        };
        let said = self.bus().publish(&[Entry::from_context(CommandRejected::CONTEXT, envelope)]).await;
        match said.into_iter().next() {
            Some(PublishOutcome::Accepted) => Ok(Handled::Rejected),
            Some(PublishOutcome::Permanent { code, reason }) => Err(Failure::permanent(format!("{code}: {reason}"))),
            Some(PublishOutcome::Transient(error)) => Err(Failure::Transient(error)),
            None => Err(Failure::transient("the bus gave no answer")),
        }
    }
}

fn typed<V: View>(id: &str, columns: serde_json::Map<String, Value>) -> Result<V::Row, ViewError> {
    serde_json::from_value(Value::Object(columns))
        .map_err(|error| ViewError::Corrupt { what: format!("{}/{id}", V::NAME), reason: error.to_string() })
}
