//! Adds an arm for the new message to every match over its family. The arm changes nothing, because no rule and no
//! column of a view uses the message yet.

/// The text with the arms inserted.
pub(super) fn insert(text: &str, family: &str, message: &str) -> String {
    let mut text = text.to_owned();
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find("match ")) {
        let begin = from + found;
        from = begin + "match ".len();
        let Some(arms) = Arms::at(&text, begin) else { continue };
        let wildcard = arms.last_line(&text).trim_start().starts_with("_ =>");
        if let (Some(arm), false) = (arms.arm(&text, family, message), wildcard) {
            let line = format!("{}    {arm},\n", arms.indent(&text));
            text.insert_str(arms.end_line, &line);
        }
    }
    text
}

/// The offsets of a match in the text.
struct Arms {
    /// The keyword `match`.
    begin: usize,
    /// The opening brace.
    open: usize,
    /// The closing brace.
    close: usize,
    /// The line of the closing brace.
    end_line: usize,
}

impl Arms {
    fn at(text: &str, begin: usize) -> Option<Self> {
        let line_end = begin + text.get(begin..)?.find('\n')?;
        let open = begin + text.get(begin..line_end)?.rfind('{')?;
        let close = open + closing(text.get(open..)?)?;
        let end_line = text.get(..close)?.rfind('\n')? + 1;
        (open < end_line).then_some(Self { begin, open, close, end_line })
    }

    /// The arm, when this match has the family in its own patterns.
    fn arm(&self, text: &str, family: &str, message: &str) -> Option<String> {
        let scrutinee = text.get(self.begin..self.open)?.trim_start_matches("match ").trim();
        let function = text.get(..self.begin)?.rsplit("fn ").next()?;
        let result = match function.split('(').next()? {
            "decide" => "Ok(Vec::new())".to_owned(),
            "evolve" | "apply" => {
                let state = function.split_once('(')?.1.split([':', ',']).next()?;
                state.trim_start_matches("mut ").to_owned()
            }
            "patch" => "Patch::none()".to_owned(),
            "effects" => "Vec::new()".to_owned(),
            _ => return None,
        };
        if !self.patterns(text).contains(&format!("{family}::")) {
            return None;
        }
        let variant = format!("{family}::{message}(_)");
        let pattern = match scrutinee.strip_prefix('(').and_then(|pair| pair.split_once(',')) {
            Some((first, _)) if first.trim() == result => format!("({result}, {variant})"),
            Some(_) => format!("(_, {variant})"),
            None => variant,
        };
        // If the match is only a part of the result, the arm returns the whole result.
        let line = text.get(..self.begin)?.rsplit('\n').next()?;
        let part = line.contains('=') || text.get(self.close + 1..)?.starts_with([';', '.', '?']);
        Some(if part { format!("{pattern} => return {result}") } else { format!("{pattern} => {result}") })
    }

    /// The text of the match outside of the braces of its arms.
    fn patterns(&self, text: &str) -> String {
        let mut depth = 0;
        let inside = text.get(self.open + 1..self.close).unwrap_or_default().chars();
        let own = inside.filter(|char| {
            match char {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        own.collect()
    }

    fn last_line<'a>(&self, text: &'a str) -> &'a str {
        text.get(..self.end_line).and_then(|before| before.lines().last()).unwrap_or_default()
    }

    fn indent(&self, text: &str) -> String {
        let line = text.get(self.end_line..).unwrap_or_default();
        line.chars().take_while(|char| *char == ' ').collect()
    }
}

/// The offset of the brace that closes the one at the start of the text. Braces in string literals are balanced, as
/// `format!` requires.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, char) in text.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}
