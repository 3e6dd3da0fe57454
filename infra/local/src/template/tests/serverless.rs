//! The serverless transform: what it adds, its errors and findings, and its agreement with the translator of SAM:
//! `serverless.translated.json` is the output of aws-sam-translator 1.110.0 for `serverless.yaml`.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    super::{AsynchronousInvokes, Function, HttpApi, HttpRoute, Input, Stack},
    findings, read, refusal, settings, stack,
};

fn function(properties: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: {properties}\n"
    )
}

#[test]
fn globals_are_merged_into_functions_and_the_function_wins() {
    let stack = stack(include_str!("serverless.yaml"));
    let function = stack.functions.iter().find(|function| function.id == "OnPattern").expect("it is there");
    let table = stack.tables.iter().find(|table| table.id == "Log").expect("it is there");
    let pairs = [("OWN", "1"), ("SHARED", "own"), ("TABLE", table.name.as_str())];
    let wanted: BTreeMap<String, String> =
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(function.environment, wanted);
    assert_eq!((function.timeout_seconds, function.memory_megabytes), (10, 256));
    assert_eq!(
        function.invokes,
        AsynchronousInvokes {
            retries: 0,
            maximum_age_seconds: 600,
            on_failure_arn: stack.queues.iter().find(|queue| queue.id == "Letters").map(|queue| queue.arn.clone()),
            on_success_arn: None,
        },
    );
    assert_eq!(function.policies, Some(json!(["AWSLambdaBasicExecutionRole"])));
}

#[test]
fn a_rule_has_the_target_of_its_event() {
    let stack = stack(include_str!("serverless.yaml"));
    let rule = |id: &str| stack.rules.iter().find(|rule| rule.id == id).expect("it is there");
    let made = rule("OnPatternMade");
    assert!(!made.enabled);
    let target = made.targets.first().expect("there is a target");
    assert_eq!((target.id.as_str(), &target.input), ("chosen", &Input::Path("$.detail".to_owned())));
    let queue = stack.queues.iter().find(|queue| queue.id == "OnPatternMadeQueue").expect("it is there");
    assert_eq!(target.dead_letter_arn.as_ref(), Some(&queue.arn));
    let placed = rule("OnPatternPlaced");
    assert_eq!(placed.bus, "shop");
    let target = placed.targets.first().expect("there is a target");
    assert_eq!((target.retries.attempts, target.retries.maximum_age_seconds), (7, 3_600));
    assert_eq!(rule("OnScheduleDaily").schedule.as_deref(), Some("cron(0 6 * * ? *)"));
    assert_eq!(rule("OnScheduleDaily").name, "daily");
}

#[test]
fn the_binary_of_a_function_is_in_its_build_metadata() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: order-on-place-order } }
";
    let stack = stack(text);
    let function = stack.functions.first().expect("there is a function");
    assert_eq!(function.binary.as_deref(), Some("order-on-place-order"));
    assert_eq!(function.invokes, AsynchronousInvokes::default());
}

