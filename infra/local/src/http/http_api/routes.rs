//! Which route takes a request: of all that match the one whose path is most specific from its beginning, then the one
//! with the method rather than `ANY`, and `$default` only where no other does.

use std::collections::BTreeMap;

use crate::template::HttpApiRoute;

/// The variables of a path with their values, decoded.
pub(super) type Variables = BTreeMap<String, String>;

/// The route that takes a request, and the variables of its path.
pub(super) fn most_specific<'r>(
    routes: &'r [HttpApiRoute],
    method: &str,
    path: &str,
) -> Option<(&'r HttpApiRoute, Variables)> {
    let takes = |route: &&HttpApiRoute| route.method == method || route.method == "ANY";
    let matching = routes.iter().filter(takes).filter_map(|route| {
        let (rank, variables) = matched(&route.path, path)?;
        Some((rank, route.method != method, route, variables))
    });
    let found = matching.min_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    let found = found.map(|(_, _, route, variables)| (route, variables));
    found.or_else(|| routes.iter().find(|route| route.path == "$default").map(|route| (route, Variables::new())))
}

/// How specific each part of the path is, the most specific first: a text, a variable, the greedy variable.
fn matched(route: &str, path: &str) -> Option<(Vec<u8>, Variables)> {
    let mut variables = Variables::new();
    let mut rank = Vec::new();
    let (mut parts, mut given) = (route.strip_prefix('/')?.split('/'), path.strip_prefix('/')?.split('/'));
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return Some((rank, variables)),
            (Some(part), Some(text)) => match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                None if part == decoded(text) => rank.push(0),
                None => return None,
                Some(name) => match name.strip_suffix('+') {
                    Some(name) => {
                        let rest: Vec<&str> = std::iter::once(text).chain(given).collect();
                        if rest.iter().all(|part| part.is_empty()) {
                            return None;
                        }
                        variables.insert(name.to_owned(), decoded(&rest.join("/")));
                        rank.push(2);
                        return Some((rank, variables));
                    }
                    None if text.is_empty() => return None,
                    None => {
                        variables.insert(name.to_owned(), decoded(text));
                        rank.push(1);
                    }
                },
            },
            _ => return None,
        }
    }
}

/// A path without its percent signs.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
