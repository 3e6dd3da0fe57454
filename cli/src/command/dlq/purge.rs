//! Letters go for good: those that were shown, and no others, after somebody said so.

use std::collections::BTreeSet;

use causeway_aws::dead_letters::dlq_client::DeadLetterFilter as Pick;
use serde_json::json;

use super::{
    list::{one_by_one, subject},
    queues::{Desk, letters},
};
use crate::{command_status::CommandStatus, confirm::confirm, output::Output};

/// Throws the letters away.
pub(super) async fn purge(
    desks: &[Desk],
    pick: &Pick,
    yes: bool,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let findings = letters(desks, pick).await?;
    if findings.letters.is_empty() {
        output.say(format_args!("no such letters in {} queues", desks.len()))?;
        let any = *pick == Pick::default();
        return Ok(if any { CommandStatus::Done } else { CommandStatus::NotFound });
    }
    output.say(one_by_one(&findings.letters))?;
    let count = findings.letters.len();
    let what = if count == 1 { "This letter goes".to_owned() } else { format!("These {count} letters go") };
    if !confirm(&format!("{what} for good. Throw away?"), yes)? {
        output.say("nothing was thrown away")?;
        return Ok(CommandStatus::Rejected);
    }
    let mut gone = 0;
    for desk in desks {
        let of_desk = findings.letters.iter().filter(|found| found.desk.queue == desk.queue);
        let seen: BTreeSet<String> = of_desk.map(|found| found.held.id.clone()).collect();
        if seen.is_empty() {
            continue;
        }
        for held in desk.desk.purge_seen(&seen).await? {
            gone += 1;
            let (queue, subject) = (&desk.queue, subject(&held.letter));
            let text = format!("thrown away  {}  {subject}", held.id);
            output.show(text, &json!({ "queue": queue, "id": held.id, "type": subject, "outcome": "thrownAway" }))?;
        }
    }
    if gone < count {
        let left = count - gone;
        output.say(format_args!("{left} were not there any more, or somebody else has them in hand"))?;
        return Ok(CommandStatus::Rejected);
    }
    Ok(CommandStatus::Done)
}
