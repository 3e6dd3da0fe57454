//! `causeway dlq`: dead letters of all queues of the stack: read, shown, put back, thrown away.
//! A letter goes away only after the bus has taken it, or after somebody has seen it and said so.

mod list;
mod purge;
mod queues;
mod redrive;
mod show;

use std::num::NonZero;

use causeway_aws::dead_letters::dlq_client::DeadLetterFilter as Pick;
use clap::{Args, Subcommand};

use crate::{command_status::CommandStatus, connection::GlobalArgs, error_hint::with_hint, output::Output};
use queues::desks;

/// What to do with dead letters.
#[derive(Args, Clone, Debug)]
pub struct Dlq {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
    /// Which queues.
    #[command(flatten)]
    pub queues: Queues,
}

/// Which queues, and how much of them.
#[derive(Args, Clone, Debug)]
pub struct Queues {
    /// Only queues whose names hold this word; without it, all dead-letter queues of the stack
    #[arg(long, value_name = "WORD", global = true)]
    pub queue: Option<String>,
    /// Takes at most so many letters of each queue in hand.
    #[arg(long, value_name = "LETTERS", default_value = "1000", global = true)]
    pub most: NonZero<usize>,
    /// The bus for letters that do not say where they come from.
    #[arg(long, value_name = "NAME", default_value = "causeway", global = true)]
    pub bus: String,
}

/// What to do with dead letters.
#[derive(Subcommand, Clone, Debug)]
pub enum What {
    /// Lists causes and letters. While it reads, nobody else sees them; then all are given back.
    #[command(after_help = "Examples:\n  causeway dlq ls\n  causeway dlq ls --queue Order --cause MALFORMED\n  \
                            causeway dlq ls --json | jq -r '.letter.explanation'")]
    Ls {
        /// Those with this cause only.
        #[arg(long)]
        cause: Option<String>,
    },
    /// Shows one letter in full.
    #[command(
        after_help = "Examples:\n  causeway dlq show 5d1c2b7e-…\n  causeway dlq show 5d1c2b7e-… --json | jq .letter"
    )]
    Show {
        /// The letter's id, as `ls` shows it.
        id: String,
    },
    /// Puts letters back on their bus. What cannot go back stays, and says why; then it ends with 4.
    #[command(
        after_help = "Examples:\n  causeway dlq redrive --all\n  causeway dlq redrive --cause NO_PERMISSIONS --queue Order\n  \
                            causeway dlq redrive --id 5d1c2b7e-…"
    )]
    Redrive(Which),
    /// Throws letters away for good, after a question.
    #[command(
        after_help = "Examples:\n  causeway dlq purge --id 5d1c2b7e-…\n  causeway dlq purge --cause MALFORMED\n  \
                            causeway dlq purge --all --yes"
    )]
    Purge {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// Does not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Which letters; it must be said.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// Those with this cause.
    #[arg(long)]
    pub cause: Option<String>,
    /// The one with this id.
    #[arg(long)]
    pub id: Option<String>,
    /// All.
    #[arg(long)]
    pub all: bool,
}

impl Which {
    fn pick(&self) -> Pick {
        Pick { reason: self.cause.clone(), id: self.id.clone() }
    }
}

/// Does it.
pub async fn run(args: &Dlq, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    let desks = desks(&connection, &args.queues).await?;
    let ended = match &args.what {
        What::Ls { cause } => list::list(&desks, cause.as_deref(), output).await,
        What::Show { id } => show::show(&desks, id, output).await,
        What::Redrive(which) => redrive::redrive(&desks, &which.pick(), output).await,
        What::Purge { which, yes } => purge::purge(&desks, &which.pick(), *yes, output).await,
    };
    ended.map_err(|error| with_hint(&connection, error))
}
