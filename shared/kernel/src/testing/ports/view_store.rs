//! The suite of [`ViewStore`]: patches at the expected version, and lists page by page.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    Patch,
    testing::{
        diff::{assert_same, fail},
        ports::fixture::{AWKWARD, message_id, must},
    },
    view::{ListPosition, Listed, Page, PatchError, Row, RowKey, ViewError, ViewStore},
};

/// Tests a view store.
pub async fn view_store(views: &dyn ViewStore, prefix: &str) {
    a_row_is_created_and_patched(views, prefix).await;
    every_change_is_applied(views, prefix).await;
    any_column_may_have_any_name(views, prefix).await;
    a_row_of_another_version_is_unchanged_and_returned(views, prefix).await;
    a_replaced_row_has_only_the_new_columns(views, prefix).await;
    of_concurrent_patches_one_wins(views, prefix).await;
    a_list_is_read_by_sort_key_in_both_directions(views, prefix).await;
    a_list_is_read_page_by_page(views, prefix).await;
    equal_sort_keys_lose_no_row(views, prefix).await;
    a_moved_row_leaves_its_old_position(views, prefix).await;
    lists_and_views_are_independent(views, prefix).await;
    rows_are_patched_together_or_not_at_all(views, prefix).await;
    of_concurrent_transactions_each_counts_once(views, prefix).await;
    an_invalid_page_token_is_refused(views, prefix).await;
}

fn key(prefix: &str, name: &str) -> RowKey {
    RowKey { view: format!("{prefix}-view"), id: message_id(prefix, name).as_str().to_owned() }
}

/// Patches a row of version `from`, and checks the patched row.
async fn patch(views: &dyn ViewStore, key: &RowKey, from: u64, to: u64, patch: Patch) {
    let mut expected = row(views, key).await.unwrap_or_default();
    expected.apply(to, patch.clone());
    must(views.patch(key, from, to, &patch).await, "patch");
    assert_same("the patched row", &row(views, key).await, &Some(expected));
}

async fn row(views: &dyn ViewStore, key: &RowKey) -> Option<Row> {
    must(views.get(key).await, "get")
}

/// The stored row of a patch that found another version.
fn moved(answer: Result<(), PatchError>) -> Option<Option<Row>> {
    match answer {
        Err(PatchError::Moved { found, .. }) => Some(found),
        Ok(()) | Err(PatchError::Busy { .. } | PatchError::View(_)) => None,
    }
}

async fn a_row_is_created_and_patched(views: &dyn ViewStore, prefix: &str) {
    let key = key(prefix, "created");
    assert_same("a row that does not exist", &row(views, &key).await, &None);
    patch(views, &key, 0, 1, Patch::none().set("text", "first")).await;
    patch(views, &key, 1, 2, Patch::none()).await;
    patch(views, &key, 2, 5, Patch::none().set("text", "second")).await;
    let columns = [("text".to_owned(), json!("second"))].into_iter().collect();
    assert_same("the row", &row(views, &key).await, &Some(Row { version: 5, position: None, columns }));
}

async fn every_change_is_applied(views: &dyn ViewStore, prefix: &str) {
    let key = key(prefix, "changes");
    let values = json!({ "list": [1, "2", null, [], {}], "deep": { "🦀": AWKWARD }, "yes": true, "half": 0.5 });
    let patches = [
        Patch::none().set("values", &values).set("most", u64::MAX).set("least", i64::MIN).set("empty", ""),
        Patch::none().set("nothing", Value::Null).set("text", AWKWARD).set("object", json!({})).set("list", json!([])),
        Patch::none().add("count", 3).append("history", json!({ "at": 1 })),
        Patch::none().add("count", i64::MIN).append("history", "two").append("list", 1),
        Patch::none().set("count", 40).remove("text").remove("never-there"),
        Patch::none().add("count", 2).set("values", 1).remove("history"),
        Patch::none().append("history", Value::Null),
        Patch::none().list_at("a-list", "1").add("count", 0),
        Patch::none().remove("count"),
        Patch::none().add("count", i64::MAX / 4),
    ];
    for (version, change) in (0..).zip(patches) {
        patch(views, &key, version, version + 1, change).await;
    }
    let last = row(views, &key).await.unwrap_or_default();
    assert_same("a sum", &last.columns.get("count"), &Some(&json!(i64::MAX / 4)));
    assert_same("a list", &last.columns.get("history"), &Some(&json!([null])));
    assert_same(
        "the position stays",
        &last.position,
        &Some(ListPosition { list: "a-list".to_owned(), sort_key: "1".to_owned() }),
    );
}

