//! One letter in full.

use causeway_aws::dead_letters::{Content, DeadLetter as Letter, dlq_client::DeadLetterFilter as Pick};

use super::{
    list::{Shown, at, who},
    queues::{Desk, Found, letters},
};
use crate::{brief::whole, ended::Ended, screen::Screen};

/// Shows the letter of this id.
pub(super) async fn show(desks: &[Desk], id: &str, screen: &mut Screen<'_>) -> anyhow::Result<Ended> {
    let pick = Pick { reason: None, id: Some(id.to_owned()) };
    let findings = letters(desks, &pick).await?;
    let Some(Found { desk, held }) = findings.letters.first() else {
        screen.say(format_args!("no letter {id} in {} queues; `causeway dlq ls` lists them", desks.len()))?;
        return Ok(Ended::Missing);
    };
    let machines = Shown { queue: &desk.queue, id: &held.id, letter: &held.letter };
    screen.show(text(&desk.queue, &held.letter), &machines)?;
    Ok(Ended::Done)
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
