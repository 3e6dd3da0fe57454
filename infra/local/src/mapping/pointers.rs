//! What is told of records that are not tried any more: where in the stream they stand, and not what they hold.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use crate::{interfaces::NewMessage, lambda::FunctionError};

use super::source::{StreamRecord, StreamSource};

/// Why records are not tried any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// They were tried as often as the mapping wants.
    RetryAttemptsExhausted,
    /// They are older than the mapping wants.
    RecordAgeExceeded,
}

impl Condition {
    /// The cloud's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::RetryAttemptsExhausted => "RetryAttemptsExhausted",
            Self::RecordAgeExceeded => "RecordAgeExceeded",
        }
    }
}

/// The last try of records that are given up.
pub(super) struct LastTry<'a> {
    pub(super) request_id: &'a str,
    pub(super) function_arn: &'a str,
    pub(super) tries: u32,
    pub(super) failure: Option<&'a FunctionError>,
}

/// The record of a failure, with pointers to its records.
pub(super) fn on_failure(
    source: &dyn StreamSource,
    records: &[StreamRecord],
    condition: Condition,
    last: &LastTry<'_>,
    now: Timestamp,
) -> NewMessage {
    let number = |record: Option<&StreamRecord>| record.map(|record| record.sequence_number.clone());
    let arrival = |record: Option<&StreamRecord>| record.map(|record| format!("{:.0}", record.created));
    let mut told = json!({
        "requestContext": {
            "requestId": last.request_id,
            "functionArn": last.function_arn,
            "condition": condition.word(),
            "approximateInvokeCount": last.tries,
        },
        "version": "1.0",
        "timestamp": format!("{now:.3}"),
        "DDBStreamBatchInfo": {
            "shardId": source.shard_id(),
            "startSequenceNumber": number(records.first()),
            "endSequenceNumber": number(records.last()),
            "approximateArrivalOfFirstRecord": arrival(records.first()),
            "approximateArrivalOfLastRecord": arrival(records.last()),
            "batchSize": records.len(),
            "streamArn": source.stream_arn(),
        },
    });
    // Records that were never tried have no answer. An answer that only names failed records is no error of its own.
    if let (Some(failure), Some(told)) = (last.failure, told.as_object_mut()) {
        let mut context = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
        if let (false, Some(context)) = (failure.kind == super::batch::PARTIAL, context.as_object_mut()) {
            context.insert("functionError".to_owned(), json!("Unhandled"));
        }
        told.insert("responseContext".to_owned(), context);
    }
    NewMessage { body: told.to_string(), attributes: BTreeMap::new(), ..NewMessage::default() }
}
