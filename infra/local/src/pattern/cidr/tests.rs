//! Addresses, blocks, and their comparison digit by digit.

use super::{Address, CidrBlock};

fn digits(text: &str) -> Option<String> {
    let address = Address::parse(text)?;
    Some(String::from_utf8_lossy(address.digits()).into_owned())
}

fn contains(block: &str, text: &str) -> bool {
    let block = CidrBlock::parse(block).expect("the block is valid");
    Address::parse(text).is_some_and(|address| block.contains(address.digits()))
}

#[test]
fn every_spelling_of_an_address_has_the_same_digits() {
    assert_eq!(digits("10.0.0.255").as_deref(), Some("0A0000FF"));
    assert_eq!(digits("010.000.0.255").as_deref(), Some("0A0000FF"));
    assert_eq!(digits("2001:db8::1").as_deref(), Some("20010DB8000000000000000000000001"));
    assert_eq!(digits("::ffff:a00:1").as_deref(), Some("0A000001"));
}

#[test]
fn text_that_is_not_an_address_is_not_parsed() {
    for text in
        ["", "10.0.0", "10.0.0.256", "10.0.0.1.2", "1..2.3", "a.b.c.d", "::1::", "12:30", ":", "::1.2.3.4", "+1.0.0.0"]
    {
        assert_eq!(digits(text), None, "{text}");
    }
}

#[test]
fn a_block_contains_the_addresses_with_its_prefix() {
    assert!(contains("10.1.2.3/9", "10.127.255.255"));
    assert!(!contains("10.1.2.3/9", "10.128.0.0"));
    assert!(contains("192.168.0.0/31", "192.168.0.1"));
    assert!(!contains("192.168.0.0/31", "192.168.0.2"));
    assert!(contains("0.0.0.0/0", "0.0.0.0") && contains("0.0.0.0/0", "255.255.255.255"));
    assert!(contains("2001:db8::/127", "2001:db8::1"));
    assert!(!contains("2001:db8::/127", "2001:db8::2"));
}

#[test]
fn an_invalid_block_is_rejected_with_its_reason() {
    let reason = |text| CidrBlock::parse(text).expect_err("the block is rejected");
    assert_eq!(reason("10.0.0.0"), "one slash is required");
    assert_eq!(reason("10.0.0.0/8/8"), "the number of bits must be an integer");
    assert_eq!(reason("10.0.0.0/-1"), "the number of bits must be an integer");
    assert_eq!(reason("10.0.0/8"), "there is no address before the slash");
    assert_eq!(reason("10.0.0.0/32"), "an IPv4 block has at most 31 bits");
    assert_eq!(reason("::/128"), "an IPv6 block has at most 127 bits");
}

#[test]
fn the_comparison_ends_as_soon_as_the_address_is_inside() {
    assert!(contains("0.0.0.0/0", "2001:db8::1"), "an IPv6 address is inside an IPv4 block");
    assert!(contains("2001::/16", "32.1.13.184"), "an IPv4 address is inside an IPv6 block");
    assert!(!contains("2001:db8::/32", "32.1.13.184"), "an IPv4 address ends before it is inside");
    let block = CidrBlock::parse("0.0.0.0/0").expect("the block is valid");
    assert!(block.contains(b"301.8"), "the digits of a number");
    assert!(!block.contains(b"0.5") && !block.contains(b"-1"));
}