#[test]
fn what_sam_refuses_is_refused() {
    let table = [
        ("{ Events: { E: {} } }", "F.Events.E lacks Type"),
        ("{ Events: { E: { Type: Schedule } } }", "F.Events.E lacks Schedule"),
        ("{ Events: { E: { Type: SQS } } }", "F.Events.E lacks Queue"),
        (
            "{ Events: { E: { Type: Schedule, Properties: { Schedule: 'rate(1 day)', State: ENABLED, Enabled: true } } } }",
            r#"F.Events.E must be given State or Enabled and not both, not "ENABLED""#,
        ),
        (
            "{ Events: { E: { Type: Schedule, Properties: { Schedule: 'rate(1 day)', DeadLetterConfig: { Type: SNS } } } } }",
            r#"F.Events.E.DeadLetterConfig must be of the type SQS, not "SNS""#,
        ),
        (
            "{ Events: { E: { Type: Schedule, Properties: { Schedule: 'rate(1 day)', DeadLetterConfig: {} } } } }",
            "F.Events.E.DeadLetterConfig lacks Arn or Type",
        ),
        (
            "{ EventInvokeConfig: { DestinationConfig: { OnFailure: { Destination: x } } } }",
            "F.EventInvokeConfig.DestinationConfig.OnFailure lacks Type",
        ),
        (
            "{ EventInvokeConfig: { DestinationConfig: { OnFailure: { Type: Lambda } } } }",
            "F.EventInvokeConfig.DestinationConfig.OnFailure lacks Destination",
        ),
        ("{ DeadLetterQueue: { Type: SQS } }", "F.DeadLetterQueue lacks TargetArn"),
        (
            "{ EventInvokeConfig: { MaximumRetryAttempts: 3 } }",
            r#"FEventInvokeConfig.MaximumRetryAttempts must be a whole number from 0 to 2, not "3""#,
        ),
    ];
    for (properties, wanted) in table {
        assert_eq!(refusal(&function(properties)).to_string(), format!("line 5: {wanted}"), "{properties}");
    }
    let globals = "Transform: AWS::Serverless-2016-10-31\nGlobals: { Function: { Role: x } }\nResources: { Q: { Type: AWS::SQS::Queue } }";
    assert_eq!(
        refusal(globals).to_string(),
        r#"line 2: Globals.Function must be properties that can be global, not "Role""#,
    );
    let taken = format!("{}  FRole: {{ Type: AWS::SQS::Queue }}\n", function("{}"));
    assert_eq!(refusal(&taken).to_string(), r#"line 6: "FRole" is given twice"#);
}

#[test]
fn unsupported_parts_of_a_function_are_findings() {
    assert_eq!(
        findings(&function(
            "{ AutoPublishAlias: live, Events: { A: { Type: Api }, B: { Type: SQS, Properties: { Queue: 'arn:aws:sqs:r:a:q', Odd: 1 } } } }"
        )),
        [
            "line 5: F: AutoPublishAlias is not supported here",
            "line 5: F.Events.A: events of type Api are not supported here",
            "line 5: FB: Odd is not supported here",
        ],
    );
    let api =
        "Transform: AWS::Serverless-2016-10-31\nGlobals: { Api: {} }\nResources: { Q: { Type: AWS::SQS::Queue } }";
    assert_eq!(findings(api), ["line 2: Globals.Api: resources of this type are not supported here"]);
}

/// The stack sorted by id and without lines, which differ between the two texts.
fn comparable(mut stack: Stack) -> Stack {
    stack.functions.iter_mut().for_each(|one| one.line = 0);
    stack.functions.sort_by(|one, other| one.id.cmp(&other.id));
    stack.rules.iter_mut().for_each(|one| one.line = 0);
    stack.rules.sort_by(|one, other| one.id.cmp(&other.id));
    stack.schedules.iter_mut().for_each(|one| one.line = 0);
    stack.schedules.sort_by(|one, other| one.id.cmp(&other.id));
    stack.mappings.iter_mut().for_each(|one| one.line = 0);
    stack.mappings.sort_by(|one, other| one.id.cmp(&other.id));
    stack.tables.iter_mut().for_each(|one| one.line = 0);
    stack.tables.sort_by(|one, other| one.id.cmp(&other.id));
    stack.queues.iter_mut().for_each(|one| one.line = 0);
    stack.queues.sort_by(|one, other| one.id.cmp(&other.id));
    stack
}

fn both() -> (Stack, Stack) {
    (comparable(stack(include_str!("serverless.yaml"))), comparable(stack(include_str!("serverless.translated.json"))))
}

#[test]
fn rules_schedules_mappings_tables_and_queues_agree_with_the_translator() {
    let (ours, theirs) = both();
    let counts = [ours.rules.len(), ours.schedules.len(), ours.mappings.len(), ours.tables.len(), ours.queues.len()];
    assert_eq!(counts, [6, 2, 2, 3, 7]);
    assert_eq!(ours.rules, theirs.rules);
    assert_eq!(ours.schedules, theirs.schedules);
    assert_eq!(ours.mappings, theirs.mappings);
    assert_eq!((ours.tables, ours.queues), (theirs.tables, theirs.queues));
}

#[test]
fn functions_and_their_invoke_configurations_agree_with_the_translator() {
    let (ours, theirs) = both();
    // The translator moves the policies of a function to its role.
    let plain = |function: Function| Function { policies: None, ..function };
    let ours: Vec<Function> = ours.functions.into_iter().map(plain).collect();
    assert_eq!(ours.len(), 3);
    assert_eq!(ours, theirs.functions);
}

#[test]
fn only_success_destinations_are_findings_of_the_example() {
    let (ours, theirs) = both();
    let left = |stack: &Stack| stack.findings.iter().map(|finding| finding.what.clone()).collect::<Vec<_>>();
    assert_eq!(left(&ours), ["success destinations are not supported here"]);
    assert_eq!(left(&theirs), ["success destinations are not supported here"]);
}

#[test]
fn permissions_queue_policies_and_roles_are_there_under_the_same_ids() {
    let (ours, theirs) = both();
    let ids = |stack: Stack| {
        let mut ids: Vec<String> = stack.documents.into_iter().map(|document| document.id).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(ours), ids(theirs));
}

const API: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  HttpApi: { CorsConfiguration: { AllowOrigins: ['http://localhost:3000'], AllowMethods: [GET], MaxAge: 60 } }
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Users
        Authorizers: { Users: { JwtConfiguration: { issuer: 'https://id', audience: [shop] } } }
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        One: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: '/orders/{id}', Method: get } }
        Any: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /health, Method: ANY, Auth: { Authorizer: NONE }, TimeoutInMillis: 500 } }
  Rest:
    Type: AWS::Serverless::Function
    Properties: { Events: { Rest: { Type: HttpApi } } }
