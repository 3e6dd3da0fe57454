//! The memory of a process only moves forward, whatever comes, and however often.

use super::*;
use crate::memory::MemoryIds;

fn asked(steps: &[&'static str]) -> Steps<&'static str> {
    let mut asked = Steps::default();
    for step in steps {
        assert!(asked.ask(*step));
    }
    asked
}

#[test]
fn a_step_is_asked_once() {
    let mut steps = asked(&["reserve"]);
    assert!(!steps.ask("reserve"));
    steps.done(&"reserve");
    assert!(!steps.ask("reserve"), "not after it is done either");
    assert_eq!(steps.iter().count(), 1);
}

#[test]
fn all_done_means_all() {
    let mut steps = asked(&["reserve", "pay"]);
    steps.done(&"reserve");
    assert!(!steps.all_done());
    steps.done(&"pay");
    assert!(steps.all_done());
    assert!(!steps.all_undone());
}

#[test]
fn what_was_done_or_may_have_been_is_undone_in_reverse_and_once() {
    let mut steps = asked(&["reserve", "pay", "ship", "mail"]);
    steps.done(&"reserve");
    steps.done(&"pay");
    steps.refused(&"ship");
    assert_eq!(steps.to_undo(), [&"mail", &"pay", &"reserve"]);
    assert!(steps.undo_asked(&"pay"));
    assert!(!steps.undo_asked(&"pay"));
    assert_eq!(steps.to_undo(), [&"mail", &"reserve"]);
    assert!(!steps.undo_asked(&"ship"), "what was refused has nothing to undo");
    assert!(!steps.undone(&"reserve"), "nobody asked for it yet");
    for step in ["mail", "reserve"] {
        steps.undo_asked(&step);
    }
    for step in ["pay", "mail"] {
        assert!(steps.undone(&step));
    }
    assert!(!steps.all_undone());
    assert!(steps.undone(&"reserve"));
    assert!(!steps.undone(&"reserve"));
    assert!(steps.all_undone());
}

#[test]
fn an_answer_that_comes_too_late_changes_nothing() {
    let mut steps = asked(&["reserve"]);
    steps.undo_asked(&"reserve");
    let before = steps.clone();
    assert!(!steps.done(&"reserve"));
    assert!(!steps.refused(&"reserve"));
    assert!(!steps.done(&"never asked"));
    assert_eq!(steps, before);
    assert_eq!(steps.progress(&"reserve"), Some(Progress::UndoAsked));
    assert_eq!(steps.progress(&"never asked"), None);
}

#[test]
fn the_memory_is_a_list_in_json() {
    let mut steps: Steps<String> = Steps::default();
    steps.ask("reserve".to_owned());
    steps.done(&"reserve".to_owned());
    let text = serde_json::to_string(&steps).unwrap();
    assert_eq!(text, r#"[["reserve","done"]]"#);
    assert_eq!(serde_json::from_str::<Steps<String>>(&text).unwrap(), steps);
}

#[test]
fn three_statuses_are_ends() {
    use Status::*;
    let all = [NotStarted, Running, Compensating, Completed, Compensated, NeedsOperator];
    assert_eq!(all.map(Status::is_end), [false, false, false, true, true, true]);
    assert_eq!(Status::default(), NotStarted);
}

/// How far along a step is; refused and undone are both as far as it gets.
fn stage(progress: Option<Progress>) -> u8 {
    match progress {
        None => 0,
        Some(Progress::Asked) => 1,
        Some(Progress::Done) => 2,
        Some(Progress::UndoAsked) => 3,
        Some(Progress::Refused | Progress::Undone) => 4,
    }
}

#[test]
fn whatever_comes_no_step_goes_back_and_each_word_is_news_once() {
    let ids = MemoryIds::seeded(5);
    for _ in 0..500 {
        let mut steps: Steps<u64> = Steps::default();
        for _ in 0..40 {
            let step = ids.bits() % 4;
            let before = steps.clone();
            let news = match ids.bits() % 5 {
                0 => steps.ask(step),
                1 => steps.done(&step),
                2 => steps.refused(&step),
                3 => steps.undo_asked(&step),
                _ => steps.undone(&step),
            };
            assert_eq!(news, steps != before, "a word is news if it changes something");
            for other in 0..4 {
                let (was, is) = (stage(before.progress(&other)), stage(steps.progress(&other)));
                assert!(if other == step && news { is > was } else { is == was }, "{before:?} became {steps:?}");
            }
        }
    }
}
