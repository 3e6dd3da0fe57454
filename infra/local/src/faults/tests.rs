//! One seed injects the same faults again, at the given rates; invalid arguments are explained.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;

use super::{Fault, FaultError, Faults, Kind, Part};

fn injected(faults: &Faults, kind: Kind, what: &str, times: usize) -> Vec<bool> {
    (0..times).map(|_| faults.strike(kind, Part::Events, what).is_some()).collect()
}

fn refused(text: &str) -> FaultError {
    Faults::read([text], 1).err().unwrap()
}

#[test]
fn the_same_seed_strikes_the_same_times_whatever_happens_in_between() {
    let rates = ["duplicate=0.3,throttle=0.3"];
    let [alone, among_others, other_seed] = [7, 7, 8].map(|seed| Faults::read(rates, seed).unwrap());
    let alone = injected(&alone, Kind::Duplicate, "rule/a", 200);
    let mut interleaved = Vec::new();
    for time in 0..200 {
        interleaved.extend(injected(&among_others, Kind::Duplicate, "rule/a", 1));
        injected(&among_others, Kind::Duplicate, "rule/b", time % 3);
        injected(&among_others, Kind::Throttle, "rule/a", 1);
        among_others.strike(Kind::Duplicate, Part::Lambda, "rule/a");
    }
    assert_eq!(alone, interleaved);
    assert_ne!(alone, injected(&other_seed, Kind::Duplicate, "rule/a", 200));
}

#[test]
fn kinds_subjects_and_parts_do_not_share_their_fate() {
    let faults = Faults::read(["duplicate=0.5,drop=0.5"], 7).unwrap();
    let first = injected(&faults, Kind::Duplicate, "rule/a", 64);
    assert_ne!(first, injected(&faults, Kind::Duplicate, "rule/b", 64));
    assert_ne!(first, injected(&faults, Kind::Drop, "rule/a", 64));
    let lambda: Vec<_> = (0..64).map(|_| faults.strike(Kind::Duplicate, Part::Lambda, "rule/a").is_some()).collect();
    assert_ne!(first, lambda);
}

#[test]
fn a_rate_is_the_share_of_times_and_its_ends_are_never_and_always() {
    let faults = Faults::read(["drop=0,duplicate=1,delay=0.2"], 7).unwrap();
    assert!(!injected(&faults, Kind::Drop, "rule/a", 1_000).contains(&true));
    assert!(!injected(&faults, Kind::Duplicate, "rule/a", 1_000).contains(&false));
    let delayed = injected(&faults, Kind::Delay, "rule/a", 10_000).into_iter().filter(|struck| *struck).count();
    assert!((1_800..2_200).contains(&delayed), "{delayed}");
    assert_eq!(Faults::read(["drop=0"], 7).unwrap().seed(), None);
}

#[test]
fn a_part_may_have_a_rate_of_its_own() {
    for rates in [["throttle=1", "throttle@events=0"], ["throttle@events=0", "throttle=1"]] {
        let faults = Faults::read(rates, 7).unwrap();
        let strikes = Part::ALL.map(|part| faults.strike(Kind::Throttle, part, "Call").is_some());
        assert_eq!(strikes, Part::ALL.map(|part| part != Part::Events));
    }
}

#[test]
fn every_fault_is_told_with_its_subject() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = {
        let told = told.clone();
        Arc::new(move |fault: &Fault| told.lock().unwrap().push(fault.clone()))
    };
    let faults = Faults::read(["throttle@dynamodb=1"], 7).unwrap().with_listener(listener);
    faults.strike(Kind::Throttle, Part::Dynamodb, "PutItem");
    faults.strike(Kind::Throttle, Part::Sqs, "SendMessage");
    let expected = Fault { kind: Kind::Throttle, subject: "dynamodb PutItem".to_owned() };
    assert_eq!(*told.lock().unwrap(), [expected]);
}

#[test]
fn a_pause_is_about_its_mean_and_never_longer_than_its_bound() {
    let faults = Faults::read(["delay=1"], 7).unwrap();
    let (mean, longest) = (SignedDuration::from_secs(3), SignedDuration::from_secs(10));
    let pauses: Vec<f64> = (0..2_000)
        .filter_map(|_| faults.strike(Kind::Delay, Part::Events, "rule/a"))
        .map(|strike| strike.about(mean, longest).as_secs_f64())
        .collect();
    let average = pauses.iter().sum::<f64>() / 2_000.0;
    assert!((2.5..3.2).contains(&average), "{average}");
    assert!(pauses.iter().all(|pause| (0.0..=10.0).contains(pause)));
    assert!(pauses.contains(&10.0));
}

#[test]
fn a_rate_that_is_invalid_is_explained_by_what_is_valid() {
    let unknown = refused("explode=0.5").to_string();
    assert!(unknown.contains("\"explode\"") && unknown.contains("lost-answer, throttle, error"), "{unknown}");
    assert!(refused("drop@s3=0.5").to_string().contains("events, lambda, dynamodb, sqs, scheduler, email"));
    let never = refused("reorder@sqs=0.5");
    assert_eq!(never, FaultError::NeverMeets { kind: Kind::Reorder, part: Part::Sqs });
    assert!(never.to_string().ends_with("it meets events"), "{never}");
    for rate in ["1.1", "-0.1", "NaN", "inf", "", "5%"] {
        assert!(matches!(refused(&format!("drop@events={rate}")), FaultError::Rate { .. }), "{rate}");
    }
    assert!(matches!(refused("drop"), FaultError::Unreadable { .. }));
    assert_eq!(refused("drop=0.1, drop=0.2"), FaultError::Twice { name: "drop".to_owned() });
    assert_eq!(Faults::read(["", " , "], 1).unwrap().seed(), None);
}
