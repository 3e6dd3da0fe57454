use super::{
    arms,
    source::{Family, insert_before, with_export},
};

const DECIDER: &str = "\
    fn evolve(state: LampState, event: &LampEvent) -> LampState {
        match (state, event) {
            (_, LampEvent::LampLit(_)) => LampState::Lit,
        }
    }

    fn patch(_: &StreamId, event: &Recorded<LampEvent>) -> Patch {
        let (lit, patch) = match &event.event {
            LampEvent::LampLit(_) => (true, Patch::none()),
        };
        patch.set(\"lit\", lit)
    }

    fn effects(_: &LampState, event: &LampEvent) -> Vec<Effect> {
        match event {
            LampEvent::LampLit(lit) => match lit.colour {
                Colour::Red => vec![alarm()],
                Colour::Green => Vec::new(),
            },
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::Broken => \"Broken\",
        }
    }
";

#[test]
fn every_match_over_the_family_gets_its_arm_and_no_other() {
    let text = arms::insert(DECIDER, "LampEvent", "LampDimmed");
    let arms: Vec<_> = text.lines().filter(|line| line.contains("LampDimmed")).map(str::trim).collect();
    let expected = [
        "(state, LampEvent::LampDimmed(_)) => state,",
        "LampEvent::LampDimmed(_) => return Patch::none(),",
        "LampEvent::LampDimmed(_) => Vec::new(),",
    ];
    assert_eq!(arms, expected, "{text}");
}

#[test]
fn a_line_is_inserted_before_the_first_match_after_the_mark() {
    let text = "a\n]\nmark\nb\n]\n";
    assert_eq!(
        insert_before(text, "mark\n", |line| line.trim() == "]", "c\n").as_deref(),
        Some("a\n]\nmark\nb\nc\n]\n")
    );
    assert_eq!(insert_before(text, "no mark", |_| true, "c\n"), None);
}

#[test]
fn a_family_has_its_members_and_the_type_of_its_id() {
    let text = "causeway::events! {\n    pub enum LampCommand: commands to \"lamp\" by lamp_id {\n        LightLamp = 1,\n        \
                DimLamp = 2 <- v1::DimLamp,\n    }\n}\npub struct LightLamp {\n    pub lamp_id: LampId,\n}\n";
    let family = Family::find(text, "commands to", "lamp").unwrap();
    assert_eq!((family.name.as_str(), family.id_type(text).as_deref()), ("LampCommand", Some("LampId")));
    assert_eq!(family.members, ["LightLamp", "DimLamp"]);
    assert!(Family::find(text, "events of", "lamp").is_none());
}

#[test]
fn an_export_is_added_to_the_list_of_its_module() {
    assert_eq!(with_export("pub use events::{A, B};\n", "events", "C").unwrap(), "pub use events::{A, B, C};\n");
    assert_eq!(with_export("pub use events::A;\n", "events", "C").unwrap(), "pub use events::{A, C};\n");
    assert_eq!(with_export("mod a;\n", "views", "C").unwrap(), "mod a;\npub use views::{C};\n");
}
