//! Delivery: from the log to the bus by the relay, and from the bus into a handler.

pub(crate) mod answer;
pub mod bus;
pub mod dead_letter;
pub mod handle;
pub mod inbox;
pub mod input;
pub mod outcome;
pub mod receive;
pub mod relay;
mod retry;
pub mod system_event;
pub mod verification_policy;
pub mod verify;

pub use bus::{Bus, Entry, PublishOutcome, is_own_source, source_of};
pub use dead_letter::{DeadLetter, DeadLetterError, DeadLetters};
pub use handle::{handle, reason_code};
pub use inbox::{AttemptId, Claim, ClaimHeld, INBOX_RETENTION, Inbox, InboxError, InboxKey, LEASE, NotAttempted};
pub use input::{Claimed, HandlerInput, TimerFired, Verified};
pub use outcome::{AppendedEvent, CommandOutcome, CommandResult, OUTCOME_RETENTION, OutcomeError, Outcomes};
pub use receive::{ReceiveError, receive};
pub use relay::relay;
pub use system_event::{publish_rejection, report_dead_letter, report_start};
pub use verification_policy::{InvalidVerifyEvents, Verification, VerificationPolicy, VerifyEvents};
pub use verify::{FORGED, Forged};
