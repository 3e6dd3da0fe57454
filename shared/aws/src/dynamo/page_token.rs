//! The mark of a page: the place of its last row. It says no view and no list, so it cannot lead into another's.

use causeway::{
    MessageId,
    view::view_store::{ListPosition, RowKey, ViewError},
};

use super::{
    attributes::{Item, text},
    row_item::{LIST, RANK, index_keys, key_item},
};

/// The mark behind a row.
pub(crate) fn mark(rank: &str, id: &str) -> String {
    serde_json::json!([rank, id]).to_string()
}

/// Where the next page of this list begins.
pub(crate) fn start_key(view: &str, list: &str, mark: &str) -> Result<Item, ViewError> {
    let corrupt = |reason| ViewError::Corrupt { what: "page mark".to_owned(), reason };
    let (rank, id): (String, MessageId) = serde_json::from_str(mark).map_err(|error| corrupt(error.to_string()))?;
    let key = RowKey { view: view.to_owned(), id: id.to_string() };
    let (list, rank) = index_keys(&key, &ListPosition { list: list.to_owned(), sort_key: rank });
    let mut item = key_item(&key);
    item.insert(LIST.to_owned(), text(list));
    item.insert(RANK.to_owned(), text(rank));
    Ok(item)
}
