//! The commands on a stack, local or on AWS, with their options.

pub mod bridge;
pub mod count;
pub mod diff;
pub mod dlq;
pub mod history;
pub mod pattern;
pub mod put;
pub mod rules;
pub mod saga;
pub mod state;
pub mod tail;
pub mod timers;
pub mod trace;
pub mod view;
pub mod what_if;

use clap::Subcommand;

use crate::{
    application::Application,
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    output::{self, Collected, Output},
};
use bridge::Bridge;
use count::Count;
use diff::Diff;
use dlq::Dlq;
use history::History;
use pattern::Pattern;
use put::Put;
use rules::Rules;
use saga::Saga;
use state::State;
use tail::Tail;
use timers::Timers;
use trace::Trace;
use view::{List, View};
use what_if::WhatIf;

/// A command on a stack.
#[derive(Subcommand, Debug)]
pub enum Stack {
    /// Publishes messages on the bus: samples of the catalogue, or entries of a file.
    Put(Put),
    /// Prints events, deliveries and function invocations as they happen; on AWS the events on the bus.
    Tail(Tail),
    /// Prints the events of a stream.
    History(History),
    /// Prints the state of a stream, now, at a version or at a time.
    State(State),
    /// Prints the fields in which two states of a stream differ.
    Diff(Diff),
    /// Counts events by type between two times.
    Count(Count),
    /// Prints what a command would do, now or on a state of the past. Writes nothing.
    WhatIf(WhatIf),
    /// Prints a row of a view, now, at a version or at a time.
    View(View),
    /// Prints the rows of a list of a view, page by page.
    List(List),
    /// Prints the events of one correlation as a tree of causes.
    Trace(Trace),
    /// Lists, shows, resumes and aborts sagas.
    Saga(Saga),
    /// Lists, shows, redrives and purges dead letters.
    Dlq(Dlq),
    /// Lists and cancels pending timers.
    Timers(Timers),
    /// Lists the rules of the bus and their targets, by message.
    Rules(Rules),
    /// Tests whether an event pattern matches an event, and explains why not.
    Pattern(Pattern),
    /// Connects the bus with RabbitMQ, Kafka or Redis; runs the program causeway-bridge.
    Bridge(Bridge),
}

impl Stack {
    /// Runs the command for a program: with its exit status, what it prints with --json, and its notes for people.
    pub async fn collect(
        &self,
        connection: &Connection,
        application: &Application,
    ) -> anyhow::Result<(CommandStatus, Collected)> {
        let connected = Some(connection.clone());
        let global = GlobalArgs { json: true, stack: connection.stack.clone(), connected, ..GlobalArgs::default() };
        let mut printed = Vec::new();
        let mut output = Output::new(true, &mut printed);
        let (status, notes) = output::with_notes(self.run(&global, application, &mut output)).await;
        Ok((status?, Collected { notes, ..Collected::of(&printed) }))
    }

    /// Runs the command.
    pub async fn run(
        &self,
        global: &GlobalArgs,
        application: &Application,
        output: &mut Output<'_>,
    ) -> anyhow::Result<CommandStatus> {
        match self {
            Self::Put(args) => put::run(args, global, application, output).await,
            Self::Tail(args) => tail::run(args, global, output).await,
            Self::History(args) => history::run(args, global, application, output).await,
            Self::State(args) => state::run(args, global, application, output).await,
            Self::Diff(args) => diff::run(args, global, application, output).await,
            Self::Count(args) => count::run(args, global, application, output).await,
            Self::WhatIf(args) => what_if::run(args, global, application, output).await,
            Self::View(args) => view::run(args, global, application, output).await,
            Self::List(args) => view::run_list(args, global, output).await,
            Self::Trace(args) => trace::run(args, global, application, output).await,
            Self::Saga(args) => saga::run(args, global, application, output).await,
            Self::Dlq(args) => dlq::run(args, global, output).await,
            Self::Timers(args) => timers::run(args, global, output).await,
            Self::Rules(args) => rules::run(args, global, output).await,
            Self::Pattern(args) => pattern::run(args, global, output).await,
            Self::Bridge(args) => bridge::run(args, global),
        }
    }
}
