//! Rows of views: one by its key, and lists page by page.

use causeway_cli::command_status::CommandStatus;
use serde_json::json;

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_a_view_is_printed_by_its_key() {
    let (stage, order) = Stage::with_confirmed_order().await;
    let row = &stage.json(&["view", "order-details", &order]).await[0];
    assert_eq!((&row["id"], &row["columns"]["status"]), (&json!(order), &json!("completed")));
    assert_eq!((&row["version"], &row["list"]), (&json!(6), &json!("status/completed")));
    let printed = stage.output(&["view", "stock", "mug"]).await.text;
    assert!(printed.starts_with("stock/mug after version ") && printed.contains("\"available\": 38"), "{printed}");
    let missing = stage.output(&["view", "order-details", "nobody"]).await;
    assert_eq!((missing.ended, missing.text.contains("has no row nobody")), (CommandStatus::NotFound, true));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_printed_newest_first_and_continued_by_its_token() {
    let (stage, order) = Stage::with_confirmed_order().await;
    let listed = stage.json(&["list", "order-details", "status/completed"]).await;
    assert_eq!(listed.iter().map(|row| &row["id"]).collect::<Vec<_>>(), [&json!(order)]);
    assert_eq!(stage.output(&["list", "order-details", "status/placed"]).await.ended, CommandStatus::NotFound);
    stage.output(&["put", "ReceiveStock", "--set", "sku=tea"]).await;
    while stage.output(&["view", "stock", "tea"]).await.ended == CommandStatus::NotFound {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let all: Vec<_> = stage.json(&["list", "stock", "all"]).await.into_iter().map(|row| row["id"].clone()).collect();
    let mut reversed = stage.json(&["list", "stock", "all", "--oldest-first"]).await;
    reversed.reverse();
    assert_eq!(reversed.into_iter().map(|row| row["id"].clone()).collect::<Vec<_>>(), all);
    assert!(all.len() > 1, "{all:?}");

    let mut paged = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut words = vec!["list", "stock", "all", "--limit", "1"];
        words.extend(token.iter().flat_map(|token| ["--after", token.as_str()]));
        paged.extend(stage.json(&words).await.into_iter().map(|row| row["id"].clone()));
        let printed = stage.output(&words).await.text;
        let next = printed.lines().find_map(|line| line.strip_prefix("… continue with --after "));
        let Some(next) = next.map(str::to_owned) else { break };
        token = Some(next);
    }
    assert_eq!(paged, all);
    let error = stage.call(&["list", "stock", "all", "--after", "no token"]).await.expect_err("no token");
    assert!(format!("{error:#}").contains("page token"), "{error:#}");
    stage.close().await;
}
