//! Numbers of the pattern language are compared as doubles, but only those between -5e9 and 5e9 that a double represents
//! exactly as written. All others are equal only to the same spelling.

/// The maximum absolute value that is compared as a number.
const MAX_ABSOLUTE: f64 = 5e9;

/// Returns the value to compare, or none if the number is too large or too precise.
pub(super) fn comparable(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    if number.abs() > MAX_ABSOLUTE {
        return None;
    }
    let exact = is_short_and_plain(text) || decimal(text) == decimal(&format!("{number:e}"));
    exact.then_some(number + 0.0) // Adding zero makes a negative zero positive.
}

// Up to fifteen digits always survive the round trip through a double.
fn is_short_and_plain(text: &str) -> bool {
    text.len() <= 15 && !text.contains(['e', 'E'])
}

/// Returns the sign, the digits without leading and trailing zeros, and the exponent of the last digit.
fn decimal(text: &str) -> (bool, String, i64) {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, text),
    };
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_end_matches('0');
    let dropped = all.len() - digits.len();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return (false, String::new(), 0);
    }
    let exponent: i64 = exponent.parse().unwrap_or(i64::MAX);
    let shift = i64::try_from(dropped).unwrap_or(i64::MAX) - i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    (negative, digits.to_owned(), exponent.saturating_add(shift))
}
