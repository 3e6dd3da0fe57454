//! Patching: under the guard of the version, and exactly what was said.

use futures::future::join_all;
use serde_json::{Value, json};

use super::{key, moved, patch, row};
use crate::{
    testing::{
        diff::assert_same,
        ports::fixture::{AWKWARD, must},
    },
    view::view_store::{ListPosition, Patch, Row, ViewStore},
};

pub(super) async fn a_row_is_made_and_moved(views: &dyn ViewStore, prefix: &str) {
    let key = key(prefix, "made");
    assert_same("a row nobody made", &row(views, &key).await, &None);
    patch(views, &key, 0, 1, Patch::none().set("text", "first")).await;
    patch(views, &key, 1, 2, Patch::none()).await;
    patch(views, &key, 2, 5, Patch::none().set("text", "second")).await;
    let columns = [("text".to_owned(), json!("second"))].into_iter().collect();
    assert_same("the row", &row(views, &key).await, &Some(Row { version: 5, position: None, columns }));
}

pub(super) async fn every_change_does_what_it_says(views: &dyn ViewStore, prefix: &str) {
    let key = key(prefix, "changes");
    let values = json!({ "list": [1, "2", null, [], {}], "deep": { "🦀": AWKWARD }, "yes": true, "half": 0.5 });
    let patches = [
        Patch::none().set("values", &values).set("most", u64::MAX).set("least", i64::MIN).set("empty", ""),
        Patch::none().set("nothing", Value::Null).set("text", AWKWARD).set("object", json!({})).set("list", json!([])),
        Patch::none().add("count", 3).append("history", json!({ "at": 1 })),
        Patch::none().add("count", -5).append("history", "two").append("list", 1),
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
        "the place stays",
        &last.position,
        &Some(ListPosition { list: "a-list".to_owned(), sort_key: "1".to_owned() }),
    );
}

/// A row may have columns that a store uses itself or that its language reserves.
pub(super) async fn any_column_may_have_any_name(views: &dyn ViewStore, prefix: &str) {
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

pub(super) async fn a_row_elsewhere_is_left_alone_and_shown(views: &dyn ViewStore, prefix: &str) {
    let (there, not_there) = (key(prefix, "elsewhere"), key(prefix, "not-there"));
    patch(views, &there, 0, 3, Patch::none().set("text", AWKWARD).add("count", 1).list_at("guarded", "1")).await;
    let stands = row(views, &there).await;
    let change = Patch::none().set("text", "never").add("count", 1).list_at("guarded", "2");
    for (from, to) in [(0, 1), (2, 3), (4, 5), (1_000_000, 1_000_001)] {
        let answer = moved(views.patch(&there, from, to, &change).await);
        assert_same("a row that stands at 3 is shown to a patch from elsewhere", &answer, &Some(stands.clone()));
        let answer = moved(views.replace(&there, from, &Row { version: to, ..Row::default() }).await);
        assert_same("and to a row from elsewhere", &answer, &Some(stands.clone()));
    }
    assert_same("it is left alone", &row(views, &there).await, &stands);
    let answer = moved(views.patch(&not_there, 1, 2, &change).await);
    assert_same("a row that is not there is not patched", &answer, &Some(None));
    let answer = moved(views.replace(&not_there, 1, &Row { version: 2, ..Row::default() }).await);
    assert_same("nor replaced", &answer, &Some(None));
    assert_same("and not made", &row(views, &not_there).await, &None);
}

pub(super) async fn a_replaced_row_is_the_new_one_whole(views: &dyn ViewStore, prefix: &str) {
    let key = key(prefix, "replaced");
    let columns = |value: Value| value.as_object().cloned().unwrap_or_default();
    let place = |sort_key: &str| Some(ListPosition { list: "replaced".to_owned(), sort_key: sort_key.to_owned() });
    let first = Row { version: 4, position: place("1"), columns: columns(json!({ "old": AWKWARD, "both": [1] })) };
    must(views.replace(&key, 0, &first).await, "make a row whole");
    assert_same("the row", &row(views, &key).await, &Some(first));
    let second = Row { version: 9, position: None, columns: columns(json!({ "both": { "new": 1 } })) };
    must(views.replace(&key, 4, &second).await, "replace");
    assert_same("nothing of the old row is left", &row(views, &key).await, &Some(second));
    patch(views, &key, 9, 10, Patch::none().set("old", 1).list_at("replaced", "2")).await;
}

pub(super) async fn of_many_patches_one_wins(views: &dyn ViewStore, prefix: &str) {
    let key = key(prefix, "race");
    for version in 0..3 {
        let change = Patch::none().add("count", 1);
        let answers = join_all((0..8).map(|_| views.patch(&key, version, version + 1, &change))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        let shown = lost.into_iter().filter_map(moved).flatten().filter(|row| row.version == version + 1).count();
        assert_same("of eight patches those that won, and those that were shown the row", &(won.len(), shown), &(1, 7));
    }
    let count = row(views, &key).await.and_then(|row| row.columns.get("count").cloned());
    assert_same("no patch is lost or doubled", &count, &Some(json!(3)));
}