/// Columns may have names that a store uses itself or that its query language reserves.
async fn any_column_may_have_any_name(views: &dyn ViewStore, prefix: &str) {
    let key = key(prefix, "names");
    let names = ["id", "version", "list", "rank", "place", "view", "row", "columns", "pk", "sk", "name", "status"];
    let more =
        ["size", "count", "items", "data", "values", "state", "order", "user", "Grüße", "a.b", "#c", ":d", "e-f"];
    let names = || names.into_iter().chain(more);
    patch(views, &key, 0, 1, names().fold(Patch::none(), |patch, name| patch.set(name, name))).await;
    patch(views, &key, 1, 2, names().fold(Patch::none(), |patch, name| patch.set(name, 1))).await;
    patch(views, &key, 2, 3, names().fold(Patch::none(), |patch, name| patch.add(name, 1))).await;
    patch(views, &key, 3, 4, names().fold(Patch::none(), Patch::remove)).await;
    patch(views, &key, 4, 5, names().fold(Patch::none(), |patch, name| patch.append(name, name))).await;
}

async fn a_row_of_another_version_is_unchanged_and_returned(views: &dyn ViewStore, prefix: &str) {
    let (there, not_there) = (key(prefix, "other-version"), key(prefix, "missing"));
    patch(views, &there, 0, 3, Patch::none().set("text", AWKWARD).add("count", 1).list_at("guarded", "1")).await;
    let stored = row(views, &there).await;
    let change = Patch::none().set("text", "never").add("count", 1).list_at("guarded", "2");
    for (from, to) in [(0, 1), (2, 3), (4, 5), (1_000_000, 1_000_001)] {
        let answer = moved(views.patch(&there, from, to, &change).await);
        assert_same("a patch of another version returns the row of version 3", &answer, &Some(stored.clone()));
        let answer = moved(views.replace(&there, from, &Row::default()).await);
        assert_same("and so does a replacement", &answer, &Some(stored.clone()));
    }
    assert_same("it is unchanged", &row(views, &there).await, &stored);
    let answer = moved(views.patch(&not_there, 1, 2, &change).await);
    assert_same("a missing row is not patched", &answer, &Some(None));
    let answer = moved(views.replace(&not_there, 1, &Row::default()).await);
    assert_same("nor replaced", &answer, &Some(None));
    assert_same("and not created", &row(views, &not_there).await, &None);
}

async fn a_replaced_row_has_only_the_new_columns(views: &dyn ViewStore, prefix: &str) {
    let key = key(prefix, "replaced");
    let columns = |value: Value| value.as_object().cloned().unwrap_or_default();
    let place = |sort_key: &str| Some(ListPosition { list: "replaced".to_owned(), sort_key: sort_key.to_owned() });
    let first = Row { version: 4, position: place("1"), columns: columns(json!({ "old": AWKWARD, "both": [1] })) };
    must(views.replace(&key, 0, &first).await, "create a row");
    assert_same("the row", &row(views, &key).await, &Some(first));
    let second = Row { version: 9, position: None, columns: columns(json!({ "both": { "new": 1 } })) };
    must(views.replace(&key, 4, &second).await, "replace");
    assert_same("no old column is left", &row(views, &key).await, &Some(second));
    patch(views, &key, 9, 10, Patch::none().set("old", 1).list_at("replaced", "2")).await;
}

