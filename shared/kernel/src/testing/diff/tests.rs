//! Differences of short texts, line by line.

use std::fmt;

use super::*;

/// A value whose debug lines are the letters of the text.
struct Lines(&'static str);

impl Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.split("").collect::<Vec<_>>().join("\n"))
    }
}

#[test]
fn each_line_is_common_missing_or_added() {
    for (expected, found, lines) in [
        ("abc", "abc", "  a,  b,  c"),
        ("abc", "axbc", "  a,+ x,  b,  c"),
        ("abc", "ac", "  a,- b,  c"),
        ("abc", "axc", "  a,- b,+ x,  c"),
        ("ab", "abxy", "  a,  b,+ x,+ y"),
        ("abcd", "cdab", "- a,- b,  c,  d,+ a,+ b"),
        ("axb", "ba", "+ b,  a,- x,- b"),
    ] {
        let shown = difference(&Lines(found), &Lines(expected));
        let marked: Vec<&str> = shown.lines().skip(1).filter(|line| line.len() > 2).collect();
        assert_eq!(marked.join(","), lines, "expected {expected}, found {found}");
    }
}
