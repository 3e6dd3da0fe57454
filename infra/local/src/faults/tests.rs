//! One seed injects the same faults again, at the given rates; invalid arguments are explained.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;

use super::{Fault, FaultError, Faults, Kind, Part};

fn injected(faults: &Faults, kind: Kind, what: &str, times: usize) -> Vec<bool> {
    (0..times).map(|_| faults.draw(kind, Part::Events, what).is_some()).collect()
}

fn error_of(text: &str) -> FaultError {
    Faults::read([text], 1).err().unwrap()
}

#[test]
fn the_same_seed_draws_the_same_faults_whatever_is_drawn_in_between() {
    let rates = ["duplicate=0.3,throttle=0.3"];
    let [alone, among_others, other_seed] = [7, 7, 8].map(|seed| Faults::read(rates, seed).unwrap());
    let alone = injected(&alone, Kind::Duplicate, "rule/a", 200);
    let mut interleaved = Vec::new();
    for time in 0..200 {
        interleaved.extend(injected(&among_others, Kind::Duplicate, "rule/a", 1));
        injected(&among_others, Kind::Duplicate, "rule/b", time % 3);
        injected(&among_others, Kind::Throttle, "rule/a", 1);
        among_others.draw(Kind::Duplicate, Part::Lambda, "rule/a");
    }
    assert_eq!(alone, interleaved);
    assert_ne!(alone, injected(&other_seed, Kind::Duplicate, "rule/a", 200));
}

#[test]
fn kinds_subjects_and_parts_draw_independently() {
    let faults = Faults::read(["duplicate=0.5,drop=0.5"], 7).unwrap();
    let first = injected(&faults, Kind::Duplicate, "rule/a", 64);
    assert_ne!(first, injected(&faults, Kind::Duplicate, "rule/b", 64));
    assert_ne!(first, injected(&faults, Kind::Drop, "rule/a", 64));
    let lambda: Vec<_> = (0..64).map(|_| faults.draw(Kind::Duplicate, Part::Lambda, "rule/a").is_some()).collect();
    assert_ne!(first, lambda);
}

#[test]
fn a_rate_is_the_share_of_operations_that_fail_from_none_to_all() {
    let faults = Faults::read(["drop=0,duplicate=1,delay=0.2"], 7).unwrap();
    assert!(!injected(&faults, Kind::Drop, "rule/a", 1_000).contains(&true));
    assert!(!injected(&faults, Kind::Duplicate, "rule/a", 1_000).contains(&false));
    let delayed = injected(&faults, Kind::Delay, "rule/a", 10_000).into_iter().filter(|failed| *failed).count();
    assert!((1_800..2_200).contains(&delayed), "{delayed}");
    assert_eq!(Faults::read(["drop=0"], 7).unwrap().seed(), None);
}

#[test]
fn a_part_may_have_a_rate_of_its_own() {
    for rates in [["throttle=1", "throttle@events=0"], ["throttle@events=0", "throttle=1"]] {
        let faults = Faults::read(rates, 7).unwrap();
        let drawn = Part::ALL.map(|part| faults.draw(Kind::Throttle, part, "Call").is_some());
        assert_eq!(drawn, Part::ALL.map(|part| part != Part::Events));
    }
}

#[test]
fn every_fault_is_reported_with_its_subject() {
    let reported = Arc::new(Mutex::new(Vec::new()));
    let sink = reported.clone();
    let listener = Arc::new(move |fault: &Fault| sink.lock().unwrap().push(fault.clone()));
    let faults = Faults::read(["throttle@dynamodb=1"], 7).unwrap().with_listener(listener);
    faults.draw(Kind::Throttle, Part::Dynamodb, "PutItem");
    faults.draw(Kind::Throttle, Part::Sqs, "SendMessage");
    let expected = Fault { kind: Kind::Throttle, subject: "dynamodb PutItem".to_owned() };
    assert_eq!(*reported.lock().unwrap(), [expected]);
}

#[test]
fn a_delay_is_about_its_mean_and_never_longer_than_its_bound() {
    let faults = Faults::read(["delay=1"], 7).unwrap();
    let (mean, longest) = (SignedDuration::from_secs(3), SignedDuration::from_secs(10));
    let delays: Vec<f64> = (0..2_000)
        .filter_map(|_| faults.draw(Kind::Delay, Part::Events, "rule/a"))
        .map(|fault| fault.about(mean, longest).as_secs_f64())
        .collect();
    let average = delays.iter().sum::<f64>() / 2_000.0;
    assert!((2.5..3.2).contains(&average), "{average}");
    assert!(delays.iter().all(|delay| (0.0..=10.0).contains(delay)));
    assert!(delays.contains(&10.0));
}

#[test]
fn the_error_of_an_invalid_rate_lists_what_is_valid() {
    let unknown = error_of("explode=0.5").to_string();
    assert!(unknown.contains("\"explode\"") && unknown.contains("lost-answer, throttle, error"), "{unknown}");
    assert!(error_of("drop@s3=0.5").to_string().contains("events, lambda, dynamodb, sqs, scheduler, email, payments"));
    let never = error_of("reorder@sqs=0.5");
    assert_eq!(never, FaultError::WrongPart(Kind::Reorder, Part::Sqs));
    assert!(never.to_string().ends_with("it is for events"), "{never}");
    for rate in ["1.1", "-0.1", "NaN", "inf", "", "5%"] {
        assert!(matches!(error_of(&format!("drop@events={rate}")), FaultError::InvalidRate(..)), "{rate}");
    }
    assert!(matches!(error_of("drop"), FaultError::Unreadable(_)));
    assert_eq!(error_of("drop=0.1, drop=0.2"), FaultError::GivenTwice("drop".to_owned()));
    assert_eq!(Faults::read(["", " , "], 1).unwrap().seed(), None);
}
