//! A JSON reader for the pattern language: fields in the order they were written, repeated fields kept, numbers with their
//! original spelling. It descends recursively over one text without copying it: strings are borrowed unless they contain
//! an escape. Nesting deeper than [`MAX_DEPTH`] is rejected, so the recursion is bounded.

use std::{borrow::Cow, fmt};

use serde_json::Value as JsonText;

/// The maximum nesting depth of objects and lists.
pub(super) const MAX_DEPTH: usize = 500;

/// The reason why a text is not valid JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text breaks the grammar at this byte.
    #[error("expected {expected} at byte {at}")]
    Unexpected {
        /// The offset into the text, in bytes.
        at: usize,
        /// The token that the grammar allows there.
        expected: &'static str,
    },
    /// Objects and lists are nested too deeply.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// The maximum nesting depth.
        limit: usize,
    },
}

/// A JSON value that borrows its text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json<'t> {
    /// `true`, `false` or `null`.
    Literal(&'static str),
    /// A number with its original spelling.
    Number(&'t str),
    /// A string with its escapes resolved.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Json<'t>>),
    /// An object, with the order and repetitions of the text.
    Object(Vec<(Cow<'t, str>, Json<'t>)>),
}

impl Json<'_> {
    /// Returns the kind of value for an error message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Literal(literal) => literal,
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(literal) => out.write_str(literal),
            Self::Number(text) => out.write_str(text),
            Self::Text(text) => quoted(text).fmt(out),
            Self::List(items) => {
                for (position, item) in items.iter().enumerate() {
                    write!(out, "{}{item}", if position == 0 { "[" } else { "," })?;
                }
                out.write_str(if items.is_empty() { "[]" } else { "]" })
            }
            Self::Object(fields) => {
                for (position, (name, value)) in fields.iter().enumerate() {
                    let opening = if position == 0 { "{" } else { "," };
                    write!(out, "{opening}{}:{value}", quoted(name))?;
                }
                out.write_str(if fields.is_empty() { "{}" } else { "}" })
            }
        }
    }
}

/// Formats a text as a JSON string.
pub(super) fn quoted(text: &str) -> impl fmt::Display {
    JsonText::from(text)
}

/// Reads one JSON value and nothing after it.
pub(super) fn read(text: &str) -> Result<Json<'_>, JsonError> {
    let mut reader = Reader::new(text);
    let value = reader.value(0)?;
    reader.end()?;
    Ok(value)
}

/// A cursor in the text. Callers that do not need the tree read the values one by one.
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

