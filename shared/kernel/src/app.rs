//! [`App`]: the ports with the operations that a handler calls: execute a command, project an event, read a row.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    command::{Decider, ExecuteError, Executed, LoadError, Rejection, execute, load, load_at},
    delivery::{CommandOutcome, DeadLetters, Inbox, OutcomeError, answer::Answer, publish_rejection},
    failure::{Handled, Outcome},
    gateway::NotConnected,
    log::{EventStore, Moment},
    message::{Cause, CommandRejected, Id, MessageId, Messages, Received, StreamId},
    ports::Ports,
    time::{Clock, Ids},
    view::{
        AddsTo, Page, Projection, RowAtError, RowKey, View, ViewError, ViewFold, project::project,
        projection::contribute,
    },
};

/// The ports of an application with the operations on them. Cloning is cheap; a clone shares the ports.
#[derive(Clone)]
pub struct App {
    ports: Arc<Ports>,
    /// What the handler of a command from outside does, for the command's outcome.
    answer: Option<Answer>,
}

/// One page of typed rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows<R> {
    /// The rows.
    pub rows: Vec<R>,
    /// The page token of the next page; `None` after the last.
    pub next: Option<String>,
}

impl App {
    /// An app on these ports.
    pub fn new(ports: Ports) -> Self {
        Self { ports: Arc::new(ports), answer: None }
    }

    /// The ports, for the functions that take them.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Executes a command on the aggregate `id`; a rejection is published as [`CommandRejected`]. Returns a handler's outcome.
    ///
    /// Costs one append on a warm process, and a read before it on a cold one.
    pub async fn execute<D: Decider>(&self, id: &Id<impl ?Sized>, command: &D::Command, cause: &Cause) -> Outcome {
        self.execute_on::<D>(StreamId::new(D::CONTEXT, id), command, cause).await
    }

    /// Executes a command on the aggregate `id`. Returns its events, or the rejection, which is not published.
    pub async fn try_execute<D: Decider>(
        &self,
        id: &Id<impl ?Sized>,
        command: &D::Command,
        cause: &Cause,
    ) -> Result<Executed<D::Event>, ExecuteError<D::Rejection>> {
        self.try_execute_on::<D>(StreamId::new(D::CONTEXT, id), command, cause).await
    }

    async fn try_execute_on<D: Decider>(
        &self,
        stream: StreamId,
        command: &D::Command,
        cause: &Cause,
    ) -> Result<Executed<D::Event>, ExecuteError<D::Rejection>> {
        let executed = execute::<D>(&self.ports, stream.clone(), command, cause).await?;
        if let Some(answer) = &self.answer {
            answer.appended(&stream, executed.first, executed.events.iter().map(Messages::name));
        }
        Ok(executed)
    }

    /// Executes a command on a stream; see [`App::execute`].
    pub async fn execute_on<D: Decider>(&self, stream: StreamId, command: &D::Command, cause: &Cause) -> Outcome {
        match self.try_execute_on::<D>(stream.clone(), command, cause).await {
            Ok(executed) if executed.repeated => Ok(Handled::Duplicate),
            Ok(_) => Ok(Handled::Done),
            Err(ExecuteError::Rejected(rejection)) => self.publish_rejection(&stream, &rejection, cause).await,
            Err(error) => Err(error.into()),
        }
    }

    /// The current state of an aggregate, read from the log.
    pub async fn state<D: Decider>(&self, id: &Id<impl ?Sized>) -> Result<D::State, LoadError> {
        Ok(load::<D>(self.store(), &StreamId::new(D::CONTEXT, id)).await?.state)
    }

    /// The state of an aggregate at a moment of its past. Reads the whole stream.
    pub async fn state_at<D: Decider>(&self, id: &Id<impl ?Sized>, at: Moment) -> Result<D::State, LoadError> {
        load_at::<D>(self.store(), &StreamId::new(D::CONTEXT, id), at).await
    }

    /// What the rules would have decided at a moment of the past. Writes nothing. Reads the whole stream.
    pub async fn decide_at<D: Decider>(
        &self,
        id: &Id<impl ?Sized>,
        at: Moment,
        command: &D::Command,
    ) -> Result<Result<Vec<D::Event>, D::Rejection>, LoadError> {
        Ok(D::decide(&self.state_at::<D>(id, at).await?, command))
    }

    /// Updates the view's row of the event's stream: one conditional write, more if the row is behind.
    pub async fn project<V: View>(&self, event: &Received<impl Clone + Into<V::Event>>) -> Outcome {
        project::<V, _>(&self.ports, event).await
    }

