use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};

use super::{Item, number, number_size, size, text, write_units};

#[test]
fn a_number_weighs_one_byte_and_one_for_two_significant_digits() {
    let sizes = [("0", 1), ("7", 2), ("42", 2), ("100", 2), ("1001", 3), ("-42", 3), ("1.5", 3), ("0.005", 2)];
    for (digits, bytes) in sizes {
        assert_eq!(number_size(digits), bytes, "{digits}");
    }
}

#[test]
fn an_item_weighs_its_names_and_values() {
    let nested =
        AttributeValue::M([("k".to_owned(), AttributeValue::L(vec![number(5), AttributeValue::Bool(true)]))].into());
    let item: Item = [
        ("ab".to_owned(), text("hé")),
        ("c".to_owned(), AttributeValue::B(Blob::new([1, 2, 3]))),
        ("d".to_owned(), nested),
    ]
    .into();
    let nested = 3 + 1 + 1 + (3 + 1 + 2 + 1 + 1);
    assert_eq!(size(&item), 2 + 3 + 1 + 3 + 1 + nested);
}

#[test]
fn a_write_unit_pays_for_a_kilobyte() {
    assert_eq!([0, 1, 1024, 1025].map(write_units), [1, 1, 1, 2]);
}
