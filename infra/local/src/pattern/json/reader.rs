//! The grammar of JSON by recursive descent over one text, without copying it.
//! Strings are borrowed unless they hold an escape; numbers keep their spelling.
//! The depth is counted on the way down, so the recursion has a known end.

use std::borrow::Cow;

use super::{DEEPEST, Json, JsonError};

/// Reads one JSON value and nothing after it.
pub(in crate::pattern) fn read(text: &str) -> Result<Json<'_>, JsonError> {
    let mut reader = Reader::new(text);
    let value = reader.value(0)?;
    reader.end()?;
    Ok(value)
}

/// A place in the text. Whoever walks a text without wanting its tree reads on from here.
pub(in crate::pattern) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

/// A value that is neither an object nor a list.
pub(in crate::pattern) enum Scalar<'t> {
    /// `true`, `false` or `null`.
    Word(&'static str),
    /// A number as it was spelled.
    Number(&'t str),
    /// A string without its escapes.
    Text(Cow<'t, str>),
}

impl<'t> Reader<'t> {
    /// At the beginning of a text.
    pub(in crate::pattern) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// What comes next behind white space; it stays the next.
    pub(in crate::pattern) fn next_visible(&mut self) -> Option<u8> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                next => return next,
            }
        }
    }

    /// Reads an object that comes next, inside so many others; `field` is told each name and reads its value.
    pub(in crate::pattern) fn object(
        &mut self,
        depth: usize,
        mut field: impl FnMut(&mut Self, Cow<'t, str>) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.open(depth)?;
        if self.next_visible() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.next_visible() != Some(b'"') {
                return Err(self.expected("a field name"));
            }
            let name = self.string()?;
            if self.next_visible() != Some(b':') {
                return Err(self.expected("a colon"));
            }
            self.at += 1;
            field(self, name)?;
            match self.next_visible() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.expected("a comma or the end of the object")),
            }
        }
    }

    /// Reads a list that comes next, inside so many others; `item` reads each value.
    pub(in crate::pattern) fn list(
        &mut self,
        depth: usize,
        mut item: impl FnMut(&mut Self) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.open(depth)?;
        if self.next_visible() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            item(self)?;
            match self.next_visible() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.expected("a comma or the end of the list")),
            }
        }
    }

    /// Reads a value that is no object and no list.
    pub(in crate::pattern) fn scalar(&mut self) -> Result<Scalar<'t>, JsonError> {
        match self.next_visible() {
            Some(b'"') => self.string().map(Scalar::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Scalar::Number),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => Err(self.expected("a value")),
        }
    }

    /// Nothing may come after the value.
    pub(in crate::pattern) fn end(&mut self) -> Result<(), JsonError> {
        match self.next_visible() {
            None => Ok(()),
            Some(_) => Err(self.expected("nothing after the value")),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json<'t>, JsonError> {
        let next = self.next_visible();
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
            Scalar::Word(word) => Json::Word(word),
            Scalar::Number(spelled) => Json::Number(spelled),
            Scalar::Text(text) => Json::Text(text),
        })
    }

    // Behind the bracket that begins an object or a list.
    fn open(&mut self, depth: usize) -> Result<(), JsonError> {
        if depth == DEEPEST {
            return Err(JsonError::TooDeep { limit: DEEPEST });
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &'static str) -> Result<Scalar<'t>, JsonError> {
        if !self.rest().starts_with(word) {
            return Err(self.expected("true, false or null"));
        }
        self.at += word.len();
        Ok(Scalar::Word(word))
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
        let Some(letter) = self.peek() else {
            return Err(self.expected("an escape"));
        };
        let plain = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
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

    // Half of a surrogate pair becomes the replacement character: events may carry one.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&first) || !self.rest().starts_with("\\u") {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.at;
        self.at += 2;
        let second = self.four_digits()?;
        if !(0xdc00..0xe000).contains(&second) {
            self.at = before;
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let joined = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32, JsonError> {
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

    fn expected(&self, wanted: &'static str) -> JsonError {
        JsonError::Unexpected { at: self.at, wanted }
    }
}
