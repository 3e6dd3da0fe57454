//! A second start with the same folder.

use causeway_cli::up::start;
use domain::order::{OrderStatus, OrderSummary};

use super::{told, wanted};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_with_the_same_folder_knows_what_the_first_one_did_and_plays_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = start(&wanted(Some(folder.path()))).await.expect("the cloud starts");
    let (summary, _) = told(&first).await;
    let order = summary.stories[0].orders[0].clone();
    let twice = start(&wanted(Some(folder.path()))).await.err().expect("one folder has one cloud");
    assert!(format!("{twice:#}").contains("in use by another process"), "{twice:#}");
    let next = summary.next(&wanted(Some(folder.path())));
    assert!(next.contains(&format!("causeway up --data {}", folder.path().display())), "{next}");
    assert!(next.contains(&format!("causeway trace order/{}", summary.stories[1].orders[0])), "{next}");
    first.cloud.stop().await;
    drop(first.apps);

    let second = start(&wanted(Some(folder.path()))).await.expect("the cloud starts again");
    let app = second.apps.app("order-on-order-confirmed").expect("the template has it");
    let row = app.row::<OrderSummary>(&order).await.expect("the views answer");
    assert_eq!(row.map(|row| row.status), Some(OrderStatus::Confirmed));
    let (again, _) = told(&second).await;
    assert_ne!(again.stories[0].orders, summary.stories[0].orders);
    second.cloud.stop().await;
}
