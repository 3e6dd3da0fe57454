//! One try, and what follows from it: done, another try, or the dead letters.

use jiff::Timestamp;

use crate::{chance::chance, feed::Outcome, ports::NotTaken};

use super::{
    progress::Doom,
    retry::{Next, pause},
    sender::{Parcel, Sender},
};

/// How often a dead letter is tried while its queue has a passing trouble.
const MOST_BURIALS: u32 = 10;

/// Tries it once.
pub(super) async fn attempt<S: Sender>(sender: &S, parcel: &mut S::Parcel) -> Outcome {
    let is_dropped = std::mem::take(&mut parcel.progress_mut().dropped);
    let handed_over = match is_dropped {
        true => Err(dropped()),
        false => sender.hand_over(parcel).await,
    };
    let progress = parcel.progress_mut();
    progress.tries += 1;
    // Who waited in vain for others does not wait again.
    progress.others_first = 0;
    let error = match handed_over {
        Ok(()) => return Outcome::Delivered,
        Err(error) => error,
    };
    let mut exhausted = None;
    if error.passing {
        let (progress, label) = (parcel.progress(), parcel.label());
        let chance = chance(sender.around().seed, &[progress.number, u64::from(progress.tries)]);
        match label.policy.after(progress.tries, label.sent, sender.around().clock.now(), chance) {
            Next::Exhausted(limit) => exhausted = Some(limit.to_owned()),
            Next::Try(at) => {
                parcel.progress_mut().due = at;
                return Outcome::Again { at, code: error.code, message: error.message };
            }
        }
    }
    let doom = Doom { code: error.code, message: error.message, exhausted, burials: 0 };
    bury(sender, parcel, doom).await
}

/// Writes the dead letter. A queue in passing trouble is tried again; a missing one loses the event.
pub(super) async fn bury<S: Sender>(sender: &S, parcel: &mut S::Parcel, mut doom: Doom) -> Outcome {
    let (code, message) = (doom.code.clone(), doom.message.clone());
    let Some(queue) = parcel.label().dead_letters else {
        return Outcome::Dropped { code, message };
    };
    match sender.around().queues.send(queue, sender.dead_letter(parcel, &doom)).await {
        Ok(()) => Outcome::DeadLettered { code, message },
        Err(error) if error.passing && doom.burials < MOST_BURIALS => {
            doom.burials += 1;
            let progress = parcel.progress_mut();
            let chance = chance(sender.around().seed, &[progress.number, u64::from(doom.burials)]);
            let wait = pause(doom.burials, chance);
            let at = sender.around().clock.now().checked_add(wait).unwrap_or(Timestamp::MAX);
            progress.due = at;
            progress.doomed = Some(doom);
            Outcome::Again { at, code, message }
        }
        Err(_) => Outcome::Dropped { code, message },
    }
}

fn dropped() -> NotTaken {
    let (code, message) = ("INTERNAL_ERROR".to_owned(), "A planned fault dropped the delivery on its way.".to_owned());
    NotTaken { code, message, passing: true }
}