Outputs:
  Address: { Value: !GetAtt Api.ApiEndpoint }
";

#[test]
fn the_events_of_functions_are_routes_of_their_api() {
    let stack = stack(API);
    assert_eq!(stack.findings, []);
    let [api, implicit] = stack.apis.as_slice() else { panic!("{:?}", stack.apis) };
    let keys = |api: &HttpApi| -> Vec<String> {
        let key = |route: &HttpRoute| format!("{} {}", route.method.as_deref().unwrap_or("ANY"), route.path);
        api.routes.iter().map(key).collect()
    };
    assert_eq!(keys(api), ["GET /orders/{id}", "ANY /health"]);
    assert_eq!((keys(implicit), implicit.id.as_str()), (vec!["ANY $default".to_owned()], "ServerlessHttpApi"));
    assert_eq!((api.routes[0].timeout_millis, api.routes[0].is_open), (30_000, false));
    assert_eq!((api.routes[1].timeout_millis, api.routes[1].is_open), (500, true));
    assert_eq!(api.routes[0].function_arn, stack.functions[0].arn);
    let authorizer = api.authorizer.as_ref().unwrap();
    assert_eq!(
        (authorizer.issuer.as_str(), authorizer.audience.as_slice()),
        ("https://id", ["shop".to_owned()].as_slice())
    );
    assert_eq!(api.cors.as_ref().unwrap().max_age, Some(60));
    assert_eq!(api.api_id.len(), 10);
    assert_eq!(stack.outputs[0].value, format!("http://127.0.0.1:4100/_aws/execute-api/{}", api.api_id));
}

#[test]
fn what_is_wrong_with_the_routes_of_an_api_is_named() {
    for (event, expected) in [
        ("{ Path: /a }", "Orders.Events.One lacks Method"),
        ("{ Path: a, Method: GET }", "a path that begins with /"),
        ("{ Path: /a, Method: GET, TimeoutInMillis: 40000 }", "from 50 to 30000"),
    ] {
        let text = API.replace("{ ApiId: !Ref Api, Path: '/orders/{id}', Method: get }", event);
        let found = match read(&text, &settings()) {
            Ok(stack) => format!("{:?}", stack.findings),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expected), "{event}: {found}");
    }
    let twice = API.replace("Path: /health, Method: ANY", "Path: '/orders/{id}', Method: GET");
    assert!(findings(&twice).concat().contains("another event has this method and path"), "{:?}", findings(&twice));
    let elsewhere = API.replace("ApiId: !Ref Api, Path: /health", "ApiId: other, Path: /health");
    assert!(findings(&elsewhere).concat().contains("there is no HTTP API other"), "{:?}", findings(&elsewhere));
}
