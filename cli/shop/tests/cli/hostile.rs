//! Event bodies with control characters: no command prints one of them.

use causeway_cli::{output::escape, samples};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::stage::Stage;

/// What a terminal would interpret, or display as something else.
const HOSTILE: [&str; 20] = [
    "\u{1b}[31mred\u{1b}[0m",
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}[10A\u{1b}[K",
    "\u{1b}]8;;http://example.com\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;aGVsbG8=\u{7}",
    "\u{1b}]0;title\u{7}",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{9b}31m",
    "\u{9d}0;title\u{9c}",
    "\u{202e}desrever\u{202c}",
    "\u{2066}isolated\u{2069}",
    "\u{200e}\u{200f}\u{61c}",
    "zero\u{200b}width\u{200d}\u{feff}",
    "line\u{2028}paragraph\u{2029}",
    "nul\0",
    "lone\rreturn",
    "back\u{8}\u{8}space",
    "del\u{7f}",
    "tab\tvertical\u{b}form\u{c}",
    "tags\u{e0041}\u{e007f}",
];

fn is_forbidden(character: char) -> bool {
    let invisible = matches!(character,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    invisible || (character.is_control() && character != '\n')
}

/// What a command prints, or its error as `main` prints it, without any forbidden character. JSON must be valid.
async fn printed(stage: &Stage, words: &[&str]) -> String {
    let text = match stage.call(words).await {
        Ok(printed) => {
            if words.contains(&"--json") {
                let lines = printed.text.lines().map(serde_json::from_str::<IgnoredAny>);
                lines.collect::<Result<Vec<_>, _>>().unwrap_or_else(|error| panic!("{words:?}: {error}"));
            }
            printed.text
        }
        Err(error) => escape(&format!("{error:#}")).into_owned(),
    };
    let found: Vec<char> = text.chars().filter(|character| is_forbidden(*character)).take(5).collect();
    assert!(found.is_empty(), "{words:?} prints {found:?}");
    text
}

/// A hundred texts: each of the above alone, in pairs, in the middle of words, repeated, and one of a megabyte.
fn bodies() -> Vec<String> {
    let variants = HOSTILE.iter().zip(HOSTILE.iter().cycle().skip(7)).flat_map(|(one, other)| {
        [
            (*one).to_owned(),
            format!("{one}{other}"),
            format!("a{one}b ü 🦀 {other}c"),
            one.repeat(30),
            format!("{other}\n{one}"),
        ]
    });
    variants.collect()
}

fn placed(text: &str, number: usize) -> Value {
    let (stock, entries) = (samples::find("OrderPlaced").expect("a sample").text, "entries");
    let mut entry = serde_json::from_str::<Value>(stock).expect(entries)[0].clone();
    let mut detail: Value = serde_json::from_str(entry["Detail"].as_str().expect("a detail")).expect("JSON");
    detail["eventId"] = json!(format!("hostile-{number}"));
    detail["note"] = json!(text);
    detail["data"]["note"] = json!(text);
    detail["data"]["lines"] = json!(text);
    entry["Detail"] = json!(detail.to_string());
    entry
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_prints_a_control_character_of_an_event() {
    let stage = Stage::open().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut entries: Vec<Value> = bodies().iter().zip(0..).map(|(text, number)| placed(text, number)).collect();
    assert_eq!(entries.len(), 100);
    // A lone surrogate is valid in the text of JSON and in no string.
    let mut surrogate = placed("SURROGATE", 100);
    surrogate["Detail"] = json!(surrogate["Detail"].as_str().expect("text").replace("SURROGATE", "\\ud800 \\udc00"));
    entries.push(surrogate);
    for (field, text) in [("Source", HOSTILE[0]), ("DetailType", HOSTILE[5]), ("DetailType", HOSTILE[9])] {
        let mut entry = placed("plain", 200);
        entry[field] = json!(text);
        entries.push(entry);
    }
    // Longer than an entry may be: the bus rejects it, and the rejection is printed.
    entries.push(placed(&HOSTILE[0].repeat(100_000), 300));
    let file = folder.path().join("hostile.json");
    let file = file.to_str().expect("a path");
    for entry in &entries {
        std::fs::write(file, json!([entry]).to_string()).expect("written");
        for words in [&["put", file, "--as-is"][..], &["put", file, "--json"]] {
            printed(&stage, words).await;
        }
    }
    for text in HOSTILE {
        let set = format!("note={text}");
        for words in [["put", "OrderPlaced", "--set", &set], ["put", "OrderPlaced", "--bus", text]] {
            printed(&stage, &words).await;
        }
        // A command whose text comes back in the rejection, in the log, in the view and in the mailbox.
        let order = format!("orderId=o-{}", text.len());
        let sku = format!("lines.0.sku={text}");
        printed(&stage, &["put", "PlaceOrder", "--set", &order, "--set", &sku]).await;
    }
    let watched = ["tail", "--count", "40"];
    let putting = async {
        loop {
            for entry in &entries[..100] {
                std::fs::write(file, json!([entry]).to_string()).expect("written");
                drop(stage.call(&["put", file]).await);
            }
        }
    };
    let tailed = tokio::select! {
        text = printed(&stage, &watched) => text,
        () = putting => String::new(),
    };
    assert!(tailed.lines().count() >= 40, "{tailed}");
    for words in [
        &["dlq", "ls"][..],
        &["timers", "ls"],
        &["rules"],
        &["history", "order/o-12"],
        &["history", "order/o-12", "--full"],
        &["state", "order/o-12"],
        &["trace", "order/o-12"],
        &["pattern", r#"{"source":["\u001b[31m"]}"#, "--event", file],
        &["history", "order/\u{1b}[31m"],
        &["rules", "\u{1b}[31m\u{202e}"],
    ] {
        printed(&stage, words).await;
        printed(&stage, &[words, &["--json"]].concat()).await;
    }
    stage.close().await;
}

/// A text of three of them with letters between.
fn mixed(number: usize) -> String {
    let piece = |step: usize| HOSTILE[(number / 10_usize.pow(step as u32) + step * number) % HOSTILE.len()];
    format!("a{}b{}c{}d", piece(0), piece(1), piece(2))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_prints_a_control_character_of_a_stored_event_or_a_dead_letter() {
    let stage = Stage::open().await;
    let queue = stage.running.queues.iter().find(|known| known.name.contains("Order")).expect("the queue").url.clone();
    let sqs = aws_sdk_sqs::Client::new(stage.running.apps.sdk());
    for number in 0..100 {
        let text = mixed(number);
        let address = json!({ "name": text, "street": text, "postalCode": "10115", "city": "Berlin", "country": "DE" });
        let set = format!("shippingAddress={address}");
        let order = format!("orderId=o-{number}");
        stage.output(&["put", "PlaceOrder", "--set", &order, "--set", &set]).await;
        let body = json!({
            "reason": text, "explanation": text, "consumer": text, "at": "2026-11-21T05:00:00Z",
            "message": { "id": text, "source": text, "detail-type": text, "time": "2026-11-21T05:00:00Z", "detail": text },
        });
        let body = if number == 99 { json!("x".repeat(200_000) + &text) } else { body };
        sqs.send_message().queue_url(&queue).message_body(body.to_string()).send().await.expect("a dead letter");
    }
    let letters = stage.json(&["dlq", "ls"]).await;
    assert!(letters.len() >= 99, "{} dead letters", letters.len());
    let mut all = String::new();
    for number in 0..100 {
        let stream = format!("order/o-{number}");
        for words in [["history", &stream], ["state", &stream], ["trace", &stream]] {
            all += &printed(&stage, &words).await;
            all += &printed(&stage, &[words.as_slice(), &["--json"]].concat()).await;
        }
    }
    // Each call waits a second for the end of the queues, so every third is shown; `dlq ls` below lists all.
    for letter in letters.iter().step_by(3) {
        all += &printed(&stage, &["dlq", "show", letter["id"].as_str().expect("an id")]).await;
    }
    for words in [&["dlq", "ls"][..], &["timers", "ls"], &["rules", "OrderPlaced"]] {
        all += &printed(&stage, words).await;
    }
    assert!(all.contains("\\u{1b}[2J") && all.contains("\\u{202e}"), "the hostile texts were not printed at all");
    stage.close().await;
}
