//! What orders cost: the counts of the page are those of today, and a wrong call gets a clear error.

use causeway::{Role, Route};
use causeway_shop_cli::{
    SHOP,
    cost::{PROD, page::parts},
};
use serde_json::Value;

use crate::stage::call_at;

/// Nothing is asked there.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Counted the same in every run; the other counts depend on which of two events that were put together comes first.
const EXACT: [&str; 7] = [
    "events put",
    "timers that fire",
    "written to events",
    "written to inbox",
    "mails",
    "alarms on one metric",
    "dashboards",
];

fn in_the_house(path: &str) -> String {
    format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))
}

async fn cost(options: &[&str]) -> anyhow::Result<String> {
    let (template, prices) = (in_the_house("infra/template.yaml"), in_the_house("infra/prices.json"));
    let words = [&["cost", "--template", &template, "--prices", &prices], options].concat();
    Ok(call_at(NOWHERE, &words).await?.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_what_is_counted() {
    let page = std::fs::read_to_string(in_the_house("docs/cost.md")).expect("the page");
    let parts = parts(&page).expect("its parts");
    assert!(parts.len() > 1, "{parts:?}");
    for part in parts {
        let options: Vec<&str> = part.options.iter().map(String::as_str).collect();
        let today = cost(&options).await.expect("a bill");
        let (there, today): (Vec<&str>, Vec<&str>) = (part.text.lines().collect(), today.lines().collect());
        assert_eq!(there.len(), today.len(), "{options:?}: run `causeway cost --write docs/cost.md`");
        for (there, today) in there.into_iter().zip(today) {
            assert!(
                is_alike(there, today),
                "{options:?}: the page has
{there}
and the count is
{today}\nrun `causeway cost --write docs/cost.md`"
            );
        }
    }
}

#[test]
fn a_page_that_says_something_else_is_seen() {
    let today = "EventBridge  events put  14  64 KB chunks  14.00";
    assert!(is_alike(today, today));
    assert!(!is_alike("EventBridge  events put  13  64 KB chunks  14.00", today));
    assert!(!is_alike("EventBridge  events sent  14  64 KB chunks  14.00", today));
    assert!(is_alike("DynamoDB  read from events  12.5  units  1.56", "DynamoDB  read from events  12.45 units  1.55"));
    assert!(!is_alike("DynamoDB  read from events  12.5  units  1.56", "DynamoDB  read from events  15  units  1.88"));
}

#[test]
fn the_bill_is_for_the_stack_that_is_deployed_to_prod() {
    let deployed = std::fs::read_to_string(in_the_house("samconfig.toml")).expect("the stages");
    let parameters = format!("parameter_overrides = \"{}\"", PROD.join(" "));
    assert!(deployed.contains(&parameters), "samconfig.toml has no {parameters}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_an_order_is_one_write_and_every_request_has_its_owner() {
    let counted = cost(&["--orders", "3", "--lines", "3", "--json"]).await.expect("a bill");
    let counted: Value = serde_json::from_str(&counted).expect("JSON");
    let counted = &counted["counted"];
    let relayed = counted["functions"]["relay"]["records"].as_u64().expect("records");
    let calls = |function: &str, operation: &str| counted["calls"][function][operation].as_u64().unwrap_or_default();
    let routes = (SHOP.routes)();
    let writers = routes.iter().filter(|route| route.role != Role::Project);
    let mut written = 0;
    for function in writers.map(Route::function) {
        let runs = counted["functions"][&function]["runs"].as_u64().unwrap_or_default();
        let writes = calls(&function, "PutItem") + calls(&function, "TransactWriteItems");
        let for_one = match function.as_str() {
            // The inbox takes two.
            mail if mail.starts_with("notification-") => 3,
            // What was shipped since has changed the stream, so the first write of the warm state fails.
            "inventory-on-reserve-stock" => 2,
            // From outside, so their outcomes are recorded.
            "order-on-place-order" | "shipment-on-confirm-delivery" => 2,
            // No pattern goes on from these orders.
            "fraud-on-order-placed" => 0,
            _ => 1,
        };
        assert_eq!(writes, runs * for_one, "{function}: {counted}");
        written += if for_one == 0 { 0 } else { runs };
    }
    assert_eq!(written, relayed, "what is in the log is relayed, and nothing else: {counted}");
    assert_eq!(calls("notification-on-order-confirmed", "SendEmail"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_refused_is_told_so_and_counted_too() {
    let counted = cost(&["--orders", "2", "--refused", "50", "--json"]).await.expect("a bill");
    let counted: Value = serde_json::from_str(&counted).expect("JSON");
    let told = |function: &str| counted["counted"]["functions"][function]["runs"].as_u64().unwrap_or_default();
    assert_eq!((told("notification-on-order-confirmed"), told("notification-on-order-cancelled")), (1, 1));
    // The line in stock gives back what it holds. The other may be asked, too, by what is heard first, and has nothing.
    let asked = told("inventory-on-release-stock");
    assert!((1..=2).contains(&asked), "{asked}");
    assert_eq!(told("inventory-on-stock-released"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_call_is_told_what_is_wrong() {
    for (options, words) in [
        (vec!["--region", "mars-1"], "--region is one of us-east-1"),
        (vec!["--parameter", "Stage=moon"], "Stage"),
        (vec!["--parameter", "Stage"], "write NAME=VALUE"),
        (vec!["--orders", "0"], "--orders"),
        (vec!["--lines", "21"], "--lines 21 is more than --products 20"),
        (vec!["--write", "nowhere.md"], "cannot read the page nowhere.md"),
    ] {
        let error = format!("{:#}", cost(&options).await.expect_err("it is wrong"));
        assert!(error.contains(words), "{options:?}: {error}");
    }
    let error = call_at(NOWHERE, &["cost", "--prices", "nowhere.json"]).await.expect_err("no prices");
    assert!(format!("{error:#}").contains("give the file with --prices"), "{error:#}");
}

/// The same words, and the same numbers as far as they are the same in every run.
fn is_alike(there: &str, today: &str) -> bool {
    let is_exact = EXACT.iter().any(|what| today.contains(what));
    // These hear of one commit by several events, in any order.
    let slack = if today.starts_with("fulfilment-on-fulfilment-") { 1.0 } else { 0.02 };
    let is_near = |there: &str, today: &str| match (number(there), number(today)) {
        (Some(one), Some(other)) if !is_exact => (one - other).abs() <= 0.1 * one.abs().max(other.abs()) + slack,
        _ => there == today,
    };
    let (there, today): (Vec<&str>, Vec<&str>) =
        (there.split_whitespace().collect(), today.split_whitespace().collect());
    there.len() == today.len() && there.iter().zip(&today).all(|(there, today)| is_near(there, today))
}

fn number(word: &str) -> Option<f64> {
    word.trim_start_matches('<').parse().ok()
}
