//! Prints the demo: headings, one line per activity event, the checks at the end. With --json, one JSON value per line.

use std::{io, time::Duration};

use serde_json::{Value, json};

use super::{
    finding::Finding,
    happened::{Happened, Mark},
    story::Story,
};
use crate::output::{Output, Style};

/// Prints the demo.
pub struct Show<'a> {
    output: Output<'a>,
}

impl<'a> Show<'a> {
    /// Prints to this output.
    pub fn new(output: Output<'a>) -> Self {
        Self { output }
    }

    /// Announces a scenario.
    pub(super) fn heading(&mut self, story: &Story) -> io::Result<()> {
        let heading = format!("\nScenario {}: {}\n", story.number, story.title);
        let tells: Vec<String> = story.tells.iter().map(|line| format!("  {line}")).collect();
        let json =
            json!({ "kind": "story", "story": story.number, "title": story.title, "tells": story.tells.join(" ") });
        let tells = format!("{}\n", tells.join("\n"));
        self.output.show_styled(&[(Some(Style::Bold), &heading), (Some(Style::Dim), &tells)], &json)
    }

    /// Prints an activity event. Of a crowded scenario, text shows dead letters only.
    pub(super) fn happened(&mut self, story: &Story, at: Duration, what: &Happened, news: &Value) -> io::Result<()> {
        if story.is_crowded() && what.mark != Mark::GivenUp && !self.output.is_json() {
            return Ok(());
        }
        let (mark, style, label) = match what.mark {
            Mark::Plain => ("plain", None, ""),
            Mark::Fault => ("fault", Some(Style::Yellow), "FAULT    "),
            Mark::Retry => ("retry", Some(Style::Red), "FAILED   "),
            Mark::GivenUp => ("givenUp", Some(Style::Red), "DEAD     "),
        };
        let json = json!({
            "kind": "happened", "story": story.number, "atMs": at.as_millis(), "mark": mark, "text": what.text,
            "news": news,
        });
        let text = format!("{label}{}", what.text);
        self.output.show_styled(&[(Some(Style::Dim), &time(at)), (style, &text)], &json)
    }

    /// Prints the progress of a crowded scenario.
    pub(super) fn progress(&mut self, at: Duration, progress: &str) -> io::Result<()> {
        self.output.styled(&[(Some(Style::Dim), &time(at)), (None, progress)])
    }

    /// Prints a note to the person who watches.
    pub(super) fn note(&mut self, at: Duration, note: &str) -> io::Result<()> {
        self.output.styled(&[(Some(Style::Dim), &time(at)), (Some(Style::Yellow), note)])
    }

    /// Prints the checks of what was read at the end of a scenario.
    pub(super) fn findings(&mut self, story: &Story, findings: &[Finding]) -> io::Result<()> {
        self.output.say("\n  Read back from the views, the event log and the mailbox:")?;
        for Finding { holds, found } in findings {
            let sign =
                if *holds { (Some(Style::Green), "  ✓") } else { (Some(Style::Red), "  ✗ NOT AS EXPECTED:") };
            let json = json!({ "kind": "read", "story": story.number, "holds": holds, "found": found });
            self.output.show_styled(&[sign, (None, &format!(" {found}"))], &json)?;
        }
        Ok(())
    }

    /// Prints the summary of all scenarios.
    pub fn summary(&mut self, text: &str, json: &Value) -> io::Result<()> {
        self.output.show_styled(&[(Some(Style::Bold), "\nSummary\n"), (None, &format!("\n{text}"))], json)
    }
}

fn time(at: Duration) -> String {
    format!("{:>6} ms  ", at.as_millis())
}
