//! Hostile texts end in an error, and not in a panic, a full memory or an endless wait.

use super::{ReadError, read, refusal, settings};

#[test]
fn deep_nesting_is_refused_with_its_line() {
    for deep in ["[".repeat(200), "{a: ".repeat(200), "- ".repeat(400_000), "? ".repeat(1_000), "!Sub [".repeat(100)] {
        let text = format!("Resources:\n  A:\n    Type: x\n    Properties:\n      B:\n        {deep}");
        match refusal(&text) {
            ReadError::TooDeep { line: 6, limit: 64 } | ReadError::Yaml { .. } => {}
            other => panic!("{other}"),
        }
    }
    let steps: String = (0..1_000).map(|step| format!("{}a:\n", " ".repeat(step))).collect();
    assert_eq!(refusal(&steps), ReadError::TooDeep { line: 65, limit: 64 });
}

#[test]
fn the_deepest_allowed_nesting_is_evaluated() {
    let nested = format!("{}x{}", "!Join ['', [".repeat(25), "]]".repeat(25));
    let text = format!("Resources: {{ A: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: {nested} }} }} }}");
    assert_eq!(read(&text, &settings()).expect("valid").queues.first().map(|queue| queue.name.as_str()), Some("x"));
}

#[test]
fn a_deep_chain_of_names_is_refused() {
    let link = |number: u32| {
        let next = number + 1;
        format!(
            "  Q{number}: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: !Sub 'x${{Q{next}.QueueName}}' }} }}\n"
        )
    };
    let chain = |length: u32| {
        let links: String = (0..length).map(link).collect();
        format!("Resources:\n{links}  Q{length}: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: x }} }}\n")
    };
    assert!(read(&chain(20), &settings()).is_ok());
    assert!(matches!(refusal(&chain(5_000)), ReadError::TooMuch { problem: "lead too deep", .. }));
}

#[test]
fn a_deep_chain_of_conditions_is_refused() {
    let links: String = (0..5_000).map(|number| format!("  C{number}: !Not [!Condition C{}]\n", number + 1)).collect();
    let text = format!("Conditions:\n{links}  C5000: !Equals [a, a]\nResources: {{ A: {{ Type: AWS::SQS::Queue }} }}");
    assert!(matches!(refusal(&text), ReadError::TooMuch { problem: "lead too deep", .. }));
}

#[test]
fn exponentially_growing_values_are_refused_before_they_are_made() {
    let double = |number: u32| {
        let next = number + 1;
        let part = format!("${{Q{next}.QueueName}}").repeat(10);
        format!("  Q{number}: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: !Sub '{part}' }} }}\n")
    };
    let doubles: String = (0..12).map(double).collect();
    let text = format!("Resources:\n{doubles}  Q12: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: x }} }}\n");
    assert!(matches!(refusal(&text), ReadError::TooMuch { .. }));
}

#[test]
fn a_long_cycle_is_found_without_recursion() {
    let link =
        |number: u32| format!("  Q{number}: {{ Type: AWS::SQS::Queue, DependsOn: Q{} }}\n", (number + 1) % 5_000);
    let links: String = (0..5_000).map(link).collect();
    assert!(matches!(refusal(&format!("Resources:\n{links}")), ReadError::Cycle { .. }));
}

#[test]
fn the_size_of_a_template_is_limited() {
    let template = "Resources: { A: { Type: AWS::SQS::Queue } }\n#";
    let filled = |length: usize| format!("{template}{}", "x".repeat(length - template.len()));
    assert!(read(&filled(1_048_576), &settings()).is_ok());
    assert_eq!(refusal(&filled(1_048_577)), ReadError::TooLarge { bytes: 1_048_577, limit: 1_048_576 });
}

#[test]
fn many_keys_and_many_resources_are_read() {
    let keys: String = (0..40_000).map(|number| format!("  k{number}: {number}\n")).collect();
    let queues: String = (0..5_000).map(|number| format!("  Q{number}: {{ Type: AWS::SQS::Queue }}\n")).collect();
    let stack = read(&format!("Metadata:\n{keys}Resources:\n{queues}"), &settings()).expect("valid");
    assert_eq!(stack.queues.len(), 5_000);
}

#[test]
fn a_template_that_is_cut_off_or_damaged_anywhere_never_panics() {
    let text = include_str!("serverless.yaml");
    let mut refused = 0;
    for place in (0..text.len()).step_by(29) {
        let (before, after) = text.split_at(place);
        for damaged in [before.to_owned(), format!("{before}]{after}"), format!("{before}!Ref {after}")] {
            refused += u32::from(read(&damaged, &settings()).is_err());
        }
    }
    assert!(refused > 100, "only {refused} were refused");
}

#[test]
fn exponential_and_deep_aliases_are_refused_before_they_are_made() {
    let chain = |link: &dyn Fn(u32) -> String| {
        let links: String = (1..200).map(|number| format!("  A{number}: &a{number} {}\n", link(number - 1))).collect();
        format!("Metadata:\n  A0: &a0 [x]\n{links}Resources: {{ Q: {{ Type: AWS::SQS::Queue }} }}")
    };
    let doubled = refusal(&chain(&|before| format!("[*a{before}, *a{before}]"))).to_string();
    assert!(doubled.ends_with("its aliases make more than 100000 values"), "{doubled}");
    assert!(matches!(refusal(&chain(&|before| format!("[*a{before}]"))), ReadError::TooDeep { limit: 64, .. }));
}
