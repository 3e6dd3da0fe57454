//! The repository's own template, which this reader is there for.

use std::{fs, path::Path};

use super::{
    super::{Settings, Stack, read},
    settings,
};

fn own(stage: &str) -> Stack {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let text = fs::read_to_string(&path).expect("the template can be read");
    let parameters = [("Stage".to_owned(), stage.to_owned())].into();
    match read(&text, &Settings { parameters, file: Some(path), ..settings() }) {
        Ok(stack) => stack,
        Err(error) => panic!("the template is refused: {error}"),
    }
}

#[test]
fn every_stage_of_our_template_is_read_and_nothing_is_left_over() {
    for stage in ["local", "test", "prod"] {
        assert_eq!(own(stage).findings.iter().map(ToString::to_string).collect::<Vec<_>>(), [""; 0]);
    }
}

#[test]
fn every_function_of_our_template_has_a_binary_and_is_woken_by_something() {
    let stack = own("local");
    assert!(!stack.functions.is_empty());
    for function in &stack.functions {
        assert!(function.binary.is_some(), "{} has no binary", function.id);
        let by_rule = stack.rules.iter().flat_map(|rule| &rule.targets).any(|target| target.arn == function.arn);
        let by_mapping = stack.mappings.iter().any(|mapping| mapping.function == function.name);
        assert!(by_rule || by_mapping, "nothing wakes {}", function.id);
    }
}

#[test]
fn every_failure_of_our_template_ends_in_a_queue_that_is_there() {
    let stack = own("local");
    let is_there =
        |arn: &Option<String>| arn.as_ref().is_some_and(|arn| stack.queues.iter().any(|queue| queue.arn == *arn));
    for target in stack.rules.iter().flat_map(|rule| &rule.targets) {
        assert!(is_there(&target.dead_letter_arn), "{} has no dead-letter queue", target.id);
    }
    for function in
        stack.functions.iter().filter(|function| !stack.mappings.iter().any(|one| one.function == function.name))
    {
        assert!(is_there(&function.invokes.on_failure_arn), "{} tells nobody of its failures", function.id);
    }
}

#[test]
fn what_a_table_can_be_set_back_to_is_known_for_its_price() {
    let recoverable = |stage: &str| own(stage).tables.iter().filter(|table| table.is_recoverable).count();
    assert_eq!((recoverable("test"), recoverable("prod")), (0, own("prod").tables.len()));
}
