//! `causeway view` and `causeway list`: one row of a view, and the rows of a list page by page.

use causeway::{
    log::Moment,
    view::{Page, Row, RowKey, ViewStore as _},
};
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value, value::to_raw_value};

use crate::{
    application::Application,
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    error_hint::with_hint,
    output::Output,
    past::{self, read_until},
    preview::preview,
};

/// The most rows that one request reads.
const PAGE_SIZE: u32 = 100;

/// The maximum length of a row on one line.
const MAX_LINE: usize = 110;

/// The options of `view`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway view order-details o-1001\n  causeway view user-profile u-1\n  \
                        causeway view cart u-1 --json | jq .columns.total\n  \
                        causeway view user-profile u-1 --at 2026-01-15")]
pub struct View {
    /// The view: order-summary, order-details, stock, user-profile, cart, …
    pub name: String,
    /// The id of the row: that of its stream, without the context
    pub key: String,
    /// As it would have been at this version of its stream or at this time, folded from the log (a time, a day in UTC, or
    /// "10m ago") [without it: the row as it is stored]
    #[arg(long, value_name = "VERSION|TIME")]
    pub at: Option<String>,
}

/// The options of `list`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway list order-summary user/u-1 --limit 5\n  \
                        causeway list order-details status/placed --oldest-first\n  \
                        causeway list cart open --json | jq -r .id")]
pub struct List {
    /// The view.
    pub name: String,
    /// The list of the view: user/u-1, status/placed, all, open, …
    pub list: String,
    /// The maximum number of rows to print.
    #[arg(long, value_name = "ROWS", default_value_t = 20)]
    pub limit: u32,
    /// Prints the rows in the opposite order: the lowest sort key first.
    #[arg(long)]
    pub oldest_first: bool,
    /// Continues after a page, by the token that was printed at its end.
    #[arg(long, value_name = "TOKEN")]
    pub after: Option<String>,
}

/// A row as it is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrintedRow<'r> {
    view: &'r str,
    id: &'r str,
    /// The version of the last event in it.
    version: u64,
    /// The list that it is in.
    list: Option<&'r str>,
    columns: &'r Map<String, Value>,
}

impl<'r> PrintedRow<'r> {
    fn of(view: &'r str, id: &'r str, row: &'r Row) -> Self {
        let list = row.position.as_ref().map(|position| position.list.as_str());
        Self { view, id, version: row.version, list, columns: &row.columns }
    }
}

/// Prints one row.
pub async fn run(
    args: &View,
    global: &GlobalArgs,
    application: &Application,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    let shown = match &args.at {
        None => show(args, &connection, output).await,
        Some(at) => show_at(args, past::moment(Some(at))?, application, &connection, output).await,
    };
    shown.map_err(|error| with_hint(&connection, error))
}

async fn show_at(
    args: &View,
    at: Moment,
    application: &Application,
    connection: &Connection,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let View { name, key, .. } = args;
    let mut fold = application.view(name)?.begin(key)?;
    let stream = fold.stream.clone();
    let read = read_until(&connection.log(), &stream, at, |commit, index| fold.follow(commit, index)).await?;
    if fold.row.version == 0 {
        output.say(format_args!("{name} has no row {key} then: {stream} was {}", read.text()))?;
        return Ok(CommandStatus::NotFound);
    }
    let columns = serde_json::to_string_pretty(&fold.row.columns)?;
    let heading = format!("{name}/{key} as of {stream} at {}", read.text());
    output.show(format_args!("{heading}\n{columns}"), &PrintedRow::of(name, key, &fold.row))?;
    Ok(CommandStatus::Done)
}

async fn show(args: &View, connection: &Connection, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let View { name, key, .. } = args;
    let Some(row) = connection.views().get(&RowKey { view: name.clone(), id: key.clone() }).await? else {
        output.say(format_args!("{name} has no row {key} in {}", connection.views_table()))?;
        return Ok(CommandStatus::NotFound);
    };
    let columns = serde_json::to_string_pretty(&row.columns)?;
    let heading = format!("{name}/{key} after version {} of its stream", row.version);
    output.show(format_args!("{heading}\n{columns}"), &PrintedRow::of(name, key, &row))?;
    Ok(CommandStatus::Done)
}

/// Prints the rows of a list.
pub async fn run_list(args: &List, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    show_list(args, &connection, output).await.map_err(|error| with_hint(&connection, error))
}

async fn show_list(args: &List, connection: &Connection, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let List { name, list, limit, oldest_first, after } = args.clone();
    let views = connection.views();
    let (mut printed, mut after) = (0, after);
    while printed < limit {
        let page = Page { limit: PAGE_SIZE.min(limit - printed), newest_first: !oldest_first, after };
        let listed = views.list(&name, &list, &page).await?;
        for (id, row) in &listed.rows {
            let line = preview(&to_raw_value(&row.columns)?, MAX_LINE);
            output.show(format_args!("{id}  {line}"), &PrintedRow::of(&name, id, row))?;
            printed += 1;
        }
        after = listed.next;
        if after.is_none() {
            break;
        }
    }
    match after {
        Some(next) => output.say(format_args!("… continue with --after {next}"))?,
        None if printed == 0 => {
            output.say(format_args!("the list {list} of {name} has no rows in {}", connection.views_table()))?;
            return Ok(CommandStatus::NotFound);
        }
        None => {}
    }
    Ok(CommandStatus::Done)
}
