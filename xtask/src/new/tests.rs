use super::{arms, infra, insert_before};

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
    let wanted = [
        "(state, LampEvent::LampDimmed(_)) => state,",
        "LampEvent::LampDimmed(_) => return Patch::none(),",
        "LampEvent::LampDimmed(_) => Vec::new(),",
    ];
    assert_eq!(arms, wanted, "{text}");
}

#[test]
fn a_function_takes_ten_lines_and_names_its_owner_only_for_a_fact() {
    let fact = infra::function("analytics-on-order-placed", "analytics", "OrderPlaced", Some("order"), "Projects");
    assert_eq!(fact.lines().count(), 10);
    assert!(fact.starts_with("  AnalyticsOnOrderPlaced:\n"));
    assert!(fact.contains("Pattern: { source: [causeway.order], detail-type: [OrderPlaced] }"));
    let command = infra::function("order-on-place-order", "order", "PlaceOrder", None, "Decides");
    assert!(command.contains("Pattern: { detail-type: [PlaceOrder] }"));
    assert!(command.contains("Role: !GetAtt OrderDeciderRole.Arn"));
}

#[test]
fn a_line_goes_before_the_first_that_fits_behind_the_mark() {
    let text = "a\n]\nmark\nb\n]\n";
    assert_eq!(
        insert_before(text, "mark\n", |line| line.trim() == "]", "c\n").as_deref(),
        Some("a\n]\nmark\nb\nc\n]\n")
    );
    assert_eq!(insert_before(text, "no mark", |_| true, "c\n"), None);
}
