//! What a command prints: text for people, or one JSON value per line for programs. All text is escaped here, because
//! it may hold parts of events, queues, logs and HTTP responses, and a terminal interprets control characters.

use std::{
    borrow::Cow,
    cell::RefCell,
    fmt::{Display, Write as _},
    io::{self, IsTerminal as _, Write, stderr, stdin},
};

use anyhow::bail;
use serde::Serialize;

tokio::task_local! {
    /// The notes of the command of this task for people, where its caller is a program.
    static NOTES: RefCell<String>;
}

/// What a command printed for a program.
#[derive(Debug, Default)]
pub struct Collected {
    /// The JSON values.
    pub items: Vec<serde_json::Value>,
    /// The text for people.
    pub notes: String,
}

impl Collected {
    /// What a command printed as JSON, one value per line.
    pub(crate) fn of(printed: &[u8]) -> Self {
        let lines = String::from_utf8_lossy(printed);
        // Not every JSON text of a message is a `Value`: numbers may be too large.
        let items = lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| line.into()));
        Self { items: items.collect(), notes: String::new() }
    }
}

/// Runs a command whose caller is a program, and returns its notes for people, too.
pub async fn with_notes<T>(command: impl Future<Output = T>) -> (T, String) {
    NOTES
        .scope(RefCell::default(), async {
            let result = command.await;
            (result, NOTES.with(RefCell::take))
        })
        .await
}

/// Keeps a note of a command, if its output is collected.
fn is_collected(text: impl Display) -> bool {
    NOTES.try_with(|notes| notes.borrow_mut().push_str(&format!("{text}\n"))).is_ok()
}

/// A colour or weight of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Bold, for headings.
    Bold,
    /// Dim, for times and explanations.
    Dim,
    /// Bold red, for failures.
    Red,
    /// Green, for checks that hold.
    Green,
    /// Yellow, for injected faults and notes.
    Yellow,
}

impl Style {
    /// The escape sequence that starts the style.
    fn sequence(self) -> &'static str {
        match self {
            Self::Bold => "\u{1b}[1m",
            Self::Dim => "\u{1b}[2m",
            Self::Red => "\u{1b}[1;31m",
            Self::Green => "\u{1b}[32m",
            Self::Yellow => "\u{1b}[33m",
        }
    }
}

/// The escape sequence that ends every style.
const RESET: &str = "\u{1b}[0m";

/// Where a command prints its result.
pub struct Output<'a> {
    json: bool,
    colours: bool,
    out: &'a mut (dyn Write + Send),
}

impl<'a> Output<'a> {
    /// Prints to `out`, without colours.
    pub fn new(json: bool, out: &'a mut (dyn Write + Send)) -> Self {
        Self { json, colours: false, out }
    }

    /// The same output, with colours if it is text and `colours` is true.
    pub fn with_colours(self, colours: bool) -> Self {
        Self { colours: colours && !self.json, ..self }
    }

    /// Whether JSON is printed.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints one item, as text or as one line of JSON, and flushes.
    pub fn show(&mut self, text: impl Display, json: &impl Serialize) -> io::Result<()> {
        match self.json {
            true => writeln!(self.out, "{}", escape_json(&serde_json::to_string(json)?))?,
            false => writeln!(self.out, "{}", escape(&text.to_string()))?,
        }
        self.out.flush()
    }

    /// Prints a script that this program generated, byte for byte, or as a JSON string.
    pub fn script(&mut self, script: &str) -> io::Result<()> {
        match self.json {
            true => self.show("", &script),
            false => writeln!(self.out, "{}", script.trim_end()),
        }
    }

    /// Prints text that programs do not need: headings, hints, progress. Prints nothing in JSON mode.
    pub fn say(&mut self, text: impl Display) -> io::Result<()> {
        self.styled(&[(None, &text.to_string())])
    }

    /// Prints one line made of parts with their styles. Prints nothing in JSON mode.
    pub fn styled(&mut self, parts: &[(Option<Style>, &str)]) -> io::Result<()> {
        if self.json {
            is_collected(parts.iter().map(|(_, text)| *text).collect::<String>());
            return Ok(());
        }
        let mut line = String::new();
        for (style, text) in parts {
            match style.filter(|_| self.colours && !text.is_empty()) {
                Some(style) => line.extend([style.sequence(), &escape(text), RESET]),
                None => line.push_str(&escape(text)),
            }
        }
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }

    /// Prints one item, as a line made of parts with their styles, or as one line of JSON.
    pub fn show_styled(&mut self, parts: &[(Option<Style>, &str)], json: &impl Serialize) -> io::Result<()> {
        if self.json { self.show("", json) } else { self.styled(parts) }
    }
}

