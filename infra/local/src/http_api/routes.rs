//! The route of a request: of all that match, the most specific one.

use std::collections::BTreeMap;

use crate::template::HttpRoute;

/// A route that matches, and the values of its path variables.
#[derive(Debug, PartialEq)]
pub(crate) struct Found<'r> {
    pub(crate) route: &'r HttpRoute,
    pub(crate) parameters: BTreeMap<String, String>,
}

/// How specific a route is, segment by segment. A text is more than a variable, and a variable more than one that takes
/// the rest of the path; a named method is more than any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Specific {
    Rest,
    Variable,
    Text,
}

/// The most specific route of this method and path, or the `$default` route.
pub(crate) fn find_route<'r>(routes: &'r [HttpRoute], method: &str, path: &str) -> Option<Found<'r>> {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let of_method = routes.iter().filter(|route| route.method.as_deref().is_none_or(|own| own == method));
    let matching = of_method.filter_map(|route| {
        let (specific, parameters) = matched(&route.path, &segments)?;
        Some(((specific, route.method.is_some()), Found { route, parameters }))
    });
    matching.max_by(|(one, _), (other, _)| one.cmp(other)).map(|(_, found)| found)
}

/// How specific the pattern matches, and its variables, decoded.
fn matched(pattern: &str, segments: &[&str]) -> Option<(Vec<Specific>, BTreeMap<String, String>)> {
    if pattern == "$default" {
        return Some((Vec::new(), BTreeMap::new()));
    }
    let (mut specific, mut parameters) = (Vec::new(), BTreeMap::new());
    let mut rest = segments;
    for part in pattern.trim_start_matches('/').split('/') {
        let variable = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        if let Some(name) = variable.and_then(|name| name.strip_suffix('+')) {
            if rest.iter().all(|segment| segment.is_empty()) {
                return None;
            }
            specific.push(Specific::Rest);
            parameters.insert(name.to_owned(), decoded(&rest.join("/")));
            return Some((specific, parameters));
        }
        let (segment, after) = rest.split_first()?;
        match variable {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                specific.push(Specific::Variable);
                parameters.insert(name.to_owned(), decoded(segment));
            }
            None if part == *segment => specific.push(Specific::Text),
            None => return None,
        }
        rest = after;
    }
    rest.is_empty().then_some((specific, parameters))
}

/// The text with its percent escapes decoded; a plus is a plus in a path.
fn decoded(text: &str) -> String {
    let escaped = text.replace('+', "%2B");
    let pair = format!("path={escaped}");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