    /// Adds the event to the rows of a projection, once: one transaction, and a read of the log.
    pub async fn contribute<P: Projection, E: AddsTo<P>>(&self, event: &Received<impl Clone + Into<E>>) -> Outcome {
        contribute::<P, E, _>(&self.ports, event).await
    }

    /// The view's row of an aggregate. One read.
    pub async fn row<V: View>(&self, id: &str) -> Result<Option<V::Row>, ViewError> {
        self.read_row(V::NAME, id).await
    }

    /// The view's row as it would have been at a moment of the past, folded from the log. Reads the whole stream.
    pub async fn row_at<V: View>(&self, id: &str, at: Moment) -> Result<Option<V::Row>, RowAtError> {
        let row = ViewFold::of::<V>().row_at(self.store(), id, at).await?;
        Ok(row.map(|row| typed(V::NAME, id, row.columns)).transpose()?)
    }

    /// One page of the view's list. One query.
    pub async fn list<V: View>(&self, list: &str, page: &Page) -> Result<Rows<V::Row>, ViewError> {
        self.read_list(V::NAME, list, page).await
    }

    /// A row of a projection. One read.
    pub async fn projected_row<P: Projection>(&self, id: &str) -> Result<Option<P::Row>, ViewError> {
        self.read_row(P::NAME, id).await
    }

    /// One page of a projection's list. One query.
    pub async fn projected_list<P: Projection>(&self, list: &str, page: &Page) -> Result<Rows<P::Row>, ViewError> {
        self.read_list(P::NAME, list, page).await
    }

    async fn read_row<R: DeserializeOwned>(&self, view: &str, id: &str) -> Result<Option<R>, ViewError> {
        let key = RowKey { view: view.to_owned(), id: id.to_owned() };
        let row = self.ports.views.get(&key).await?;
        row.map(|row| typed(view, id, row.columns)).transpose()
    }

    async fn read_list<R: DeserializeOwned>(&self, view: &str, list: &str, page: &Page) -> Result<Rows<R>, ViewError> {
        let listed = self.ports.views.list(view, list, page).await?;
        let rows = listed.rows.into_iter().map(|(id, row)| typed(view, &id, row.columns));
        Ok(Rows { rows: rows.collect::<Result<_, _>>()?, next: listed.next })
    }

    /// What became of a command from outside, by its id. One read.
    pub async fn outcome(&self, command: &MessageId) -> Result<Option<CommandOutcome>, OutcomeError> {
        self.ports.outcomes.outcome(command, self.clock().now()).await
    }

    /// The same app, which adds what its handler does to this answer.
    pub(crate) fn answering(&self, answer: Option<Answer>) -> Self {
        Self { ports: Arc::clone(&self.ports), answer }
    }

    /// The client of an outside service, by its port type.
    pub fn gateway<P: ?Sized + Send + Sync + 'static>(&self) -> Result<Arc<P>, NotConnected> {
        self.ports.gateways.get::<P>()
    }

    /// The log.
    pub fn store(&self) -> &dyn EventStore {
        self.ports.store.as_ref()
    }

    /// The inbox.
    pub fn inbox(&self) -> &dyn Inbox {
        self.ports.inbox.as_ref()
    }

    /// The dead letters.
    pub fn dead_letters(&self) -> &dyn DeadLetters {
        self.ports.dead_letters.as_ref()
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        self.ports.clock.as_ref()
    }

    /// The source of ids and random numbers.
    pub fn ids(&self) -> &dyn Ids {
        self.ports.ids.as_ref()
    }

    async fn publish_rejection(&self, stream: &StreamId, rejection: &dyn Rejection, cause: &Cause) -> Outcome {
        let rejected = CommandRejected {
            stream: stream.to_string(),
            command_id: cause.command.clone(),
            command: cause.name.clone(),
            rule: rejection.rule().to_owned(),
            reason: rejection.to_string(),
        };
        if let Some(answer) = &self.answer {
            answer.rejected(stream, &rejected.rule, &rejected.reason);
        }
        publish_rejection(&self.ports, &rejected, cause).await?;
        Ok(Handled::Rejected)
    }
}

fn typed<R: DeserializeOwned>(view: &str, id: &str, columns: serde_json::Map<String, Value>) -> Result<R, ViewError> {
    serde_json::from_value(Value::Object(columns))
        .map_err(|error| ViewError::Corrupt { what: format!("{view}/{id}"), reason: error.to_string() })
}
