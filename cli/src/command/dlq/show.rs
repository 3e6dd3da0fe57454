//! One letter in full.

use causeway_aws::dead_letters::{Content, DeadLetter as Letter, dlq_client::DeadLetterFilter as Pick};

use super::{
    list::{at, who},
    queues::{Desk, letters},
};
use crate::{command_status::CommandStatus, output::Output, preview::whole};

/// Shows the letter of this id.
pub(super) async fn show(desks: &[Desk], id: &str, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let pick = Pick { reason: None, id: Some(id.to_owned()) };
    let findings = letters(desks, &pick).await?;
    let Some(found) = findings.letters.first() else {
        output.say(format_args!("no letter {id} in {} queues; `causeway dlq ls` lists them", desks.len()))?;
        return Ok(CommandStatus::NotFound);
    };
    output.show(text(&found.desk.queue, &found.held.letter), &found.json())?;
    Ok(CommandStatus::Done)
}

fn text(queue: &str, letter: &Letter) -> String {
    let attempts = letter.attempts.map_or_else(|| "unknown".to_owned(), |attempts| attempts.to_string());
    let mut lines = vec![
        format!("queue     {queue}"),
        format!("cause     {}", letter.reason),
        format!("why       {}", letter.explanation),
        format!("given up  {} by {}", at(letter.at), who(&letter.origin)),
        format!("attempts  {attempts}"),
    ];
    match &letter.content {
        Content::Message(delivery) => {
            lines.push(format!("message   {} from {}, id {}", delivery.detail_type, delivery.source, delivery.id));
            lines.push(whole(&delivery.detail, 10));
        }
        Content::Unreadable { text, why } => {
            lines.push(format!("message   none: {why}"));
            lines.extend(text.lines().map(|line| format!("          {line}")));
        }
    }
    if let Err(refused) = letter.entry(None) {
        lines.push(format!("it cannot go back: {refused}"));
    }
    lines.join("\n")
}
