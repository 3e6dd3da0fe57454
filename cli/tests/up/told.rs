//! The stories of the demo: what they show, while all is well and while much goes wrong, and when they cannot end.

use std::time::Duration;

use aws_sdk_eventbridge::Client;
use causeway_cli::{
    demo::Patience,
    up::{Up, start},
};

use super::{played, told, wanted};

#[tokio::test(flavor = "multi_thread")]
async fn all_stories_end_as_told_and_what_happens_is_seen() {
    let running = start(&wanted(None)).await.expect("the cloud starts");
    let (summary, shown) = told(&running).await;
    assert_eq!(summary.stories.iter().map(|played| played.story).collect::<Vec<_>>(), [1, 3, 7]);
    for played in &summary.stories {
        assert_eq!((played.tally.retries, played.tally.given_up, played.dead_letters), (0, 0, 0), "{shown}");
        assert!(played.tally.events >= 13 && played.tally.invokes >= 13, "{played:?}");
    }
    for line in [
        "\u{1b}[1mStory 3: the second line is out of stock\u{1b}[0m",
        "PlaceOrder → OrderPlaced",
        "ReleaseStock → StockReleased",
        "StockReservationFailed → FulfilmentCompensating",
        "placed 50 · held  1 · refused 49 · confirmed  1 · cancelled 49 · mails 50",
        "0 available, 1 held, and never fewer than 0 available",
        "50 buyers have one mail each",
    ] {
        assert!(shown.contains(line), "{line:?} is not in\n{shown}");
    }
    running.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stories_end_as_told_while_messages_are_lost_doubled_late_and_refused() {
    let fault = vec!["duplicate=0.2,delay=0.1,drop=0.1,throttle=0.02,error@dynamodb=0.02,partial=0.1".to_owned()];
    let faulty = Up { fault, seed: Some(3), speed: Some(30.0), ..wanted(None) };
    let running = start(&faulty).await.expect("the cloud starts");
    let (summary, shown) = told(&running).await;
    assert!(summary.stories.iter().all(|played| played.tally.faults > 0), "{shown}");
    assert!(shown.contains("FAULT    duplicate: "), "{shown}");
    running.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_that_cannot_end_says_where_its_order_stands_and_what_was_expected() {
    let running = start(&wanted(None)).await.expect("the cloud starts");
    let client = Client::new(running.apps.sdk());
    let rules = client.list_rules().event_bus_name("causeway").send().await.expect("rules");
    let deaf = rules.rules().iter().filter_map(|rule| rule.name()).find(|name| name.contains("ConfirmOrder"));
    let deaf = deaf.expect("somebody hears ConfirmOrder");
    client.disable_rule().event_bus_name("causeway").name(deaf).send().await.expect("it is disabled");

    let brief = Duration::from_secs(2);
    let (summary, shown) = played(&running, &Patience { with_orders: brief, with_rest: brief }).await;
    let first = &summary.stories[0];
    assert!(!summary.is_as_told() && !first.as_told, "{shown}");
    let missing = summary.missing();
    assert!(missing.starts_with("story 1 did not end as told: waited 2 seconds in vain; order demo-1-"), "{missing}");
    assert!(missing.contains("is placed, its fulfilment is under way; expected: confirmed"), "{missing}");
    assert!(missing.contains("no mail about order demo-1-"), "{missing}");
    assert!(shown.contains("✗ NOT AS TOLD:"), "{shown}");
    assert!(summary.to_string().contains("NOT AS TOLD"), "{summary}");
    running.cloud.stop().await;
}
