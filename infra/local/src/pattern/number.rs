//! Numbers as the pattern language compares them: as doubles, but only those that a
//! double holds exactly as they were spelled, and only between -5e9 and 5e9.
//! All others are still equal to themselves, letter by letter.

#[cfg(test)]
mod tests;

/// The largest size, with either sign, that takes part in comparisons.
const LARGEST: f64 = 5e9;

/// The value to compare by; none if the number is too large or too precise.
pub(super) fn comparable(spelled: &str) -> Option<f64> {
    let number: f64 = spelled.parse().ok()?;
    if number.abs() > LARGEST {
        return None;
    }
    let exact = is_short_and_plain(spelled) || decimal(spelled) == decimal(&format!("{number:e}"));
    exact.then_some(number + 0.0) // Adding zero makes a negative zero positive.
}

// Up to fifteen digits always survive the way to a double and back.
fn is_short_and_plain(spelled: &str) -> bool {
    spelled.len() <= 15 && !spelled.contains(['e', 'E'])
}

/// The sign, the digits without zeros at either end, and the exponent of the last digit.
fn decimal(spelled: &str) -> (bool, String, i64) {
    let (negative, unsigned) = match spelled.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, spelled),
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
