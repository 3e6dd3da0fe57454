//! The whole of Causeway in this process: through the port, the functions and back.

use std::path::Path;

use causeway::demo;
use causeway::up::Running;
use causeway::up::Up;
use causeway::up::start;
use domain::order::OrderStatus;
use domain::order::OrderSummary;

fn wanted(data: Option<&Path>) -> Up {
    Up {
        port: 0,
        data: data.map(Path::to_owned).unwrap_or_default(),
        fresh: false,
        memory: data.is_none(),
        speed: None,
        paused: false,
        binaries: None,
        template: Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml"),
        demo: false,
        fault: Vec::new(),
        seed: None,
        verbose: false,
    }
}

async fn played(running: &Running) -> demo::Summary {
    let mut lines = Vec::new();
    match demo::play(running, |line| lines.push(line.to_owned())).await {
        Ok(summary) => summary,
        Err(error) => panic!("{error:#}\n{}", lines.join("\n")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_put_through_the_port_is_confirmed_and_its_buyer_is_told() {
    let running = start(&wanted(None)).await.expect("the cloud starts");
    let summary = played(&running).await;
    assert_eq!(summary.status, OrderStatus::Confirmed);
    assert_eq!(summary.mailed_to, "ada@example.com");
    assert_eq!(summary.failures, 0);
    running.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_with_the_same_folder_knows_what_the_first_one_did() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = start(&wanted(Some(folder.path()))).await.expect("the cloud starts");
    let order = played(&first).await.order;
    let twice = start(&wanted(Some(folder.path()))).await.err().expect("one folder has one cloud");
    assert!(format!("{twice:#}").contains("in use by another process"), "{twice:#}");
    first.cloud.stop().await;
    drop(first.connected);

    let second = start(&wanted(Some(folder.path()))).await.expect("the cloud starts again");
    let app = second.connected.app("order-on-order-confirmed").expect("the template has it");
    let row = app.row::<OrderSummary>(&order).await.expect("the views answer");
    assert_eq!(row.map(|row| row.status), Some(OrderStatus::Confirmed));
    assert_eq!(played(&second).await.failures, 0);
    second.cloud.stop().await;
}
