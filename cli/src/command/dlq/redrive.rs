//! Letters go back on the bus they came from; each says what became of it.

use causeway_aws::dead_letters::dlq_client::{DeadLetterFilter as Pick, RedriveOutcome as Redriven};
use futures::future::join_all;
use serde_json::json;

use super::{list::subject, queues::Desk};
use crate::{command_status::CommandStatus, output::Output};

/// Puts the letters back, all queues side by side.
pub(super) async fn redrive(desks: &[Desk], pick: &Pick, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let (mut gone, mut stayed) = (0, 0);
    // None is left in the middle because another failed.
    let answers = join_all(desks.iter().map(|desk| desk.desk.redrive(pick))).await;
    let mut trouble = None;
    for (desk, answer) in desks.iter().zip(answers) {
        let letters = match answer {
            Ok(letters) => letters,
            Err(error) => {
                trouble.get_or_insert(error);
                continue;
            }
        };
        if letters.len() >= desk.most {
            output.say(format_args!("{} may hold more: do it again", desk.queue))?;
        }
        for (held, redriven) in letters {
            let (id, subject, queue) = (&held.id, subject(&held.letter), &desk.queue);
            let (word, why) = match &redriven {
                Redriven::Done => ("back", None),
                Redriven::Permanent { why } => ("refused", Some(why)),
                Redriven::Transient { why } => ("notNow", Some(why)),
            };
            let text = match &redriven {
                Redriven::Done => format!("went back   {id}  {subject}"),
                Redriven::Permanent { why } => format!("stays       {id}  {subject}: {why}"),
                Redriven::Transient { why } => format!("try again   {id}  {subject}: {why}"),
            };
            output.show(text, &json!({ "queue": queue, "id": id, "type": subject, "outcome": word, "why": why }))?;
            if redriven == Redriven::Done { gone += 1 } else { stayed += 1 }
        }
    }
    if let Some(error) = trouble {
        return Err(error.into());
    }
    if gone + stayed == 0 {
        output.say(format_args!("no such letters in {} queues", desks.len()))?;
        let any = *pick == Pick::default();
        return Ok(if any { CommandStatus::Done } else { CommandStatus::NotFound });
    }
    output.say(format_args!("{gone} went back, {stayed} stayed"))?;
    Ok(if stayed > 0 { CommandStatus::Rejected } else { CommandStatus::Done })
}
