//! Published templates, with much that is not supported here: each is read, and what is not supported is a finding. The
//! template of this repository has no findings. A damaged text gives a stack or an error with a line.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    super::{BusLogging, Finding, LogLevel, Rule},
    Settings, Stack, read, settings, stack,
};
use crate::rng;

/// A web shop behind an API, with layers, a topic, a state machine and loops.
const SHOP: &str = include_str!("public/shop.yaml");

/// Events of other accounts, nested applications, imports and macros.
const HUB: &str = include_str!("public/hub.yaml");

fn not_run(text: &str) -> Vec<String> {
    let of = |finding: &Finding| format!("{} {}", finding.resource, finding.what);
    stack(text).findings.iter().map(of).collect()
}

fn assert_named(text: &str, wanted: &[&str]) {
    let named = not_run(text);
    for wanted in wanted {
        assert!(named.iter().any(|named| named.contains(wanted)), "{wanted} is not named in {named:#?}");
    }
}

#[test]
fn a_shop_with_an_api_layers_topics_and_state_machines_is_read_with_findings() {
    let shop = stack(SHOP);
    let names = |rule: &Rule| rule.targets.iter().map(|target| target.arn.clone()).collect::<Vec<_>>();
    assert_eq!(shop.functions.len(), 2);
    assert!(shop.rules.iter().any(|rule| names(rule).iter().any(|arn| arn.contains(":function:"))));
    assert_eq!(shop.archives.first().map(|archive| archive.retention_days), Some(30));
    assert_named(
        SHOP,
        &[
            "resources of type AWS::Serverless::Api are not supported here",
            "resources of type AWS::Serverless::LayerVersion are not supported here",
            "resources of type AWS::Serverless::StateMachine are not supported here",
            "events of type Api are not supported here",
            "events of type S3 are not supported here",
            "Globals.Api resources of this type are not supported here",
            "Fn::ForEach::Topics is not supported here",
            "is no function, queue or bus of this account",
            "Layers is not supported here",
            "Fn::GetAZs is not supported here",
            "a value of type AWS::SSM::Parameter::Value<String> lies in a store that is not supported here",
        ],
    );
}

#[test]
fn a_hub_of_other_accounts_with_imports_and_nested_stacks_is_read_with_findings() {
    let hub = stack(HUB);
    assert_eq!((hub.buses.len(), hub.rules.len()), (1, 3));
    assert_named(
        HUB,
        &[
            "Common resources of type AWS::CloudFormation::Stack are not supported here unless their template is a file",
            "resources of type AWS::CloudFormation::Stack are not supported here",
            "resources of type Custom::Lookup are not supported here",
            "resources of type AWS::Events::ApiDestination are not supported here",
            "resources of type AWS::Pipes::Pipe are not supported here",
            "Outputs.QueueArn of a AWS::CloudFormation::Stack is not known",
            "Fn::ImportValue is not supported here",
            "Fn::Transform is not supported here",
            "Fn::Base64 is not supported here",
            "Fn::Cidr is not supported here",
            "the section Rules is not read",
            "EcsParameters is not supported here",
        ],
    );
}

