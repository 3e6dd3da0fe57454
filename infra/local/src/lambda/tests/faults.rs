//! Injected faults: killed functions and duplicated events.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::{
    faults::Faults,
    interfaces::InvokeAsync,
    lambda::{
        AsyncInvoker, InvocationStep,
        fixture::{
            ARN,
            Behaviour::{Answer, Hang},
            Fixture,
        },
    },
};

fn with_faults(fixture: &Fixture, spec: &str) -> AsyncInvoker {
    let faults = Faults::read([spec], 7).unwrap();
    let (queues, activity) = (fixture.queues.clone(), fixture.activity.clone());
    let listener = Arc::new(move |step| activity.lock().unwrap().push(step));
    let functions = fixture.functions.clone().with_faults(faults);
    AsyncInvoker::open(Some(&fixture.path("invokes.journal")), functions, queues, listener).unwrap()
}

fn failures(fixture: &Fixture) -> Vec<String> {
    let activity = fixture.activity.lock().unwrap();
    let failed = activity.iter().filter_map(|activity| match &activity.step {
        InvocationStep::Failed(_, failure) => Some(failure.to_string()),
        _ => None,
    });
    failed.collect()
}

#[tokio::test]
async fn a_function_is_killed_while_it_runs_and_the_event_is_retried() {
    let fixture = Fixture::new([Hang, Hang, Hang]);
    let invoker = with_faults(&fixture, "kill=1");
    invoker.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    fixture.advance(SignedDuration::from_millis(50)).await;
    assert_eq!((*fixture.function.cancelled.lock().unwrap(), invoker.pending()), (1, 1));
    assert!(failures(&fixture)[0].ends_with("Runtime exited with error: signal: killed"), "{:?}", failures(&fixture));
    assert!(failures(&fixture)[0].starts_with("Runtime.ExitError"));
    fixture.advance(SignedDuration::from_mins(10)).await;
    assert_eq!((fixture.invocation_count(), *fixture.function.cancelled.lock().unwrap(), invoker.pending()), (3, 3, 0));
}

#[tokio::test]
async fn a_function_that_ends_before_the_kill_is_retried_too() {
    let fixture = Fixture::new([Answer("null")]);
    let invoker = with_faults(&fixture, "kill=1");
    invoker.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    fixture.settle().await;
    assert_eq!((fixture.invocation_count(), failures(&fixture).len(), invoker.pending()), (1, 1, 1));
}

#[tokio::test]
async fn a_duplicated_event_is_delivered_twice_also_over_a_restart() {
    let fixture = Fixture::new([]);
    let invoker = with_faults(&fixture, "duplicate=1");
    invoker.invoke_async(ARN, r#"{"order":"o-1"}"#.to_owned()).await.unwrap();
    fixture.settle().await;
    assert_eq!((fixture.invocation_count(), invoker.pending()), (1, 1));
    drop(invoker);
    fixture.settle().await;
    let invoker = fixture.invoker();
    fixture.advance(SignedDuration::from_secs(2)).await;
    let invocations = fixture.function.invocations.lock().unwrap();
    assert_eq!((invocations.len(), invoker.pending()), (2, 0));
    assert_eq!(invocations[0].payload, invocations[1].payload);
}
