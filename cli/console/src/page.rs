//! The frame of every page, and the parts that pages share. Text of events is escaped as on a terminal first, and as HTML
//! then.

use causeway_cli::{command_status::CommandStatus, output::escape};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use crate::{
    commands::{Printed, Site},
    fields::query,
    protection::Token,
};

/// The pages by their paths.
const PAGES: [(&str, &str); 9] = [
    ("live", "Live"),
    ("flow", "Flow"),
    ("map", "Map"),
    ("streams", "Streams"),
    ("sagas", "Sagas"),
    ("dead-letters", "Dead letters"),
    ("timers", "Timers"),
    ("views", "Views"),
    ("sales", "Sales"),
];

/// The longest text of an event that a page shows in full.
const LONGEST: usize = 64 * 1024;

/// What is special about a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout<'l> {
    /// Its path under `/console`.
    pub(crate) path: &'l str,
    /// A sentence under the heading.
    pub(crate) about: &'l str,
}

impl Layout<'_> {
    pub(crate) fn page(&self, site: &Site, token: &Token, content: &Markup) -> Markup {
        let title = PAGES.iter().find(|(path, _)| *path == self.path).map(|(_, title)| *title).unwrap_or_default();
        let connection = &site.connection;
        let place = connection.endpoint.as_deref().unwrap_or("AWS");
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href="/console/console.css";
                    script type="module" src="/console/console.js" {}
                    title { (title) " · Causeway" }
                }
                body data-start=(start_of(token)) {
                    a.skip href="#content" { "Skip to content" }
                    header.top {
                        span.brand { "Causeway" }
                        nav aria-label="Pages" {
                            @for (number, (path, title)) in (1..).zip(PAGES) {
                                a href={ "/console/" (path) } title={ "g " (number) } data-key=(number)
                                    aria-current=[(path == self.path).then_some("page")] { (title) }
                            }
                        }
                        span.place title="The stack and its endpoint" { (connection.stack) " at " (place) }
                    }
                    main id="content" tabindex="-1" {
                        h1 { (title) }
                        p.about { (self.about) }
                        (content)
                    }
                }
            }
        }
    }
}

/// The start of the console, which a page compares: after another start its forms are of no use.
pub(crate) fn start_of(token: &Token) -> &str {
    token.text().get(..8).unwrap_or_default()
}

/// An error with its causes.
pub(crate) fn failure(error: &anyhow::Error) -> Markup {
    html! { p.note.bad role="alert" { (clean(&format!("{error:#}"))) } }
}

/// Text of outside, without characters that change what others look like.
pub(crate) fn clean(text: &str) -> String {
    escape(text).into_owned()
}

/// A text that may be very long.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => clean(text),
        Some((end, _)) => format!("{}…", clean(text.get(..end).unwrap_or_default())),
    }
}

/// JSON in full, or its beginning.
pub(crate) fn json(value: &Value) -> Markup {
    let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
    html! { pre.json tabindex="0" { (shortened(&pretty, LONGEST)) } }
}

/// A time, which a script shows relative to now.
pub(crate) fn time(text: &str) -> Markup {
    let short = text.parse::<Timestamp>().map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string());
    html! { time datetime=(clean(text)) { (short.unwrap_or_else(|_| clean(text))) } }
}

/// A status as a coloured word.
pub(crate) fn badge(word: &str) -> Markup {
    let kind = match word {
        "completed" | "done" | "delivered" => "good",
        "running" | "requested" => "calm",
        "compensating" | "compensated" | "undoRequested" | "undone" | "late" => "warn",
        "needsOperator" | "failed" | "deadLettered" | "lost" | "dropped" => "bad",
        _ => "",
    };
    html! { span class={ "badge " (kind) } { (clean(word)) } }
}

/// A link to a stream.
pub(crate) fn stream_link(stream: &str) -> Markup {
    html! { a href=(query("/console/streams", &[("stream", stream)])) { (shortened(stream, 80)) } }
}

/// A link to a correlation.
pub(crate) fn flow_link(id: &str, words: &str) -> Markup {
    html! { a href=(query("/console/flow", &[("of", id)])) { (shortened(words, 80)) } }
}

/// The command that shows the same.
pub(crate) fn same_as(words: &[String]) -> Markup {
    let quoted =
        |word: &String| match word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_=/.:#".contains(letter)) {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', "'\\''")),
        };
    let line: Vec<String> = words.iter().filter(|word| *word != "--").map(quoted).collect();
    html! { p.same { "The same: " code { "causeway " (shortened(&line.join(" "), 300)) " --json" } } }
}

/// What an action did.
pub(crate) fn outcome(printed: &Printed) -> Markup {
    let kind = if printed.status == CommandStatus::Done { "good" } else { "bad" };
    html! {
        section.note.(kind) role="status" {
            @for line in printed.notes.lines().filter(|line| !line.trim().is_empty()) { p { (clean(line)) } }
            @for item in &printed.items { (json(item)) }
            (same_as(&printed.words))
        }
    }
}

/// A place whose content a script asks for, because it takes time.
pub(crate) fn later(url: &str) -> Markup {
    html! {
        div data-part=(url) aria-busy="true" {
            p.empty { "Reading … " noscript { a href={ (url) "&whole=yes" } { "show it without a script" } } }
        }
    }
}

/// The hidden field with the token.
pub(crate) fn token(token: &Token) -> Markup {
    html! { input type="hidden" name="token" value=(token.text()); }
}
