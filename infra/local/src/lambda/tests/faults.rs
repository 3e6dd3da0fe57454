//! Functions that are killed and events that come twice, on purpose.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::{
    faults::Faults,
    interfaces::InvokeAsync,
    lambda::{
        Invokes, What,
        stage::{ARN, Act, Stage},
    },
};

fn faulty(stage: &Stage, wish: &str) -> Invokes {
    let faults = Faults::read([wish], 7).unwrap();
    let (queues, happened) = (stage.queues.clone(), stage.happened.clone());
    let listener = Arc::new(move |what| happened.lock().unwrap().push(what));
    let functions = stage.functions.clone().with_faults(faults);
    Invokes::open(Some(&stage.path("invokes.journal")), functions, queues, listener).unwrap()
}

fn failures(stage: &Stage) -> Vec<String> {
    let happened = stage.happened.lock().unwrap();
    let failed = happened.iter().filter_map(|happened| match &happened.what {
        What::Failed(_, failure) => Some(failure.to_string()),
        _ => None,
    });
    failed.collect()
}

#[tokio::test]
async fn a_function_is_killed_while_it_runs_and_the_event_is_tried_again() {
    let stage = Stage::set([Act::Hang, Act::Hang, Act::Hang]);
    let invokes = faulty(&stage, "kill=1");
    invokes.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    stage.pass(SignedDuration::from_millis(50)).await;
    assert_eq!((*stage.actor.cut_off.lock().unwrap(), invokes.waiting()), (1, 1));
    assert!(failures(&stage)[0].ends_with("Runtime exited with error: signal: killed"), "{:?}", failures(&stage));
    assert!(failures(&stage)[0].starts_with("Runtime.ExitError"));
    stage.pass(SignedDuration::from_mins(10)).await;
    assert_eq!((stage.tries(), *stage.actor.cut_off.lock().unwrap(), invokes.waiting()), (3, 3, 0));
}

#[tokio::test]
async fn a_function_that_was_quicker_than_its_end_has_done_its_work_and_is_tried_again_all_the_same() {
    let stage = Stage::set([Act::Answer("null")]);
    let invokes = faulty(&stage, "kill=1");
    invokes.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    stage.settle().await;
    assert_eq!((stage.tries(), failures(&stage).len(), invokes.waiting()), (1, 1, 1));
}

#[tokio::test]
async fn a_doubled_event_is_handed_to_the_function_twice_also_over_a_restart() {
    let stage = Stage::set([]);
    let invokes = faulty(&stage, "duplicate=1");
    invokes.invoke_async(ARN, r#"{"order":"o-1"}"#.to_owned()).await.unwrap();
    stage.settle().await;
    assert_eq!((stage.tries(), invokes.waiting()), (1, 1));
    drop(invokes);
    stage.settle().await;
    let invokes = stage.invokes();
    stage.pass(SignedDuration::from_secs(2)).await;
    let seen = stage.actor.seen.lock().unwrap();
    assert_eq!((seen.len(), invokes.waiting()), (2, 0));
    assert_eq!(seen[0].payload, seen[1].payload);
}
