//! The outcome of a command, as people read it.

use causeway::delivery::{CommandOutcome, CommandResult};

/// An outcome on one line, or on one more for each event.
pub(crate) fn outcome_text(outcome: &CommandOutcome) -> String {
    let CommandOutcome { command, command_id, result, .. } = outcome;
    let mut line = format!("{command} {command_id} is ");
    match result {
        CommandResult::Done { events, .. } if events.is_empty() => line.push_str("done, and changed nothing"),
        CommandResult::Done { events, more_events } => {
            line.push_str("done");
            for event in events {
                line.push_str(&format!("\n  {}  {} v{}", event.name, event.stream, event.version));
            }
            if *more_events > 0 {
                line.push_str(&format!("\n  and {more_events} more"));
            }
        }
        CommandResult::Rejected { stream, rule, reason } => {
            line.push_str(&format!("rejected by {stream}, rule {rule}: {reason}"));
        }
        CommandResult::DeadLettered { reason, explanation } => {
            line.push_str(&format!("dead-lettered as {reason}: {explanation}"));
        }
    }
    line
}
