//! What all batches have in common: up to ten entries with distinct ids, answered one by one.

use serde_json::{Value, json};

use crate::aws_error::AwsError;

/// So many entries a batch may have.
const MOST: usize = 10;

/// Refuses a batch that is wrong as a whole.
pub(super) fn check<'entries>(ids: impl Iterator<Item = &'entries str> + Clone) -> Result<(), AwsError> {
    let count = ids.clone().count();
    if count == 0 {
        let message = "There should be at least one entry in the request.";
        return Err(AwsError::sender("EmptyBatchRequest", message));
    }
    if count > MOST {
        let message = format!("Maximum number of entries per request are {MOST}. You have sent {count}.");
        return Err(AwsError::sender("TooManyEntriesInBatchRequest", message));
    }
    if ids.clone().any(|id| !is_id(id)) {
        let message = "The Id of an entry is 1 to 80 letters, digits, hyphens and underscores.";
        return Err(AwsError::sender("InvalidBatchEntryId", message));
    }
    match ids.clone().enumerate().find(|(index, id)| ids.clone().take(*index).any(|before| before == *id)) {
        Some((_, id)) => Err(AwsError::sender("BatchEntryIdsNotDistinct", format!("Id {id} repeated."))),
        None => Ok(()),
    }
}

fn is_id(id: &str) -> bool {
    (1..=80).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The answer to a batch: what went well and what did not, each under its id.
#[derive(Default)]
pub(super) struct Answer {
    successful: Vec<Value>,
    failed: Vec<Value>,
}

impl Answer {
    pub(super) fn add(&mut self, id: &str, result: Result<Value, AwsError>) {
        match result {
            Ok(mut answer) => {
                answer["Id"] = json!(id);
                self.successful.push(answer);
            }
            Err(error) => self.failed.push(json!({
                "Id": id,
                "Code": error.code,
                "Message": error.message,
                "SenderFault": error.status < 500,
            })),
        }
    }

    pub(super) fn write(self) -> Value {
        let mut answer = json!({ "Successful": self.successful });
        if !self.failed.is_empty() {
            answer["Failed"] = json!(self.failed);
        }
        answer
    }
}
