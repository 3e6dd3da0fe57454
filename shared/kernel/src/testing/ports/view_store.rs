//! What any views must do.

mod listing;
mod patching;

use super::fixture::{message_id, must};
use crate::{
    testing::diff::assert_same,
    view::view_store::{Patch, PatchError, Row, RowKey, ViewStore},
};

/// Tries views. The prefix keeps its rows apart from those of other runs.
pub async fn view_store(views: &dyn ViewStore, prefix: &str) {
    patching::a_row_is_made_and_moved(views, prefix).await;
    patching::every_change_does_what_it_says(views, prefix).await;
    patching::any_column_may_have_any_name(views, prefix).await;
    patching::a_row_elsewhere_is_left_alone_and_shown(views, prefix).await;
    patching::a_replaced_row_is_the_new_one_whole(views, prefix).await;
    patching::of_many_patches_one_wins(views, prefix).await;
    listing::a_list_is_read_by_rank_in_both_directions(views, prefix).await;
    listing::a_list_is_read_page_by_page(views, prefix).await;
    listing::equal_ranks_lose_no_row(views, prefix).await;
    listing::a_row_leaves_its_old_place(views, prefix).await;
    listing::lists_and_views_do_not_mix(views, prefix).await;
    listing::a_page_mark_of_somebody_else_is_refused(views, prefix).await;
}

fn key(prefix: &str, name: &str) -> RowKey {
    RowKey { view: format!("{prefix}-view"), id: message_id(prefix, name).as_str().to_owned() }
}

/// Patches what must stand there, and checks that the row becomes what the patch says.
async fn patch(views: &dyn ViewStore, key: &RowKey, from: u64, to: u64, patch: Patch) {
    let mut expected = row(views, key).await.unwrap_or_default();
    expected.apply(to, patch.clone());
    must(views.patch(key, from, to, &patch).await, "patch");
    assert_same("the patched row", &row(views, key).await, &Some(expected));
}

async fn row(views: &dyn ViewStore, key: &RowKey) -> Option<Row> {
    must(views.get(key).await, "get")
}

/// What was found, where a row was to stand elsewhere.
fn moved(answer: Result<(), PatchError>) -> Option<Option<Row>> {
    match answer {
        Err(PatchError::Moved { found, .. }) => Some(found),
        Ok(()) | Err(PatchError::View(_)) => None,
    }
}
