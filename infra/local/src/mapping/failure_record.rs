//! The message for the on-failure destination of a stream mapping. It holds the position of the records in the stream,
//! not their content.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use crate::{interfaces::NewMessage, lambda::FunctionError};

use super::{
    batch::PARTIAL_FAILURE,
    source::{StreamRecord, StreamSource},
};

/// Why records were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// All retries failed.
    RetryAttemptsExhausted,
    /// The records reached their maximum age.
    RecordAgeExceeded,
}

impl Condition {
    /// The condition in the failure record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RetryAttemptsExhausted => "RetryAttemptsExhausted",
            Self::RecordAgeExceeded => "RecordAgeExceeded",
        }
    }
}

/// The last attempt on records that are given up.
pub(super) struct LastAttempt<'a> {
    pub(super) request_id: &'a str,
    pub(super) function_arn: &'a str,
    pub(super) attempts: u32,
    pub(super) error: Option<&'a FunctionError>,
}

/// The message for the on-failure destination.
pub(super) fn failure_record(
    source: &dyn StreamSource,
    records: &[StreamRecord],
    condition: Condition,
    last: &LastAttempt<'_>,
    now: Timestamp,
) -> NewMessage {
    let number = |record: Option<&StreamRecord>| record.map(|record| record.sequence_number.clone());
    let arrival = |record: Option<&StreamRecord>| record.map(|record| format!("{:.0}", record.created));
    let mut body = json!({
        "requestContext": {
            "requestId": last.request_id,
            "functionArn": last.function_arn,
            "condition": condition.as_str(),
            "approximateInvokeCount": last.attempts,
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
    // There is no response if the function was never invoked. A partial failure is no error of the function.
    if let (Some(error), Some(body)) = (last.error, body.as_object_mut()) {
        let mut context = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
        if let (false, Some(context)) = (error.kind == PARTIAL_FAILURE, context.as_object_mut()) {
            context.insert("functionError".to_owned(), json!("Unhandled"));
        }
        body.insert("responseContext".to_owned(), context);
    }
    NewMessage { body: body.to_string(), attributes: BTreeMap::new(), ..NewMessage::default() }
}
