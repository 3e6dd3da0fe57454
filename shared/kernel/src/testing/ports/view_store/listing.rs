//! Listing: by rank, page by page, and each row once.

use serde_json::json;

use super::{key, patch};
use crate::{
    testing::{
        diff::{assert_same, fail},
        ports::fixture::must,
    },
    view::view_store::{Listed, Page, Patch, RowKey, ViewError, ViewStore},
};

pub(super) async fn a_list_is_read_by_rank_in_both_directions(views: &dyn ViewStore, prefix: &str) {
    let list = format!("{prefix}/directions");
    // Made in another order than they are ranked.
    let ranks = [("b", "2026-01-02"), ("d", "2026-01-10"), ("a", "2026-01-01"), ("c", "2026-01-03")];
    for (name, rank) in ranks {
        place(views, &key(prefix, name), 0, &list, rank).await;
    }
    let expected = |names: [&str; 4]| names.map(|name| key(prefix, name).id).to_vec();
    let up = Page { newest_first: false, ..Page::default() };
    let view = key(prefix, "a").view;
    let listed = must(views.list(&view, &list, &up).await, "list");
    assert_same("from the lowest rank", &ids(&listed), &expected(["a", "b", "c", "d"]));
    let listed = must(views.list(&view, &list, &Page::default()).await, "list");
    assert_same("from the highest rank", &ids(&listed), &expected(["d", "c", "b", "a"]));
    let rows: Vec<_> = listed.rows.iter().map(|(_, row)| row.columns.get("rank").cloned()).collect();
    let expected = ["2026-01-10", "2026-01-03", "2026-01-02", "2026-01-01"].map(|rank| Some(json!(rank)));
    assert_same("the rows are whole", &rows, &expected.to_vec());
    let listed = must(views.list(&view, &format!("{prefix}/nobody"), &Page::default()).await, "list");
    assert_same("a list nobody stands in", &listed, &Listed::default());
}

pub(super) async fn a_list_is_read_page_by_page(views: &dyn ViewStore, prefix: &str) {
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

pub(super) async fn equal_ranks_lose_no_row(views: &dyn ViewStore, prefix: &str) {
    let list = format!("{prefix}/equals");
    let names: Vec<String> = (0..5).map(|number| format!("equal-{number}")).collect();
    for name in &names {
        place(views, &key(prefix, name), 0, &list, "same").await;
    }
    for newest_first in [false, true] {
        let mut found = all(views, &key(prefix, "").view, &list, 2, newest_first).await;
        found.sort();
        let expected: Vec<String> = names.iter().map(|name| key(prefix, name).id).collect();
        assert_same("rows of one rank, each once", &found, &expected);
    }
}

pub(super) async fn a_row_leaves_its_old_place(views: &dyn ViewStore, prefix: &str) {
    let (from, to) = (format!("{prefix}/from"), format!("{prefix}/to"));
    let (one, two) = (key(prefix, "moving"), key(prefix, "staying"));
    place(views, &one, 0, &from, "1").await;
    place(views, &two, 0, &from, "2").await;
    place(views, &one, 1, &from, "3").await;
    let listed = all(views, &one.view, &from, 10, true).await;
    assert_same("ranked anew", &listed, &vec![one.id.clone(), two.id.clone()]);
    place(views, &one, 2, &to, "1").await;
    assert_same("left", &all(views, &one.view, &from, 10, true).await, &vec![two.id.clone()]);
    assert_same("arrived", &all(views, &one.view, &to, 10, true).await, &vec![one.id.clone()]);
}

pub(super) async fn lists_and_views_do_not_mix(views: &dyn ViewStore, prefix: &str) {
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

pub(super) async fn a_page_mark_of_somebody_else_is_refused(views: &dyn ViewStore, prefix: &str) {
    for mark in ["", "nonsense", "{}", "\u{0}", "🦀"] {
        let page = Page { after: Some(mark.to_owned()), ..Page::default() };
        match views.list(&key(prefix, "").view, &format!("{prefix}/pages"), &page).await {
            Err(ViewError::Corrupt { .. }) => {}
            other => fail(&format!("the page mark {mark:?} is nobody's, but the answer is {other:?}")),
        }
    }
}

/// Places the row, which stands at this version, and writes its rank into it.
async fn place(views: &dyn ViewStore, key: &RowKey, from: u64, list: &str, rank: &str) {
    patch(views, key, from, from + 1, Patch::none().set("rank", rank).list_at(list, rank)).await;
}

/// The ids of all rows, read page by page.
async fn all(views: &dyn ViewStore, view: &str, list: &str, limit: u32, newest_first: bool) -> Vec<String> {
    let mut page = Page { limit, newest_first, after: None };
    let mut found = Vec::new();
    // Each page but the last has a row at least, so no list of the suite has more pages.
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
