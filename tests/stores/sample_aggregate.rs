//! A small business for the stores' tests: notes are taken, and counted.

use causeway::{
    App, Cause, Decider, Id, MessageId, Once, Patch, Received, Rejection, StreamId, View,
    command::execute::{ExecuteError, Executed},
    log::commit::Recorded,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something was noted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Noted {
    pub(crate) text: String,
}

causeway::events! {
    /// What a tally hears.
    pub(crate) enum TallyEvent: events of "tally" { Noted = 1 }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Tally {
    pub(crate) notes: u64,
    pub(crate) letters: usize,
}

/// Take these notes.
#[derive(Clone, Debug)]
pub(crate) struct Take {
    pub(crate) notes: Vec<String>,
    pub(crate) once: bool,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("there is nothing to note")]
pub(crate) struct Nothing;

impl Rejection for Nothing {
    fn rule(&self) -> &'static str {
        "Nothing"
    }
}

impl Decider for Tally {
    const CONTEXT: &'static str = "tally";
    const ONCE: Once<Take> = Once::When(|take| take.once);
    type State = Self;
    type Command = Take;
    type Event = TallyEvent;
    type Rejection = Nothing;

    fn decide(_: &Self, take: &Take) -> Result<Vec<TallyEvent>, Nothing> {
        if take.notes.is_empty() {
            return Err(Nothing);
        }
        Ok(take.notes.iter().map(|text| Noted { text: text.clone() }.into()).collect())
    }

    fn evolve(tally: Self, event: &TallyEvent) -> Self {
        match event {
            TallyEvent::Noted(noted) => Self { notes: tally.notes + 1, letters: tally.letters + noted.text.len() },
        }
    }
}

/// The tally as one reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TallyRow {
    pub(crate) notes: u64,
    pub(crate) last: String,
}

pub(crate) struct TallyView;

impl View for TallyView {
    const NAME: &'static str = "tally";
    type Event = TallyEvent;
    type Row = TallyRow;

    fn patch(stream: &StreamId, event: &Recorded<TallyEvent>) -> Patch {
        let TallyEvent::Noted(noted) = &event.event;
        let patch = Patch::none().add("notes", 1).set("last", &noted.text);
        if event.version == 1 { patch.list_at("all", stream.id()) } else { patch }
    }
}

pub(crate) fn id(text: &str) -> Id<Tally> {
    text.parse().expect("an id")
}

pub(crate) fn cause(command: impl Into<String>) -> Cause {
    Cause::new(MessageId::new(command).expect("an id"), "TakeNotes")
}

pub(crate) fn notes(texts: &[&str]) -> Take {
    Take { notes: texts.iter().map(|text| (*text).to_owned()).collect(), once: false }
}

/// Takes notes under the command of this id.
pub(crate) async fn take(
    app: &App,
    tally: &str,
    command: impl Into<String>,
    take: &Take,
) -> Result<Executed<TallyEvent>, ExecuteError<Nothing>> {
    app.try_execute::<Tally>(&id(tally), take, &cause(command)).await
}

/// The event of this version, as the bus hands it to a view.
pub(crate) fn received(app: &App, tally: &str, version: u64, event: TallyEvent) -> Received<Noted> {
    let TallyEvent::Noted(data) = event;
    let cause = cause(format!("{tally}-{version}"));
    Received {
        id: cause.command,
        stream: Some(StreamId::new("tally", &id(tally))),
        version: Some(version),
        timestamp: app.clock().now(),
        data,
        metadata: cause.metadata,
    }
}