/// Prints a note on the standard error.
pub fn note(text: impl Display) -> io::Result<()> {
    if is_collected(&text) {
        return Ok(());
    }
    writeln!(stderr(), "{}", escape(&text.to_string()))
}

/// Asks for confirmation on the standard error, so that the standard output can be piped on. True for yes.
/// Without a terminal the answer must be given by --yes.
pub fn confirm(question: &str, yes: bool) -> anyhow::Result<bool> {
    if yes {
        return Ok(true);
    }
    if !stdin().is_terminal() {
        bail!("{question} There is no terminal to answer at: give --yes");
    }
    write!(stderr(), "{}", escape(&format!("{question} [y/N] ")))?;
    stderr().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Prints progress over the last progress line of the standard error, if that is a terminal.
pub fn progress(text: impl Display) -> io::Result<()> {
    match stderr().is_terminal() && NOTES.try_with(|_| ()).is_err() {
        true => write!(stderr(), "\r{}", escape(&text.to_string())),
        false => Ok(()),
    }
}

/// Prints the last progress line. Where the standard error is no terminal, it is the only one.
pub fn end_progress(text: impl Display) -> io::Result<()> {
    progress("")?;
    note(text)
}

/// A table with columns as wide as their content, without a line feed after the last row.
pub fn columns<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let headings = headings.map(str::to_owned);
    let lines = std::iter::once(&headings).chain(rows).map(|row| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Lets a writer escape all that is written through it, for log lines.
pub struct EscapingWriter<W>(pub W);

impl<W: Write> Write for EscapingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(escape(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The text with every character escaped that a terminal would not print: `\u{1b}` for an escape, `\r` for a carriage
/// return. Line feeds stay; a tab becomes `\t`.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            unprintable if is_unprintable(unprintable) => escaped.extend(unprintable.escape_default()),
            printable => escaped.push(printable),
        }
    }
    Cow::Owned(escaped)
}

/// JSON text on one line, with the same characters escaped, as `\u001b`. They occur inside of JSON strings only, but for
/// the line feeds, carriage returns and tabs between the parts of a raw value, which become spaces.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    if !json.contains(|character| character == '\n' || is_unprintable(character)) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if matches!(character, '\n' | '\r' | '\t') {
            escaped.push(' ');
        } else if is_unprintable(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                write!(escaped, "\\u{unit:04x}").unwrap_or_default();
            }
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// Controls (C0 without the line feed, DEL, C1), bidirectional controls, zero-width characters, line and paragraph
/// separators, and tags.
fn is_unprintable(character: char) -> bool {
    match character {
        '\n' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const HOSTILE: &str = "\u{1b}[31mred\u{1b}]0;title\u{7}\r\0\u{7f}\u{9b}2J\u{202e}\u{2066}\u{200b}\u{2028}\u{61c}\t";

    #[test]
    fn text_is_escaped_and_keeps_its_lines_letters_and_emoji() {
        assert_eq!(escape("ä → ✓ 🦀\nsecond line"), "ä → ✓ 🦀\nsecond line");
        let escaped = escape(HOSTILE);
        assert!(escaped.starts_with(r"\u{1b}[31mred\u{1b}]0;title\u{7}\r\u{0}\u{7f}\u{9b}2J\u{202e}"), "{escaped}");
        assert!(!escaped.contains(is_unprintable), "{escaped}");
    }

    #[test]
    fn json_is_escaped_and_stays_the_same_value() {
        let value = json!({ HOSTILE: [HOSTILE, "\u{e0041}"] });
        let mut out = Vec::new();
        Output::new(true, &mut out).show("", &value).expect("written");
        let line = String::from_utf8(out).expect("UTF-8");
        assert!(!line.contains(is_unprintable), "{line}");
        assert_eq!(serde_json::from_str::<Value>(&line).expect("JSON"), value);
    }

    #[test]
    fn styles_are_the_only_escape_sequences_and_only_with_colours() {
        for (colours, sequences) in [(true, 2), (false, 0)] {
            let mut out = Vec::new();
            let mut output = Output::new(false, &mut out).with_colours(colours);
            output.styled(&[(Some(Style::Red), HOSTILE), (None, HOSTILE)]).expect("written");
            let line = String::from_utf8(out).expect("UTF-8");
            assert_eq!(line.matches('\u{1b}').count(), sequences, "{line:?}");
            let text = line.trim_start_matches(Style::Red.sequence()).replacen(RESET, "", 1);
            assert!(!text.contains(is_unprintable), "{line:?}");
        }
    }

    #[test]
    fn columns_are_aligned_with_any_letters() {
        let rows = [["ä".to_owned(), "one".to_owned()], ["longer".to_owned(), String::new()]];
        assert_eq!(columns(["NAME", "WHAT"], &rows), "NAME    WHAT\nä       one\nlonger");
    }
}
