//! Addresses, blocks, and the walk along their digits.

use super::{Address, Block};

fn digits(text: &str) -> Option<String> {
    let address = Address::read(text)?;
    Some(String::from_utf8_lossy(address.digits()).into_owned())
}

fn holds(block: &str, text: &str) -> bool {
    let block = Block::read(block).expect("the block is valid");
    Address::read(text).is_some_and(|address| block.holds(address.digits()))
}

#[test]
fn an_address_has_one_row_of_digits() {
    assert_eq!(digits("10.0.0.255").as_deref(), Some("0A0000FF"));
    assert_eq!(digits("010.000.0.255").as_deref(), Some("0A0000FF"));
    assert_eq!(digits("2001:db8::1").as_deref(), Some("20010DB8000000000000000000000001"));
    assert_eq!(digits("::ffff:a00:1").as_deref(), Some("0A000001"));
}

#[test]
fn what_is_not_an_address_has_no_digits() {
    for text in
        ["", "10.0.0", "10.0.0.256", "10.0.0.1.2", "1..2.3", "a.b.c.d", "::1::", "12:30", ":", "::1.2.3.4", "+1.0.0.0"]
    {
        assert_eq!(digits(text), None, "{text}");
    }
}

#[test]
fn a_block_holds_what_shares_its_bits() {
    assert!(holds("10.1.2.3/9", "10.127.255.255"));
    assert!(!holds("10.1.2.3/9", "10.128.0.0"));
    assert!(holds("192.168.0.0/31", "192.168.0.1"));
    assert!(!holds("192.168.0.0/31", "192.168.0.2"));
    assert!(holds("0.0.0.0/0", "0.0.0.0") && holds("0.0.0.0/0", "255.255.255.255"));
    assert!(holds("2001:db8::/127", "2001:db8::1"));
    assert!(!holds("2001:db8::/127", "2001:db8::2"));
}

#[test]
fn what_is_not_a_block_is_refused_with_its_reason() {
    let reason = |text| Block::read(text).expect_err("the block is refused");
    assert_eq!(reason("10.0.0.0"), "one slash is required");
    assert_eq!(reason("10.0.0.0/8/8"), "the number of bits must be an integer");
    assert_eq!(reason("10.0.0.0/-1"), "the number of bits must be an integer");
    assert_eq!(reason("10.0.0/8"), "there is no address before the slash");
    assert_eq!(reason("10.0.0.0/32"), "an IPv4 block has at most 31 bits");
    assert_eq!(reason("::/128"), "an IPv6 block has at most 127 bits");
}

#[test]
fn a_walk_ends_as_soon_as_it_is_inside() {
    assert!(holds("0.0.0.0/0", "2001:db8::1"), "a long row enters a block of short ones");
    assert!(holds("2001::/16", "32.1.13.184"), "a short row enters a block of long ones");
    assert!(!holds("2001:db8::/32", "32.1.13.184"), "a short row ends before it is inside");
    let block = Block::read("0.0.0.0/0").expect("the block is valid");
    assert!(block.holds(b"301.8"), "the digits of a number");
    assert!(!block.holds(b"0.5") && !block.holds(b"-1"));
}
