//! Nested stacks: templates in several files, read as one stack.

use std::{error::Error, fs};

use tempfile::TempDir;

use super::{ReadError, Settings, Stack, read, settings};

const QUEUES: &str = "
Parameters: { Seconds: { Type: Number }, Names: { Type: CommaDelimitedList, Default: '' } }
Resources:
  Letters: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: !Ref Seconds } }
  Stream: { Type: AWS::Kinesis::Stream }
Outputs:
  Arn: { Value: !GetAtt Letters.Arn }
  Names: { Value: !Join ['+', !Ref Names] }
";

const ROOT: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Queues:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: parts/queues.yaml, Parameters: { Seconds: 7, Names: [a, b] } }
  Placed:
    Type: AWS::Events::Rule
    Properties: { EventPattern: { source: [shop] }, Targets: [{ Id: a, Arn: !GetAtt Queues.Outputs.Arn }] }
Outputs:
  Names: { Value: !GetAtt Queues.Outputs.Names }
  Stack: { Value: !Ref Queues }
";

/// A folder with templates in it.
struct Folder(TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Self(folder)
    }

    fn read(&self, path: &str) -> Result<Stack, ReadError> {
        let file = self.0.path().join(path);
        let text = fs::read_to_string(&file).expect("a template");
        read(&text, &Settings { file: Some(file), ..settings() })
    }
}

fn refused(files: &[(&str, &str)]) -> (String, String) {
    let error = Folder::with(files).read("root.yaml").expect_err("the template is refused");
    let why = error.source().map(ToString::to_string).unwrap_or_default();
    (error.to_string(), why)
}

#[test]
fn a_nested_stack_gets_its_parameters_and_has_outputs() {
    let stack = Folder::with(&[("root.yaml", ROOT), ("parts/queues.yaml", QUEUES)]).read("root.yaml").expect("a stack");
    let queue = &stack.queues[0];
    assert_eq!((queue.id.as_str(), queue.visibility_seconds), ("Queues.Letters", 7));
    assert!(queue.name.starts_with("shop-Queues-") && queue.name.contains("-Letters-"), "{}", queue.name);
    assert_eq!(stack.rules[0].targets[0].arn, queue.arn);
    assert_eq!(stack.outputs[0].value, "a+b");
    let (own, rest) = queue.name.split_once("-Letters-").expect("a name");
    assert_eq!(rest.len(), 12);
    assert!(stack.outputs[1].value.starts_with(&format!("arn:aws:cloudformation:us-east-1:000000000000:stack/{own}/")));
}

#[test]
fn a_finding_of_a_nested_stack_has_its_file_and_line() {
    let stack = Folder::with(&[("root.yaml", ROOT), ("parts/queues.yaml", QUEUES)]).read("root.yaml").expect("a stack");
    let findings: Vec<String> = stack.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        ["parts/queues.yaml, line 5: Stream: resources of type AWS::Kinesis::Stream are not supported here"]
    );
}

#[test]
fn an_application_with_a_path_is_a_nested_stack_and_paths_are_relative_to_their_file() {
    let root = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Shop: { Type: AWS::Serverless::Application, Properties: { Location: ./apps/shop.yaml, Parameters: { Wait: 9 } } }
  Far: { Type: AWS::Serverless::Application, Properties: { Location: { ApplicationId: a, SemanticVersion: 1.0.0 } } }
  Away: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: 'https://example.com/a.yaml' } }
";
    let shop = "
Parameters: { Wait: { Type: Number } }
Resources:
  Inner: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ../parts/queues.yaml, Parameters: { Seconds: !Ref Wait } } }
";
    let files = [("root.yaml", root), ("apps/shop.yaml", shop), ("parts/queues.yaml", QUEUES)];
    let stack = Folder::with(&files).read("root.yaml").expect("a stack");
    let queue = &stack.queues[0];
    assert_eq!((queue.id.as_str(), queue.visibility_seconds), ("Shop.Inner.Letters", 9));
    let findings: Vec<String> = stack.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "line 5: Far: resources of type AWS::Serverless::Application are not supported here",
            "line 6: Away: resources of type AWS::CloudFormation::Stack are not supported here unless their template is a file",
            "./apps/../parts/queues.yaml, line 5: Stream: resources of type AWS::Kinesis::Stream are not supported here",
        ]
    );
}

