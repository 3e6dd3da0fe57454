//! Panics and attempts of functions.

use async_trait::async_trait;
use lambda_runtime::Diagnostic;
use serde_json::Value;

use super::{Attempts, Function, Invocation, catch_panic};

/// A function that panics with its payload at the second attempt.
struct Broken;

#[async_trait]
impl Function for Broken {
    async fn invoke(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
        assert_ne!(invocation.attempt, 2, "{}", invocation.payload);
        Ok(Value::Null)
    }
}

#[tokio::test]
async fn a_panic_is_an_error_with_a_readable_type_and_the_next_message_is_handled() {
    let invocation = |attempt| Invocation { payload: "ouch", request_id: "r-1", attempt };
    let error = catch_panic(&Broken, invocation(2)).await.unwrap_err();
    assert_eq!(error.error_type, "Panic");
    assert!(error.error_message.contains("ouch"), "{}", error.error_message);
    assert_eq!(catch_panic(&Broken, invocation(3)).await.unwrap(), Value::Null);
}

#[test]
fn a_request_id_that_comes_again_is_a_further_attempt() {
    let attempts = Attempts::default();
    assert_eq!(["a", "b", "a", "a"].map(|id| attempts.count(id)), [1, 1, 2, 3]);
    for other in 0..1_000 {
        assert_eq!(attempts.count(&format!("r-{other}")), 1);
    }
}
