//! The ports of a simulated application.

use futures::executor::block_on;

use super::*;
use crate::{
    Failure,
    delivery::{AttemptId, DeadLetter, InboxKey, LEASE},
    gateway::Mailer,
    testing::{
        ports,
        tests::{minute, raw},
    },
};

fn simulation(faults: Faults, memory: &Memory) -> Simulation {
    Simulation::new(Plan::new(1, faults, Vec::new(), memory))
}

#[test]
fn without_faults_they_pass_their_suites() {
    let memory = Memory::new(1);
    let simulation = simulation(Faults::NONE, &memory);
    let app = simulation.app().unwrap();
    block_on(async {
        ports::event_store(app.store(), "run-1").await;
        ports::view_store(app.ports().views.as_ref(), "run-1").await;
        ports::inbox(app.inbox(), "run-1").await;
        ports::outcomes(app.ports().outcomes.as_ref(), "run-1").await;
        ports::timers(app.ports().timers.as_ref(), "run-1").await;
        ports::dead_letters(app.dead_letters(), "run-1", async || memory.dead_letters.all()).await;
        ports::mailer(app.gateway::<dyn Mailer>().unwrap().as_ref(), "run-1").await;
    });
}

#[test]
fn a_fault_is_a_transient_failure_that_names_what_was_called() {
    let throttled = simulation(Faults { throttled: 1.0, ..Faults::NONE }, &Memory::new(1));
    let app = throttled.app().unwrap();
    let key = InboxKey { consumer: "lamp-on-lamp-lit".to_owned(), message: "m-1".parse().unwrap() };
    let dead_letter = DeadLetter {
        reason: "MALFORMED".to_owned(),
        explanation: String::new(),
        consumer: "lamp-on-lamp-lit".to_owned(),
        at: minute(0),
        message: raw(&json!({})),
    };
    let failures: [Failure; 3] = block_on(async {
        [
            app.inbox()
                .claim(&key, AttemptId::new(uuid::Uuid::nil()), minute(0), minute(0) + LEASE)
                .await
                .unwrap_err()
                .into(),
            app.dead_letters().keep(&dead_letter).await.unwrap_err().into(),
            app.state::<Counter>(&id()).await.unwrap_err().into(),
        ]
    });
    let reasons = failures.map(|failure| match failure {
        Failure::Transient(error) => crate::failure::causes(error.as_ref()),
        Failure::Permanent(error) => panic!("{error}"),
    });
    assert_eq!(
        reasons,
        [
            "the inbox did not answer for lamp-on-lamp-lit/m-1: too many calls",
            "the dead letter of lamp-on-lamp-lit was not stored: too many calls",
            "the log did not answer: too many calls",
        ]
    );
}

#[test]
fn a_dropped_simulation_frees_its_ports() {
    let memory = Memory::new(1);
    let simulation = simulation(Faults::NONE, &memory);
    simulation.publish(SignedDuration::from_secs(1), "test", "CountUp", raw(&json!({ "data": {} })));
    assert_eq!((simulation.now(), simulation.schedule().now()), (minute(0), minute(0)));
    assert!(Arc::strong_count(&memory.store) > 1);
    drop(simulation);
    assert_eq!(Arc::strong_count(&memory.store), 1);
}
