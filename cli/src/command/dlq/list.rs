//! What lies there: first by cause, then letter by letter.

use std::collections::BTreeMap;

use causeway_aws::dead_letters::{Content, DeadLetter as Letter, Origin, dlq_client::DeadLetterFilter as Pick};
use jiff::Timestamp;

use super::queues::{Desk, Found, letters};
use crate::{columns::columns, command_status::CommandStatus, output::Output, preview::cut, time_arg};

/// The most letters of an explanation in a table.
const SAID: usize = 70;

/// Lists the letters.
pub(super) async fn list(
    desks: &[Desk],
    cause: Option<&str>,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let pick = Pick { reason: cause.map(str::to_owned), id: None };
    let findings = letters(desks, &pick).await?;
    if output.is_json() {
        for found in &findings.letters {
            output.show("", &found.json())?;
        }
    } else if findings.letters.is_empty() {
        let of_cause = cause.map(|cause| format!(" of the cause {cause}")).unwrap_or_default();
        output.say(format_args!("no letters{of_cause} in {} queues", desks.len()))?;
    } else {
        output.say(by_cause(&findings.letters))?;
        output.say(format_args!("\n{}", one_by_one(&findings.letters)))?;
    }
    for queue in findings.cut {
        output.say(format_args!("{queue} may hold more: raise --most"))?;
    }
    Ok(CommandStatus::Done)
}

/// The letters one by one.
pub(super) fn one_by_one(letters: &[Found<'_>]) -> String {
    let rows: Vec<[String; 5]> = letters
        .iter()
        .map(|Found { held, .. }| {
            let letter = &held.letter;
            [held.id.clone(), at(letter.at), letter.reason.clone(), subject(letter), who(&letter.origin)]
        })
        .collect();
    columns(["LETTER", "GIVEN UP", "CAUSE", "MESSAGE", "BY"], &rows)
}

/// What was to be said.
pub(super) fn subject(letter: &Letter) -> String {
    match &letter.content {
        Content::Message(delivery) => delivery.detail_type.clone(),
        Content::Unreadable { .. } => "(no message)".to_owned(),
    }
}

/// Who gave up, in short.
pub(super) fn who(origin: &Origin) -> String {
    let last = |arn: &str| arn.rsplit([':', '/']).next().unwrap_or(arn).to_owned();
    match origin {
        Origin::Rule { rule_arn, .. } => format!("rule {}", last(rule_arn)),
        Origin::Function { function_arn } => {
            let arn = function_arn.trim_end_matches(":$LATEST");
            format!("function {}", last(arn))
        }
        Origin::Timer { schedule_arn } => format!("timer {}", last(schedule_arn)),
        Origin::Kept { consumer } => consumer.clone(),
        Origin::Unknown => "unknown".to_owned(),
    }
}

/// A time that may not be known.
pub(super) fn at(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "unknown".to_owned(), time_arg::show)
}

fn by_cause(letters: &[Found<'_>]) -> String {
    let mut groups: BTreeMap<(&str, &str), Vec<&Letter>> = BTreeMap::new();
    for Found { desk, held } in letters {
        groups.entry((&desk.queue, &held.letter.reason)).or_default().push(&held.letter);
    }
    let rows: Vec<[String; 5]> = groups
        .into_iter()
        .map(|((queue, cause), letters)| {
            let oldest = letters.iter().filter_map(|letter| letter.at).min();
            let example = letters.first().map(|letter| format!("{}: {}", subject(letter), letter.explanation));
            let example = cut(&example.unwrap_or_default().replace('\n', " "), SAID);
            [queue.to_owned(), cause.to_owned(), letters.len().to_string(), at(oldest), example]
        })
        .collect();
    columns(["QUEUE", "CAUSE", "LETTERS", "OLDEST", "EXAMPLE"], &rows)
}
