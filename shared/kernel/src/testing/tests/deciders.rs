//! Stories of deciders, views and processes, the true and the false ones.

use std::panic::{UnwindSafe, catch_unwind};

use jiff::SignedDuration;

use super::lamp::{DimLamp, Lamp, LampCommand, LampFed, LampRejection, LampState, LampWear, Wear, dimmed, lit, minute};
use crate::{
    command::decider::Effect,
    message::id::{Id, StreamId},
    saga::process::Status,
    testing::{assert_idempotent, given, given_process, given_view},
    view::view_store::ListPosition,
};

/// What a false story is told to be wrong about.
fn complaint<T>(story: impl FnOnce() -> T + UnwindSafe) -> String {
    let words = catch_unwind(story).err().expect("the story is false");
    words.downcast_ref::<String>().cloned().expect("the complaint is a text")
}

fn light() -> LampCommand {
    LampCommand::Light { until: minute(10) }
}

fn send_to_ward() -> Effect {
    Effect::send::<Lamp, _>(&Id::new("ward").unwrap(), &DimLamp {})
}

#[test]
fn a_true_story_of_a_decider_passes() {
    given::<Lamp>([])
        .when(light())
        .then([lit()])
        .then_effects([Effect::set_timer("dusk", minute(10), &DimLamp {})])
        .then_sends([])
        .when(light())
        .then_nothing()
        .when(LampCommand::Dim { now: minute(10) })
        .then([dimmed()])
        .then_sends([send_to_ward()])
        .then_timers([Effect::cancel_timer("dusk")])
        .then_state(LampState { until: None, dimmed: 1, drops: 0 });
    given::<Lamp>([lit()])
        .when(LampCommand::Light { until: minute(11) })
        .then_rejected(LampRejection::Burning { until: minute(10) })
        .then_rejected_by("Burning");
}

#[test]
fn a_false_story_of_a_decider_says_what_differs() {
    let words = complaint(|| given::<Lamp>([]).when(light()).then([lit(), dimmed()]));
    assert!(words.contains("the command has other events"), "{words}");
    assert!(words.lines().any(|line| line.starts_with("- ") && line.contains("LampDimmed")), "{words}");
    assert!(words.lines().any(|line| line.starts_with("  ") && line.contains("LampLit")), "{words}");
    let words = complaint(|| given::<Lamp>([]).when(light()).then_nothing());
    assert!(words.lines().any(|line| line.starts_with("+ ") && line.contains("LampLit")), "{words}");
    let words = complaint(|| given::<Lamp>([]).when(light()).then_rejected_by("Burning"));
    assert!(words.contains("not rejected by Burning"), "{words}");
    let words = complaint(|| given::<Lamp>([]).when(LampCommand::Feed { drops: 101 }).then_nothing());
    assert!(words.contains("rejected by TooMuch: a lamp takes no 101 drops"), "{words}");
    let other = LampRejection::TooMuch { drops: 1 };
    let words = complaint(|| given::<Lamp>([]).when(LampCommand::Feed { drops: 101 }).then_rejected(other));
    assert!(words.contains("another reason"), "{words}");
    let words = complaint(|| given::<Lamp>([]).when(light()).then_effects([]));
    assert!(words.contains("dusk"), "{words}");
    let words = complaint(|| given::<Lamp>([lit()]).when(LampCommand::Flicker).then_sends([]));
    assert!(words.contains("DimLamp"), "{words}");
    let words = complaint(|| given::<Lamp>([]).when(light()).then_timers([]));
    assert!(words.contains("other timers"), "{words}");
    let words = complaint(|| given::<Lamp>([]).when(light()).then_state(LampState::default()));
    assert!(words.contains("the state is another"), "{words}");
}

#[test]
fn a_view_is_told_by_its_row_and_place() {
    let story = || given_view::<LampWear>([lit(), dimmed(), lit()]);
    story()
        .at(minute(0))
        .apart(SignedDuration::from_mins(5))
        .then_row(Wear { lit: 2, since: Some(minute(10)) })
        .then_position(Some(ListPosition { list: "burning".to_owned(), sort_key: "s-1".to_owned() }));
    given_view::<LampWear>([lit()])
        .on(StreamId::parse("lamp/l-7").unwrap())
        .then_position(Some(ListPosition { list: "burning".to_owned(), sort_key: "l-7".to_owned() }));
    assert_eq!(story().row().version, 3);
    let words = complaint(move || story().then_row(Wear { lit: 1, since: None }));
    assert!(words.contains("-     lit: 1,") && words.contains("+     lit: 2,"), "{words}");
    let words = complaint(|| given_view::<LampWear>([dimmed()]).then_row(Wear { lit: 0, since: None }));
    assert!(words.contains("cannot be read: missing field `lit`"), "{words}");
    let words = complaint(|| given_view::<LampWear>([lit()]).then_position(None));
    assert!(words.contains("stands elsewhere"), "{words}");
}

#[test]
fn a_process_is_told_with_the_clock_in_hand() {
    let until = minute(10);
    given_process::<Lamp>()
        .then_status(Status::NotStarted)
        .when(|_| LampCommand::Light { until })
        .then([lit()])
        .then_sends([])
        .then_status(Status::Running)
        .then_waits_for(["dusk"])
        .then_due([])
        .after(SignedDuration::from_mins(9))
        .when(|now| LampCommand::Dim { now })
        .then_nothing()
        .at(until)
        .then_due(["dusk"])
        .then_waits_for([])
        .when(|now| LampCommand::Dim { now })
        .then_status(Status::Completed)
        .then_sends([send_to_ward()])
        .then_due([])
        .when(|now| LampCommand::Dim { now })
        .then_nothing();
}

#[test]
fn a_process_that_leaves_its_end_is_found() {
    let ended = || given_process::<Lamp>().when(|_| light()).at(minute(10)).when(|now| LampCommand::Dim { now });
    ended().then_status(Status::Completed);
    let words = complaint(move || ended().when(|_| LampCommand::Flicker));
    assert_eq!(words, "the process left its end: it was Completed and is NeedsOperator");
    let words = complaint(|| given_process::<Lamp>().then_status(Status::Running));
    assert!(words.contains("stands elsewhere"), "{words}");
    let words = complaint(|| given_process::<Lamp>().then_nothing());
    assert_eq!(words, "the process has heard nothing yet");
    let words = complaint(|| given_process::<Lamp>().when(|_| light()).then_waits_for([]));
    assert!(words.contains("dusk"), "{words}");
    let words = complaint(|| given_process::<Lamp>().when(|_| light()).at(minute(10)).then_due([]));
    assert!(words.contains("dusk"), "{words}");
}

#[test]
fn what_has_its_effect_twice_is_found() {
    assert_idempotent::<Lamp>([], &light());
    assert_idempotent::<Lamp>([lit()], &LampCommand::Dim { now: minute(10) });
    assert_idempotent::<Lamp>([], &LampCommand::Feed { drops: 101 });
    let long: Vec<_> = (0..250).map(|_| LampFed { drops: 1 }.into()).collect();
    assert_idempotent::<Lamp>(long, &LampCommand::Feed { drops: 3 });
    let words = complaint(|| assert_idempotent::<Lamp>([], &LampCommand::Flicker));
    assert_eq!(words, r#"given twice, the command adds ["LampDimmed"] the second time"#);
}
