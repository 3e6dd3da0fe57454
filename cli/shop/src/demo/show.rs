//! Prints the demo: headings, one line per activity event, the checks at the end. With --json, one JSON value per line.

use std::{io, time::Duration};

use causeway_cli::output::{Output, Style};
use serde_json::{Value, json};

use super::{
    activity::{Activity, Mark},
    reader::Finding,
    scenarios::Scenario,
};

/// Prints the demo.
pub struct Show<'a> {
    output: Output<'a>,
}

impl<'a> Show<'a> {
    /// Prints to this output.
    pub fn new(output: Output<'a>) -> Self {
        Self { output }
    }

    pub(super) fn heading(&mut self, scenario: &Scenario) -> io::Result<()> {
        let Scenario { number, title, description, .. } = scenario;
        let json =
            json!({ "kind": "scenario", "scenario": number, "title": title, "description": description.join(" ") });
        let heading = format!("Scenario {number}: {title}");
        let description = format!("\n  {}\n", description.join("\n  "));
        self.output.show_styled(&[(None, "\n"), (Some(Style::Bold), &heading), (Some(Style::Dim), &description)], &json)
    }

    /// Prints an activity event. Of a crowded scenario, text has dead letters only.
    pub(super) fn activity(
        &mut self,
        scenario: &Scenario,
        at: Duration,
        activity: &Activity,
        event: &Value,
    ) -> io::Result<()> {
        if scenario.is_crowded() && activity.mark != Mark::GivenUp && !self.output.is_json() {
            return Ok(());
        }
        let (mark, style, label) = match activity.mark {
            Mark::Plain => ("plain", None, ""),
            Mark::Fault => ("fault", Some(Style::Yellow), "FAULT    "),
            Mark::Retry => ("retry", Some(Style::Red), "FAILED   "),
            Mark::GivenUp => ("givenUp", Some(Style::Red), "DEAD     "),
        };
        let json = json!({
            "kind": "happened", "scenario": scenario.number, "atMs": at.as_millis(), "mark": mark,
            "text": activity.text, "event": event,
        });
        let text = format!("{label}{}", activity.text);
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

    pub(super) fn findings(&mut self, scenario: &Scenario, findings: &[Finding]) -> io::Result<()> {
        self.output.say("\n  Read from the views, the event log and the mailbox:")?;
        for Finding { holds, found } in findings {
            let sign =
                if *holds { (Some(Style::Green), "  ✓") } else { (Some(Style::Red), "  ✗ NOT AS EXPECTED:") };
            let json = json!({ "kind": "read", "scenario": scenario.number, "holds": holds, "found": found });
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
