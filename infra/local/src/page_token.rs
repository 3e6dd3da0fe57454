//! The tokens of pages: opaque text, which callers hand back as it is. A token stands for the last name of its page.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Begins every token, so that a name is no token by chance.
const MARK: &str = "1 ";

/// The token of the page after this name.
pub(crate) fn encode(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{MARK}{last}"))
}

/// The name that a token stands for, if it is a token.
pub(crate) fn decode(token: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    Some(text.strip_prefix(MARK)?.to_owned())
}
