//! A view's row as an item: flat, so that one update can make it. Columns begin with an underscore, what the store
//! needs for itself does not, so no column can touch it.

use causeway::view::view_store::{ListPosition, Row, RowKey, ViewError};
use serde_json::{Map, Value};

use super::{
    attributes::{Item, number, read_number, read_text, text},
    row_value::{attribute, value},
};

/// The table's key: `<view>/<id>`.
pub(crate) const ROW: &str = "row";
/// The version of the last event in the row.
pub(crate) const VERSION: &str = "version";
/// The index's partition key: `<view>/<list>`.
pub(crate) const LIST: &str = "list";
/// The index's sort key: the rank, and behind it the id, so that equal ranks have an order.
pub(crate) const RANK: &str = "rank";
/// The index.
pub(crate) const BY_LIST: &str = "by-list";

/// What stands before a column's name.
const COLUMN: char = '_';
/// What stands between rank and id: a character below all that are written.
const BETWEEN: char = '\u{1}';

/// The attribute of a column.
pub(crate) fn column(name: &str) -> String {
    format!("{COLUMN}{name}")
}

/// The index keys of a place.
pub(crate) fn index_keys(key: &RowKey, place: &ListPosition) -> (String, String) {
    (format!("{}/{}", key.view, place.list), format!("{}{BETWEEN}{}", place.sort_key, key.id))
}

/// The key of a row.
pub(crate) fn key_item(key: &RowKey) -> Item {
    [(ROW.to_owned(), text(key.to_string()))].into()
}

/// The item of a row.
pub(crate) fn item(key: &RowKey, row: &Row) -> Item {
    let mut item = key_item(key);
    item.insert(VERSION.to_owned(), number(row.version));
    if let Some(place) = &row.position {
        let (list, rank) = index_keys(key, place);
        item.insert(LIST.to_owned(), text(list));
        item.insert(RANK.to_owned(), text(rank));
    }
    item.extend(row.columns.iter().map(|(name, value)| (column(name), attribute(value))));
    item
}

/// The row of an item.
pub(crate) fn row(item: &Item) -> Result<(RowKey, Row), ViewError> {
    let (key, position) = position_of(item)?;
    let (version, columns) = content(item).map_err(|reason| ViewError::Corrupt { what: key.to_string(), reason })?;
    Ok((key, Row { version, position, columns }))
}

/// Which row an item is, and where it stands: all that the index knows.
pub(crate) fn position_of(item: &Item) -> Result<(RowKey, Option<ListPosition>), ViewError> {
    let corrupt = |what: &str, reason| ViewError::Corrupt { what: what.to_owned(), reason };
    let name = read_text(item, ROW).map_err(|reason| corrupt("a row", reason))?;
    let split = name.split_once('/').ok_or_else(|| corrupt(name, "the key is not <view>/<id>".to_owned()));
    let (view, id) = split?;
    let place = place(view, item).map_err(|reason| corrupt(name, reason))?;
    Ok((RowKey { view: view.to_owned(), id: id.to_owned() }, place))
}

fn content(item: &Item) -> Result<(u64, Map<String, Value>), String> {
    let mut columns = Map::new();
    for (name, attribute) in item {
        if let Some(column) = name.strip_prefix(COLUMN) {
            let value = value(attribute).map_err(|reason| format!("{column}: {reason}"))?;
            columns.insert(column.to_owned(), value);
        }
    }
    Ok((read_number(item, VERSION)?, columns))
}

fn place(view: &str, item: &Item) -> Result<Option<ListPosition>, String> {
    if !item.contains_key(LIST) {
        return Ok(None);
    }
    let list = read_text(item, LIST)?.strip_prefix(view).and_then(|list| list.strip_prefix('/'));
    let rank = read_text(item, RANK)?.rsplit_once(BETWEEN);
    match (list, rank) {
        (Some(list), Some((rank, _))) => Ok(Some(ListPosition { list: list.to_owned(), sort_key: rank.to_owned() })),
        _ => Err(format!("{LIST} and {RANK} are not as they were written")),
    }
}
