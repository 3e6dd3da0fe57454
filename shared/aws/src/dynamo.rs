//! The log, the views and the inbox on DynamoDB.
//! One plain conditional write wherever one will do: a transaction for one item costs double.

mod attributes;
mod commit_text;
mod deflate;
mod event_store;
mod inbox;
mod item;
mod log_reader;
mod marker;
mod packing;
mod page_token;
mod row_item;
mod row_patch;
mod row_value;
mod stream_query;
mod view_store;

pub use attributes::Item;
pub use event_store::DynamoEventStore;
pub use inbox::DynamoInbox;
pub use item::commit_of;
pub use log_reader::{LogPage, LogPages, LogReader};
pub use view_store::DynamoViewStore;
