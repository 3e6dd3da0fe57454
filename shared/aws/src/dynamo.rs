//! The event log, the views and the inbox on DynamoDB. A write is one conditional call; only a once-only command needs a
//! transaction, which costs twice as much.

mod attributes;
mod circuits;
mod commit_item;
mod event_store;
mod inbox;
mod log_reader;
mod outcomes;
mod table;
mod view_row;
mod view_store;

pub use attributes::Item;
pub use circuits::DynamoCircuits;
pub use commit_item::commit_of;
pub use event_store::DynamoEventStore;
pub use inbox::DynamoInbox;
pub use log_reader::{LogPage, LogPages, LogReader};
pub use outcomes::DynamoOutcomes;
pub use view_store::DynamoViewStore;