#[test]
fn the_log_configuration_of_a_bus_is_read_and_an_unknown_level_refused() {
    let bus = |config: &str| {
        let properties = format!("{{ Name: a, LogConfig: {config} }}");
        read(&format!("Resources: {{ Bus: {{ Type: AWS::Events::EventBus, Properties: {properties} }} }}"), &settings())
    };
    let valid = bus("{ Level: INFO, IncludeDetail: FULL }").expect("valid");
    assert_eq!(valid.findings, []);
    assert_eq!(valid.buses[0].logging, BusLogging { level: LogLevel::Info, with_detail: true });
    assert_eq!(bus("!Ref AWS::NoValue").expect("valid").buses[0].logging, BusLogging::default());
    let refused = bus("{ Level: LOUD }").expect_err("no level").to_string();
    assert_eq!(refused, r#"line 1: Bus.LogConfig.Level must be one of OFF, ERROR, INFO, TRACE, not "LOUD""#);
}

/// The number of supported resources, and the findings.
fn account(text: &str) -> String {
    let stack = stack(text);
    let runs = [
        (stack.functions.len(), "functions"),
        (stack.rules.len(), "rules"),
        (stack.rules.iter().map(|rule| rule.targets.len()).sum(), "targets"),
        (stack.schedules.len(), "schedules"),
        (stack.mappings.len(), "mappings"),
        (stack.queues.len(), "queues"),
        (stack.tables.len(), "tables"),
        (stack.buses.len(), "buses"),
        (stack.apis.len(), "apis"),
    ];
    let runs = runs.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let not_run = stack.findings.iter().map(ToString::to_string);
    let lines = [format!("runs: {}", runs.collect::<Vec<_>>().join(", "))].into_iter().chain(not_run);
    lines.map(|line| line + "\n").collect()
}

/// The published templates, each with its expected account.
fn published() -> Vec<(String, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/template/tests/public");
    let mut all: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    all.sort();
    all.retain(|path| path.extension().is_some_and(|ending| ending != "txt"));
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    all.iter().map(|path| (path.display().to_string(), read(path), read(&path.with_extension("txt")))).collect()
}

#[test]
fn each_published_template_has_the_expected_resources_and_findings() {
    let published = published();
    assert!(published.len() >= 13, "{}", published.len());
    for (path, text, wanted) in published {
        let account = account(&text);
        assert!(account == wanted, "{path} is read otherwise now; the account of it would be\n{account}");
    }
}

#[test]
fn an_own_entry_wins_over_a_merged_one() {
    let stack = stack(include_str!("public/anchors.yaml"));
    let second = stack.functions.iter().find(|function| function.id == "Second").expect("a second function");
    assert_eq!((second.handler.as_deref(), second.timeout_seconds), (Some("index.second"), 20));
    assert_eq!(second.environment["STAGE"], "own");
    assert!(second.environment["TABLE"].starts_with("shop-Table-"));
    assert_eq!(stack.rules[1].pattern.as_deref(), Some(r#"{"detail-type":["Only"],"source":["first"]}"#));
    assert_eq!(stack.queues[0].visibility_seconds, 20);
}

/// Texts that damage a template where they are inserted.
const ODD: [&str; 12] = [
    "!Ref Nothing",
    "!GetAtt A",
    "!Sub '${'",
    "Fn::ForEach::X: [a, [b], {}]",
    "? [a]",
    "- - - a",
    "!If [a, b, c]",
    "{",
    "'",
    "Type: AWS::Events::Rule",
    "!Transform { Name: x }",
    "\u{0}",
];

/// The text with one thing wrong in it: a line lost, doubled, moved, cut, indented, or something odd put in.
fn damaged(text: &str, seed: u64) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let pick = |use_: u64, below: usize| usize::try_from(rng::mix(seed, &[use_]) >> 1).expect("64 bits") % below;
    let (place, other) = (pick(1, lines.len()), pick(2, lines.len()));
    match pick(3, 7) {
        0 => drop(lines.remove(place)),
        1 => lines.insert(other, lines[place].clone()),
        2 => lines.swap(place, other),
        3 => {
            let half = lines[place].chars().count() / 2;
            lines[place] = lines[place].chars().take(half).collect();
        }
        4 => lines[place].insert_str(0, "  "),
        5 => lines[place] = format!("{} {}", lines[place], ODD[pick(4, ODD.len())]),
        _ => {
            let indent = lines[place].len() - lines[place].trim_start().len();
            lines.insert(place, format!("{}{}", " ".repeat(indent), ODD[pick(4, ODD.len())]));
        }
    }
    lines.join("\n")
}

#[test]
fn a_damaged_template_gives_a_stack_or_an_error_with_a_line() {
    let (_, own) = own_template();
    let (mut stacks, mut errors) = (0, 0);
    for (text, rounds) in [(SHOP, 400), (HUB, 400), (own.as_str(), 80)] {
        for round in 0..rounds {
            // Every third text is damaged twice.
            let once = damaged(text, round);
            let text = if round % 3 == 0 { damaged(&once, round + 1) } else { once };
            match read(&text, &settings()) {
                Ok(_) => stacks += 1,
                Err(error) => {
                    assert!(error.to_string().starts_with("line "), "round {round}: {error}");
                    errors += 1;
                }
            }
        }
    }
    assert!(stacks > 100 && errors > 100, "{stacks} stacks, {errors} errors");
}

/// The path and the text of the template of this repository.
fn own_template() -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let text = fs::read_to_string(&path).expect("the template can be read");
    (path, text)
}

fn own_stack(stage: &str) -> Stack {
    let (path, text) = own_template();
    let parameters = [("Stage".to_owned(), stage.to_owned())].into();
    match read(&text, &Settings { parameters, file: Some(path), ..settings() }) {
        Ok(stack) => stack,
        Err(error) => panic!("the template is refused: {error}"),
    }
}

#[test]
fn every_stage_of_our_template_is_read_without_findings() {
    for stage in ["local", "test", "prod"] {
        assert_eq!(own_stack(stage).findings.iter().map(ToString::to_string).collect::<Vec<_>>(), [""; 0]);
    }
}

#[test]
fn every_function_of_our_template_has_a_binary_and_an_event_source() {
    let stack = own_stack("local");
    assert!(!stack.functions.is_empty());
    for function in &stack.functions {
        assert!(function.binary.is_some(), "{} has no binary", function.id);
        let by_rule = stack.rules.iter().flat_map(|rule| &rule.targets).any(|target| target.arn == function.arn);
        let by_mapping = stack.mappings.iter().any(|mapping| mapping.function == function.name);
        assert!(by_rule || by_mapping, "nothing invokes {}", function.id);
    }
}

#[test]
fn every_failure_of_our_template_has_a_dead_letter_queue() {
    let stack = own_stack("local");
    let is_there =
        |arn: &Option<String>| arn.as_ref().is_some_and(|arn| stack.queues.iter().any(|queue| queue.arn == *arn));
    for target in stack.rules.iter().flat_map(|rule| &rule.targets) {
        assert!(is_there(&target.dead_letter_arn), "{} has no dead-letter queue", target.id);
    }
    for function in
        stack.functions.iter().filter(|function| !stack.mappings.iter().any(|one| one.function == function.name))
    {
        assert!(is_there(&function.invokes.on_failure_arn), "{} has no on-failure destination", function.id);
    }
}

#[test]
fn point_in_time_recovery_is_read() {
    let recoverable = |stage: &str| own_stack(stage).tables.iter().filter(|table| table.is_recoverable).count();
    assert_eq!((recoverable("test"), recoverable("prod")), (0, own_stack("prod").tables.len()));
}