async fn of_concurrent_patches_one_wins(views: &dyn ViewStore, prefix: &str) {
    let key = key(prefix, "race");
    for version in 0..3 {
        let change = Patch::none().add("count", 1);
        let answers = join_all((0..8).map(|_| views.patch(&key, version, version + 1, &change))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        let returned = lost.into_iter().filter_map(moved).flatten().filter(|row| row.version == version + 1).count();
        assert_same("of eight patches: winners, and losers that got the row", &(won.len(), returned), &(1, 7));
    }
    let count = row(views, &key).await.and_then(|row| row.columns.get("count").cloned());
    assert_same("no patch is lost or doubled", &count, &Some(json!(3)));
}

/// Two rows and a guard. What finds the guard at another version changes nothing.
async fn rows_are_patched_together_or_not_at_all(views: &dyn ViewStore, prefix: &str) {
    let (guard, one, other) = (key(prefix, "guard"), key(prefix, "sum-1"), key(prefix, "sum-2"));
    let guard = RowKey { view: format!("{}.checkpoint", guard.view), id: format!("order/{}", guard.id) };
    let list = format!("{prefix}/sums");
    let add = |amount: i64| Patch::none().add("sum", amount).set("text", AWKWARD).list_at(&list, "1");
    let sum = async |key: &RowKey| row(views, key).await.map(|row| (row.version, row.columns.get("sum").cloned()));
    must(views.patch_all(&guard, 0, 4, &[(one.clone(), add(1))].into()).await, "patch one row");
    let both = [(one.clone(), add(10)), (other.clone(), add(-5))].into();
    must(views.patch_all(&guard, 4, 5, &both).await, "patch two rows");
    let expected = |version: u64, sum: i64| Some((version, Some(json!(sum))));
    for (from, to) in [(0, 1), (4, 5), (6, 7)] {
        let found = moved(views.patch_all(&guard, from, to, &both).await).flatten().map(|row| row.version);
        assert_same("another version returns the guard", &found, &Some(5));
    }
    assert_same("patched once", &sum(&one).await, &expected(2, 11));
    assert_same("the sum of the other row", &sum(&other).await, &expected(1, -5));
    must(views.patch_all(&guard, 5, 9, &BTreeMap::new()).await, "move the guard alone");
    assert_same("the guard", &row(views, &guard).await.map(|row| row.version), &Some(9));
    let mut listed = all(views, &one.view, &list, 1, true).await;
    listed.sort();
    assert_same("the rows are listed", &listed, &vec![one.id, other.id]);
    let missing = moved(views.patch_all(&key(prefix, "no-guard"), 1, 2, &both).await);
    assert_same("a missing guard has no version", &missing, &Some(None));
}

/// Transactions of several guards change the same row; each is tried until it is not busy.
async fn of_concurrent_transactions_each_counts_once(views: &dyn ViewStore, prefix: &str) {
    let row_key = key(prefix, "contended");
    let add = async |number: usize| {
        let guard = key(prefix, &format!("guard-{}", number % 4));
        for _ in 0..200 {
            match views.patch_all(&guard, 0, 1, &[(row_key.clone(), Patch::none().add("sum", 1))].into()).await {
                Err(PatchError::Busy { .. }) => {}
                answer => return moved(answer).is_none(),
            }
        }
        fail("a transaction is busy for ever")
    };
    let won = join_all((0..8).map(add)).await.into_iter().filter(|won| *won).count();
    let sum = row(views, &row_key).await.and_then(|row| row.columns.get("sum").cloned());
    assert_same("one transaction per guard wins, and its sum", &(won, sum), &(4, Some(json!(4))));
}

async fn a_list_is_read_by_sort_key_in_both_directions(views: &dyn ViewStore, prefix: &str) {
    let list = format!("{prefix}/directions");
    // Created in another order than their sort keys.
    let sort_keys = [("b", "2026-01-02"), ("d", "2026-01-10"), ("a", "2026-01-01"), ("c", "2026-01-03")];
    for (name, sort_key) in sort_keys {
        place(views, &key(prefix, name), 0, &list, sort_key).await;
    }
    let expected = |names: [&str; 4]| names.map(|name| key(prefix, name).id).to_vec();
    let up = Page { newest_first: false, ..Page::default() };
    let view = key(prefix, "a").view;
    let listed = must(views.list(&view, &list, &up).await, "list");
    assert_same("from the lowest sort key", &ids(&listed), &expected(["a", "b", "c", "d"]));
    let listed = must(views.list(&view, &list, &Page::default()).await, "list");
    assert_same("from the highest sort key", &ids(&listed), &expected(["d", "c", "b", "a"]));
    let rows: Vec<_> = listed.rows.iter().map(|(_, row)| row.columns.get("sort_key").cloned()).collect();
    let expected = ["2026-01-10", "2026-01-03", "2026-01-02", "2026-01-01"].map(|sort_key| Some(json!(sort_key)));
    assert_same("the rows are complete", &rows, &expected.to_vec());
    let listed = must(views.list(&view, &format!("{prefix}/nobody"), &Page::default()).await, "list");
    assert_same("an empty list", &listed, &Listed::default());
}

async fn a_list_is_read_page_by_page(views: &dyn ViewStore, prefix: &str) {
    let list = format!("{prefix}/pages");
    let names: Vec<String> = (10..17).map(|number| format!("page-{number}")).collect();
    for name in &names {
        place(views, &key(prefix, name), 0, &list, name).await;
    }
    let mut expected: Vec<String> = names.iter().map(|name| key(prefix, name).id).collect();
    for newest_first in [false, true] {
        for limit in [1, 2, 3, 7, 100] {
            let found = all(views, &key(prefix, "").view, &list, limit, newest_first).await;
            assert_same(&format!("all pages of {limit}"), &found, &expected);
        }
        expected.reverse();
    }
}

async fn equal_sort_keys_lose_no_row(views: &dyn ViewStore, prefix: &str) {
    let list = format!("{prefix}/equals");
    // Rows of streams, and rows of single events.
    let ids = ["equal-0", "equal-1", "equal-1/9", "equal-1/10", "equal-1/11"];
    let expected: Vec<String> = ids.iter().map(|id| format!("{prefix}-{id}")).collect();
    let view = key(prefix, "").view;
    for id in &expected {
        place(views, &RowKey { view: view.clone(), id: id.clone() }, 0, &list, "same").await;
    }
    for newest_first in [false, true] {
        let mut found = all(views, &view, &list, 2, newest_first).await;
        let mut expected = expected.clone();
        found.sort();
        expected.sort();
        assert_same("rows of one sort key, each once", &found, &expected);
    }
}

async fn a_moved_row_leaves_its_old_position(views: &dyn ViewStore, prefix: &str) {
    let (from, to) = (format!("{prefix}/from"), format!("{prefix}/to"));
    let (one, two) = (key(prefix, "moving"), key(prefix, "staying"));
    place(views, &one, 0, &from, "1").await;
    place(views, &two, 0, &from, "2").await;
    place(views, &one, 1, &from, "3").await;
    let listed = all(views, &one.view, &from, 10, true).await;
    assert_same("a new sort key", &listed, &vec![one.id.clone(), two.id.clone()]);
    place(views, &one, 2, &to, "1").await;
    assert_same("the old list", &all(views, &one.view, &from, 10, true).await, &vec![two.id.clone()]);
    assert_same("the new list", &all(views, &one.view, &to, 10, true).await, &vec![one.id.clone()]);
}

async fn lists_and_views_are_independent(views: &dyn ViewStore, prefix: &str) {
    let list = format!("{prefix}/mixed");
    let mine = key(prefix, "mixed");
    let other_view = RowKey { view: format!("{}-too", mine.view), ..mine.clone() };
    place(views, &mine, 0, &list, "1").await;
    place(views, &other_view, 0, &list, "1").await;
    place(views, &key(prefix, "mixed-too"), 0, &format!("{list}-too"), "1").await;
    for key in [&mine, &other_view] {
        let listed = all(views, &key.view, &list, 10, true).await;
        assert_same("one row each", &listed, &vec![mine.id.clone()]);
    }
}

async fn an_invalid_page_token_is_refused(views: &dyn ViewStore, prefix: &str) {
    for token in ["", "nonsense", "{}", "\u{0}", "🦀"] {
        let page = Page { after: Some(token.to_owned()), ..Page::default() };
        match views.list(&key(prefix, "").view, &format!("{prefix}/pages"), &page).await {
            Err(ViewError::Corrupt { .. }) => {}
            other => fail(&format!("the page token {token:?} must be refused, found {other:?}")),
        }
    }
}

/// Moves the row of version `from` to this position, and writes the sort key into a column.
async fn place(views: &dyn ViewStore, key: &RowKey, from: u64, list: &str, sort_key: &str) {
    patch(views, key, from, from + 1, Patch::none().set("sort_key", sort_key).list_at(list, sort_key)).await;
}

/// The ids of all rows, read page by page.
async fn all(views: &dyn ViewStore, view: &str, list: &str, limit: u32, newest_first: bool) -> Vec<String> {
    let mut page = Page { limit, newest_first, after: None };
    let mut found = Vec::new();
    // Each page but the last has at least one row, so no list of the suite has more pages.
    for _ in 0..20 {
        let listed = must(views.list(view, list, &page).await, "list");
        assert_same("a page keeps its limit", &(listed.rows.len() <= limit as usize), &true);
        found.extend(ids(&listed));
        match listed.next {
            Some(next) => page.after = Some(next),
            None => return found,
        }
    }
    fail("the list has no last page")
}

fn ids(listed: &Listed) -> Vec<String> {
    listed.rows.iter().map(|(id, _)| id.clone()).collect()
}
