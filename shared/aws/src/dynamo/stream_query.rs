//! The one way to ask for the commits of a stream: consistently, from a version on or up to one.

use aws_sdk_dynamodb::{Client, operation::query::builders::QueryFluentBuilder, types::ReturnConsumedCapacity};
use causeway::StreamId;

use super::{
    attributes::{number, text},
    item::{STREAM, VERSION},
};

/// Which commits of the stream.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// Those that begin at this version or later.
    From(u64),
    /// Those that begin at this version or before.
    Until(u64),
}

/// The query, oldest first and without a limit.
pub(super) fn stream_query(client: &Client, events_table: &str, stream: &StreamId, part: Part) -> QueryFluentBuilder {
    let (condition, version) = match part {
        Part::From(version) => ("#stream = :stream AND #version >= :version", version),
        Part::Until(version) => ("#stream = :stream AND #version <= :version", version),
    };
    client
        .query()
        .table_name(events_table)
        .key_condition_expression(condition)
        .expression_attribute_names("#stream", STREAM)
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_values(":stream", text(stream.to_string()))
        .expression_attribute_values(":version", number(version))
        .consistent_read(true)
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
}
