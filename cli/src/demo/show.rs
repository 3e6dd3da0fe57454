//! How the demo is seen: headings, one line for each thing, what was read back. Machines get one JSON text a line.

use std::{io, time::Duration};

use serde_json::{Value, json};

use super::{
    finding::Finding,
    happened::{Happened, Mark},
    story::Story,
};
use crate::screen::Screen;

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "1;31";
const GREEN: &str = "32";
const YELLOW: &str = "33";

/// Where the demo is shown.
pub struct Show<'a> {
    screen: Screen<'a>,
    with_colours: bool,
}

impl<'a> Show<'a> {
    /// Shows on this screen.
    pub fn new(screen: Screen<'a>, with_colours: bool) -> Self {
        Self { screen: if with_colours { screen.with_colours() } else { screen }, with_colours }
    }

    /// What will happen.
    pub(super) fn heading(&mut self, story: &Story) -> io::Result<()> {
        let heading = self.painted(BOLD, &format!("Story {}: {}", story.number, story.title));
        let tells: Vec<String> = story.tells.iter().map(|line| format!("  {line}")).collect();
        let machines =
            json!({ "kind": "story", "story": story.number, "title": story.title, "tells": story.tells.join(" ") });
        self.screen.show(format_args!("\n{heading}\n{}\n", self.painted(DIM, &tells.join("\n"))), &machines)
    }

    /// A thing that happened. In a crowd people see only what was given up.
    pub(super) fn happened(&mut self, story: &Story, at: Duration, what: &Happened, news: &Value) -> io::Result<()> {
        if story.is_crowded() && what.mark != Mark::GivenUp && !self.screen.is_json() {
            return Ok(());
        }
        let (mark, people) = match what.mark {
            Mark::Plain => ("plain", what.text.clone()),
            Mark::Fault => ("fault", self.painted(YELLOW, &format!("FAULT    {}", what.text))),
            Mark::Retry => ("retry", self.painted(RED, &format!("FAILED   {}", what.text))),
            Mark::GivenUp => ("givenUp", self.painted(RED, &format!("DEAD     {}", what.text))),
        };
        let milliseconds = at.as_millis();
        let machines = json!({
            "kind": "happened", "story": story.number, "atMs": milliseconds, "mark": mark, "text": what.text, "news": news,
        });
        self.screen.show(format_args!("{} {people}", self.time(at)), &machines)
    }

    /// Where a crowd stands.
    pub(super) fn progress(&mut self, at: Duration, progress: &str) -> io::Result<()> {
        self.screen.say(format_args!("{} {}", self.time(at), progress))
    }

    /// Something a person should know while it goes on.
    pub(super) fn note(&mut self, at: Duration, note: &str) -> io::Result<()> {
        self.screen.say(format_args!("{} {}", self.time(at), self.painted(YELLOW, note)))
    }

    /// What was read back.
    pub(super) fn findings(&mut self, story: &Story, findings: &[Finding]) -> io::Result<()> {
        self.screen.say("\n  Read back from the views, the log and the mailbox:")?;
        for Finding { holds, found } in findings {
            let sign = if *holds { self.painted(GREEN, "✓") } else { self.painted(RED, "✗ NOT AS TOLD:") };
            let machines = json!({ "kind": "read", "story": story.number, "holds": holds, "found": found });
            self.screen.show(format_args!("  {sign} {found}"), &machines)?;
        }
        Ok(())
    }

    /// The end of it all.
    pub fn summary(&mut self, people: &str, machines: &Value) -> io::Result<()> {
        let heading = self.painted(BOLD, "Summary");
        self.screen.show(format_args!("\n{heading}\n\n{people}"), machines)
    }

    fn time(&self, at: Duration) -> String {
        self.painted(DIM, &format!("{:>6} ms ", at.as_millis()))
    }

    fn painted(&self, code: &str, text: &str) -> String {
        match self.with_colours {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }
}