/// A value that is neither an object nor a list.
pub(super) enum Scalar<'t> {
    /// `true`, `false` or `null`.
    Literal(&'static str),
    /// A number with its original spelling.
    Number(&'t str),
    /// A string with its escapes resolved.
    Text(Cow<'t, str>),
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Skips white space and returns the next byte without consuming it.
    pub(super) fn peek_token(&mut self) -> Option<u8> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                next => return next,
            }
        }
    }

    /// Reads an object at this nesting depth; `field` gets each name and reads its value.
    pub(super) fn object(
        &mut self,
        depth: usize,
        mut field: impl FnMut(&mut Self, Cow<'t, str>) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.sequence(depth, b'}', "a comma or the end of the object", |reader| {
            if reader.peek_token() != Some(b'"') {
                return Err(reader.expected("a field name"));
            }
            let name = reader.string()?;
            if reader.peek_token() != Some(b':') {
                return Err(reader.expected("a colon"));
            }
            reader.at += 1;
            field(reader, name)
        })
    }

    /// Reads a list at this nesting depth; `item` reads each value.
    pub(super) fn list(
        &mut self,
        depth: usize,
        item: impl FnMut(&mut Self) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.sequence(depth, b']', "a comma or the end of the list", item)
    }

    // Reads items separated by commas, from the opening to the closing bracket.
    fn sequence(
        &mut self,
        depth: usize,
        closing: u8,
        expected: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if depth == MAX_DEPTH {
            return Err(JsonError::TooDeep { limit: MAX_DEPTH });
        }
        self.at += 1;
        if self.peek_token() == Some(closing) {
            self.at += 1;
            return Ok(());
        }
        loop {
            item(self)?;
            let next = self.peek_token();
            if next != Some(b',') && next != Some(closing) {
                return Err(self.expected(expected));
            }
            self.at += 1;
            if next == Some(closing) {
                return Ok(());
            }
        }
    }

    /// Reads a value that is neither an object nor a list.
    pub(super) fn scalar(&mut self) -> Result<Scalar<'t>, JsonError> {
        match self.peek_token() {
            Some(b'"') => self.string().map(Scalar::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Scalar::Number),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            _ => Err(self.expected("a value")),
        }
    }

    /// Fails if anything but white space follows.
    pub(super) fn end(&mut self) -> Result<(), JsonError> {
        match self.peek_token() {
            None => Ok(()),
            Some(_) => Err(self.expected("nothing after the value")),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json<'t>, JsonError> {
        let next = self.peek_token();
        if next == Some(b'{') {
            let mut fields = Vec::new();
            self.object(depth, |reader, name| {
                fields.push((name, reader.value(depth + 1)?));
                Ok(())
            })?;
            return Ok(Json::Object(fields));
        }
        if next == Some(b'[') {
            let mut items = Vec::new();
            self.list(depth, |reader| {
                items.push(reader.value(depth + 1)?);
                Ok(())
            })?;
            return Ok(Json::List(items));
        }
        Ok(match self.scalar()? {
            Scalar::Literal(literal) => Json::Literal(literal),
            Scalar::Number(text) => Json::Number(text),
            Scalar::Text(text) => Json::Text(text),
        })
    }

    fn literal(&mut self, literal: &'static str) -> Result<Scalar<'t>, JsonError> {
        if !self.rest().starts_with(literal) {
            return Err(self.expected("true, false or null"));
        }
        self.at += literal.len();
        Ok(Scalar::Literal(literal))
    }

    fn number(&mut self) -> Result<&'t str, JsonError> {
        let start = self.at;
        self.skip_one_of(b"-");
        if !self.skip_one_of(b"0") {
            self.digits()?;
        }
        if self.skip_one_of(b".") {
            self.digits()?;
        }
        if self.skip_one_of(b"eE") {
            self.skip_one_of(b"+-");
            self.digits()?;
        }
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.expected("a digit"));
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Cow<'t, str>, JsonError> {
        self.at += 1;
        let mut unescaped = String::new();
        let mut start = self.at;
        loop {
            let plain = self.text.as_bytes().get(self.at..).unwrap_or_default().iter();
            self.at += plain.take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count();
            match self.peek() {
                Some(b'"') => {
                    let last = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    if unescaped.is_empty() {
                        return Ok(Cow::Borrowed(last));
                    }
                    unescaped.push_str(last);
                    return Ok(Cow::Owned(unescaped));
                }
                Some(b'\\') => {
                    unescaped.push_str(self.text.get(start..self.at).unwrap_or_default());
                    self.at += 1;
                    unescaped.push(self.escape()?);
                    start = self.at;
                }
                _ => return Err(self.expected("the rest of a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let Some(escaped) = self.peek() else {
            return Err(self.expected("an escape"));
        };
        let plain = match escaped {
            b'"' | b'\\' | b'/' => char::from(escaped),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.expected("an escape")),
        };
        self.at += 1;
        Ok(plain)
    }

    // An unpaired surrogate becomes the replacement character, because events may contain one.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.hex_digits()?;
        if !(0xd800..0xdc00).contains(&first) || !self.rest().starts_with("\\u") {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.at;
        self.at += 2;
        let second = self.hex_digits()?;
        if !(0xdc00..0xe000).contains(&second) {
            self.at = before;
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let joined = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex_digits(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at..self.at + 4);
        match digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            Some(digits) => {
                self.at += 4;
                Ok(u32::from_str_radix(digits, 16).unwrap_or_default())
            }
            None => Err(self.expected("four hexadecimal digits")),
        }
    }

    fn skip_one_of(&mut self, bytes: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| bytes.contains(&byte));
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn expected(&self, expected: &'static str) -> JsonError {
        JsonError::Unexpected { at: self.at, expected }
    }
}
