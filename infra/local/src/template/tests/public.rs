//! Templates as people publish them, with much that this machine does not run: each is read, and what is not run is
//! named. And whatever becomes of a text, it ends in a stack or in an error with a line.

use std::fs;
use std::path::Path;

use super::super::read;
use super::settings;
use super::stack;
use crate::chance;

/// A web shop behind an API, with layers, a topic, a state machine and loops.
const SHOP: &str = include_str!("public/shop.yaml");

/// Events of other accounts, nested applications, imports and macros.
const HUB: &str = include_str!("public/hub.yaml");

fn not_run(text: &str) -> Vec<String> {
    let of = |finding: &super::super::Finding| format!("{} {}", finding.resource, finding.what);
    stack(text).findings.iter().map(of).collect()
}

fn assert_named(text: &str, wanted: &[&str]) {
    let named = not_run(text);
    for wanted in wanted {
        assert!(named.iter().any(|named| named.contains(wanted)), "{wanted} is not named in {named:#?}");
    }
}

#[test]
fn a_shop_with_an_api_layers_topics_and_state_machines_is_read_and_what_is_not_run_is_named() {
    let shop = stack(SHOP);
    let names = |rule: &super::super::Rule| rule.targets.iter().map(|target| target.arn.clone()).collect::<Vec<_>>();
    assert_eq!(shop.functions.len(), 2);
    assert!(shop.rules.iter().any(|rule| names(rule).iter().any(|arn| arn.contains(":function:"))));
    assert_eq!(shop.archives.first().map(|archive| archive.retention_days), Some(30));
    assert_named(
        SHOP,
        &[
            "resources of type AWS::Serverless::Api are not played here",
            "resources of type AWS::Serverless::LayerVersion are not played here",
            "resources of type AWS::Serverless::StateMachine are not played here",
            "resources of type AWS::Serverless::HttpApi are not played here",
            "events of type Api are not played here",
            "events of type S3 are not played here",
            "Globals.Api resources of this type are not played here",
            "Fn::ForEach::Topics is not played here",
            "the transform AWS::LanguageExtensions is not known",
            "is neither a function nor a queue",
            "Layers is not played here",
            "Fn::GetAZs is not played here",
            "a value of type AWS::SSM::Parameter::Value<String> lies in a store that is not played here",
        ],
    );
}

#[test]
fn a_hub_of_other_accounts_with_imports_and_nested_stacks_is_read_and_what_is_not_run_is_named() {
    let hub = stack(HUB);
    assert_eq!((hub.buses.len(), hub.rules.len()), (1, 3));
    assert_named(
        HUB,
        &[
            "resources of type AWS::Serverless::Application are not played here",
            "resources of type AWS::CloudFormation::Stack are not played here",
            "resources of type Custom::Lookup are not played here",
            "resources of type AWS::Events::ApiDestination are not played here",
            "resources of type AWS::Pipes::Pipe are not played here",
            "Outputs.QueueArn of a AWS::CloudFormation::Stack is not known",
            "Fn::ImportValue is not played here",
            "Fn::Transform is not played here",
            "Fn::Base64 is not played here",
            "Fn::Cidr is not played here",
            "the section Rules is not read",
            "EcsParameters is not played here",
        ],
    );
}

#[test]
fn what_a_bus_logs_is_known_and_what_it_cannot_log_is_refused() {
    let bus = |config: &str| {
        let properties = format!("{{ Name: a, LogConfig: {config} }}");
        read(&format!("Resources: {{ Bus: {{ Type: AWS::Events::EventBus, Properties: {properties} }} }}"), &settings())
    };
    assert_eq!(bus("{ Level: INFO, IncludeDetail: FULL }").expect("valid").findings, []);
    let refused = bus("{ Level: LOUD }").expect_err("no level").to_string();
    assert_eq!(refused, r#"line 1: Bus.LogConfig.Level must be one of OFF, ERROR, INFO, TRACE, not "LOUD""#);
}

/// What may come into a text where it does not belong.
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
    let pick = |use_: u64, below: usize| usize::try_from(chance::mixed(seed, &[use_]) >> 1).expect("64 bits") % below;
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
fn whatever_is_wrong_with_a_template_it_ends_in_a_stack_or_in_an_error_with_a_line() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let own = fs::read_to_string(own).expect("the template can be read");
    let (mut stacks, mut errors) = (0, 0);
    for (text, rounds) in [(SHOP, 400), (HUB, 400), (own.as_str(), 80)] {
        for round in 0..rounds {
            // Two things wrong now and then: the second is found by what the first lets through.
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
