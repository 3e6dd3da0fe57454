//! Which numbers are compared by value and which by their spelling.

use super::comparable;

#[test]
fn all_spellings_of_a_number_have_the_same_value() {
    for text in ["300", "300.0", "3e2", "3.0E+2", "3000e-1", "0.3e3", "300.000000000000000000"] {
        assert_eq!(comparable(text), Some(300.0), "{text}");
    }
}

#[test]
fn negative_zero_is_zero() {
    for text in ["0", "-0", "0.0", "-0.00e5", "0e-400"] {
        assert_eq!(comparable(text).map(f64::to_bits), Some(0), "{text}");
    }
}

#[test]
fn numbers_beyond_the_limit_are_not_compared() {
    assert_eq!(comparable("5000000000"), Some(5e9));
    assert_eq!(comparable("-5e9"), Some(-5e9));
    for text in ["5000000000.1", "-5000000001", "123456789012", "1e400", "-1e999999999999999999999"] {
        assert_eq!(comparable(text), None, "{text}");
    }
}

#[test]
fn numbers_too_precise_for_a_double_are_not_compared() {
    assert_eq!(comparable("0.1"), Some(0.1));
    assert_eq!(comparable("37.795818585593523"), None);
    assert_eq!(comparable("0.10000000000000000000000001"), None);
    assert_eq!(comparable("1e-400"), None);
}
