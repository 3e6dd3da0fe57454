//! What a command shows: sentences and tables for people, or one JSON text a line for machines.

use std::{
    fmt::{Display, Write as _},
    io::{self, Write},
};

use serde::Serialize;

const RESET: &str = "\u{1b}[0m";

/// Where a command shows what it found.
pub struct Screen<'a> {
    json: bool,
    colours: bool,
    out: &'a mut (dyn Write + Send),
}

impl<'a> Screen<'a> {
    /// Shows on this.
    pub fn new(json: bool, out: &'a mut (dyn Write + Send)) -> Self {
        Self { json, colours: false, out }
    }

    /// The same output with the program's own colours passed on.
    #[must_use]
    pub fn with_colours(self) -> Self {
        Self { colours: true, ..self }
    }

    /// Whether machines read it.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Shows one thing: to people as they read it, to machines as one line of JSON. It is seen at once.
    pub fn show(&mut self, people: impl Display, machines: &impl Serialize) -> io::Result<()> {
        match self.json {
            true => writeln!(self.out, "{}", escaped_json(&serde_json::to_string(machines)?))?,
            false => return self.say(people),
        }
        self.out.flush()
    }

    /// Shows what only people need: headings, hints, progress.
    pub fn say(&mut self, people: impl Display) -> io::Result<()> {
        if !self.json {
            writeln!(self.out, "{}", self.printable(&people.to_string()))?;
            self.out.flush()?;
        }
        Ok(())
    }

    fn printable(&self, text: &str) -> String {
        if !self.colours || !text.contains('\u{1b}') {
            return printable(text);
        }
        // Parts between colour codes of ours are escaped one by one; the last code ends all colours.
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((at, code)) = next_colour(rest) {
            shown.push_str(&printable(&rest[..at]));
            shown.push_str(code);
            rest = &rest[at + code.len()..];
        }
        shown.push_str(&printable(rest));
        shown.push_str(RESET);
        shown
    }
}

/// The next colour code in the text: `ESC [ digits m`, digits separated by semicolons.
fn next_colour(text: &str) -> Option<(usize, &str)> {
    text.match_indices("\u{1b}[").find_map(|(at, _)| {
        let digits = text[at + 2..].find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
        text[at + 2 + digits..].starts_with('m').then(|| (at, &text[at..at + 2 + digits + 1]))
    })
}

/// The text without anything that changes the state of a terminal or the order of its letters: control, bidirectional
/// and invisible characters are written as `\u{1b}`. Line feeds stay.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter != '\n' && is_unsafe(letter) {
            true => shown.extend(letter.escape_unicode()),
            false => shown.push(letter),
        }
    }
    shown
}

/// The same for a text in JSON, where such characters only stand in strings.
fn escaped_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for letter in json.chars() {
        if matches!(letter, '\n' | '\r' | '\t') {
            // White space between tokens: inside a string it is escaped already.
            shown.push(' ');
        } else if is_unsafe(letter) {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                if write!(shown, "\\u{unit:04x}").is_err() {
                    break;
                }
            }
        } else {
            shown.push(letter);
        }
    }
    shown
}

fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Screen;

    fn shown(colours: bool, json: bool, text: &str) -> String {
        let mut out = Vec::new();
        let screen = Screen::new(json, &mut out);
        let mut screen = if colours { screen.with_colours() } else { screen };
        screen.show(text, &json!({ "text": text })).unwrap();
        String::from_utf8(out).unwrap()
    }

    const HOSTILE: &str =
        "a\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}]52;c;AAAA\u{9c}b\r\u{9b}31m\u{202e}c\u{2066}\u{200b}\0\u{7f}d";

    #[test]
    fn nothing_that_changes_a_terminal_is_shown() {
        for colours in [false, true] {
            let text = shown(colours, false, HOSTILE);
            let text = text.replace(super::RESET, "");
            assert!(text.chars().all(|letter| letter == '\n' || !super::is_unsafe(letter)), "{text:?}");
            assert!(text.starts_with("a\\u{1b}[2J") && text.ends_with("d\n"), "{text:?}");
        }
    }

    #[test]
    fn json_is_escaped_and_reads_back_as_it_was() {
        let line = shown(false, true, HOSTILE);
        assert!(line.trim_end().chars().all(|letter| !super::is_unsafe(letter)), "{line:?}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), json!({ "text": HOSTILE }));
    }

    #[test]
    fn colours_of_ours_are_kept_and_always_ended() {
        assert_eq!(shown(true, false, "\u{1b}[31mred"), "\u{1b}[31mred\u{1b}[0m\n");
        assert_eq!(shown(false, false, "\u{1b}[31mred"), "\\u{1b}[31mred\n");
    }
}