#[test]
fn a_nested_template_that_is_missing_or_wrong_is_refused_with_both_lines() {
    let missing = refused(&[("root.yaml", ROOT)]);
    assert_eq!(missing.0, "line 4: Queues: the nested template parts/queues.yaml cannot be read: entity not found");
    let wrong = QUEUES.replace("!Ref Seconds", "long");
    let wrong = refused(&[("root.yaml", ROOT), ("parts/queues.yaml", &wrong)]);
    assert_eq!(wrong.0, "line 4: Queues: the nested template parts/queues.yaml is refused");
    assert_eq!(wrong.1, r#"line 4: Letters.VisibilityTimeout must be a whole number from 0 to 43200, not "long""#);
    let unknown =
        refused(&[("root.yaml", &ROOT.replace("Names: [a, b]", "Colour: red")), ("parts/queues.yaml", QUEUES)]);
    assert_eq!(unknown.1, r#"the template has no parameter "Colour""#);
    let output = refused(&[("root.yaml", &ROOT.replace("Outputs.Arn", "Outputs.Url")), ("parts/queues.yaml", QUEUES)]);
    assert_eq!(output.0, r#"line 9: there is no output of a nested stack "Queues.Outputs.Url""#);
}

#[test]
fn templates_that_nest_each_other_are_refused() {
    let nests = |path: &str| {
        format!("Resources:\n  Inner: {{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: {path} }} }}\n")
    };
    let itself = refused(&[("root.yaml", &nests("root.yaml"))]);
    assert_eq!(itself.0, "line 2: these need each other in a circle: root.yaml → root.yaml");
    let each_other = refused(&[("root.yaml", &nests("other.yaml")), ("other.yaml", &nests("root.yaml"))]);
    assert_eq!(each_other.1, "line 2: these need each other in a circle: root.yaml → other.yaml → root.yaml");
}

#[test]
fn a_stack_cannot_use_its_own_output() {
    let root = ROOT.replace("Seconds: 7", "Seconds: !GetAtt Queues.Outputs.Arn");
    let (error, _) = refused(&[("root.yaml", &root), ("parts/queues.yaml", QUEUES)]);
    assert_eq!(error, "line 4: these need each other in a circle: Queues → Queues");
}

#[test]
fn many_nested_templates_have_the_limits_of_one() {
    let level = |number: u32| {
        let nested = |place: u32| {
            let next = number + 1;
            format!("  S{place}: {{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: l{next}.yaml }} }}\n")
        };
        let text = format!("Resources:\n{}", (0..40).map(nested).collect::<String>());
        (format!("l{number}.yaml"), text)
    };
    let mut files: Vec<(String, String)> = (1..6).map(level).collect();
    files.push(("l6.yaml".to_owned(), "Resources: { Q: { Type: AWS::SQS::Queue } }".to_owned()));
    files.push(("root.yaml".to_owned(), level(0).1));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let mut error: Box<dyn Error> = Folder::with(&files).read("root.yaml").expect_err("too much").into();
    let mut text = error.to_string();
    while let Some(source) = error.downcast::<ReadError>().ok().and_then(|error| match *error {
        ReadError::Nested { source, .. } => Some(source),
        _ => None,
    }) {
        text = source.to_string();
        error = source;
    }
    assert!(text.ends_with("the intrinsics make more than four million characters"), "{text}");
}

#[test]
fn a_retained_resource_of_a_nested_stack_has_a_prefixed_id() {
    let queues = QUEUES.replace("Letters: { Type", "Letters: { DeletionPolicy: Retain, Type");
    let stack =
        Folder::with(&[("root.yaml", ROOT), ("parts/queues.yaml", &queues)]).read("root.yaml").expect("a stack");
    assert!(stack.retained["Queues.Letters"].when_removed);
    let root = ROOT.replace("AWS::CloudFormation::Stack\n", "AWS::CloudFormation::Stack\n    DeletionPolicy: Retain\n");
    let whole =
        Folder::with(&[("root.yaml", &root), ("parts/queues.yaml", QUEUES)]).read("root.yaml").expect("a stack");
    assert!(whole.retained["Queues.Letters"].when_removed);
}
