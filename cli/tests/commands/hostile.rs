//! Hostile texts in events and dead letters: no command lets them change the terminal.

use serde_json::json;

use crate::stage::Stage;

const PIECES: [&str; 10] = [
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]8;;http://example.com\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;AAAA\u{7}",
    "\u{9b}31m\u{85}",
    "\u{202e}\u{2066}\u{200f}\u{61c}",
    "\0\u{7f}\u{8}",
    "\rroot# ",
    "\u{200b}\u{2028}\u{feff}",
    "\u{1b}[31;1mred\u{1b}[?1049h",
];

/// A text of three pieces with what every terminal can show between them.
fn hostile(number: usize) -> String {
    let piece = |step: usize| PIECES[(number / 10_usize.pow(step as u32) + step * number) % PIECES.len()];
    format!("a{}b{}c{}d", piece(0), piece(1), piece(2))
}

fn changes_a_terminal(letter: char) -> bool {
    (letter.is_control() && letter != '\n')
        || matches!(letter,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_hostile_texts_leave_the_terminal_as_it_was() {
    let stage = Stage::open().await;
    let queue = stage.running.queues.iter().find(|known| known.name.contains("Order")).expect("the queue").url.clone();
    let sqs = aws_sdk_sqs::Client::new(stage.running.connected.sdk());
    for number in 0..100 {
        let text = hostile(number);
        let address = json!({ "name": text, "street": text, "postalCode": "10115", "city": "Berlin", "country": "DE" });
        let set = format!("shippingAddress={address}");
        let order = format!("orderId=o-{number}");
        stage.says(&["put", "PlaceOrder", "--set", &order, "--set", &set]).await;
        let body = json!({
            "reason": text, "explanation": text, "consumer": text, "at": "2026-11-21T05:00:00Z",
            "message": { "id": text, "source": text, "detail-type": text, "time": "2026-11-21T05:00:00Z", "detail": text },
        });
        let body = if number == 99 { json!("x".repeat(200_000) + &text) } else { body };
        sqs.send_message().queue_url(&queue).message_body(body.to_string()).send().await.expect("a dead letter");
    }
    let letters = stage.json(&["dlq", "ls"]).await;
    assert!(letters.len() >= 99, "{} dead letters", letters.len());
    let mut shown = String::new();
    for number in 0..100 {
        let stream = format!("order/o-{number}");
        for words in [["history", &stream], ["state", &stream], ["trace", &stream]] {
            for words in [words.to_vec(), [words.as_slice(), &["--json"]].concat()] {
                match stage.call(&words).await {
                    Ok(said) => shown.push_str(&said.text),
                    Err(error) => shown.push_str(&causeway_cli::screen::printable(&format!("{error:#}"))),
                }
            }
        }
    }
    for letter in &letters {
        let id = letter["id"].as_str().expect("an id");
        shown.push_str(&stage.says(&["dlq", "show", id]).await.text);
    }
    for words in [&["dlq", "ls"][..], &["timers", "ls"], &["rules", "OrderPlaced"]] {
        shown.push_str(&stage.says(words).await.text);
    }
    let bad: Vec<char> = shown.chars().filter(|letter| changes_a_terminal(*letter)).take(5).collect();
    assert!(bad.is_empty(), "{bad:?} reached the terminal");
    assert!(shown.contains("\\u{1b}[2J") && shown.contains("\\u{202e}"), "the hostile texts were not shown at all");
    stage.close().await;
}
