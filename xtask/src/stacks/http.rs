//! The HTTP API as text in the layout of the template: the API with its authorizer, and a function for each family of paths.

use causeway::http::{HttpFunction, HttpRight};
use heck::ToPascalCase as _;

use crate::{
    repo::{dead_letters_of, log_group_of, logical_id},
    stacks::roles::Role,
};

/// The stack of the API.
pub(super) const STACK: &str = "http";

/// The condition under which there is an API: in the local cloud, or with an issuer of tokens.
pub(super) const CONDITION: &str = "ServesHttp";

/// What its stack needs beside what all need.
pub(super) const PARAMETERS: [&str; 3] = ["HttpAudience", "HttpIssuer", "HttpOrigin"];

/// The condition as a line of a resource.
pub(super) fn condition() -> String {
    format!("    Condition: {CONDITION}\n")
}

/// These resources, each under the condition.
pub(super) fn conditional(resources: &str) -> String {
    let with = |line: &str| match line.starts_with("    Type: ") {
        true => format!("{line}\n{}", condition()),
        false => format!("{line}\n"),
    };
    resources.lines().map(with).collect()
}

/// The role of a function.
pub(super) fn role_of(function: &HttpFunction) -> Role {
    let has = |right: HttpRight| function.rights.contains(&right);
    let kind = match (has(HttpRight::PublishCommands), has(HttpRight::ReadLog)) {
        (true, _) => "Publisher",
        (false, true) => "LogReader",
        (false, false) => "Reader",
    };
    let mut policies = vec!["DenyLogMutation"];
    policies.extend(function.rights.iter().map(|right| match right {
        HttpRight::ReadViews => "ReadViews",
        HttpRight::ReadLog => "ReadLog",
        HttpRight::ReadOutcomes => "ReadOutcomes",
        HttpRight::PublishCommands => "PublishCommands",
    }));
    policies.push("PublishSystemEvents");
    Role { id: format!("Http{kind}Role"), kind, policies }
}

/// The API. Without a verified token API Gateway answers 401 itself.
pub(super) fn api() -> String {
    let logs = log_group_of(STACK);
    format!(
        r#"
  HttpApi:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Jwt
        Authorizers: {{ Jwt: {{ IdentitySource: $request.header.Authorization, JwtConfiguration: {{ issuer: !Ref HttpIssuer, audience: [!Ref HttpAudience] }} }} }}
      CorsConfiguration:
        AllowOrigins: [!Ref HttpOrigin]
        AllowMethods: [GET, POST]
        AllowHeaders: [authorization, content-type, idempotency-key, if-none-match, if-version]
        ExposeHeaders: [etag, location, version]
        MaxAge: 600
      DefaultRouteSettings: {{ ThrottlingBurstLimit: 200, ThrottlingRateLimit: 100 }}
      AccessLogSettings:
        DestinationArn: !GetAtt {logs}.Arn
        Format: '{{"requestId":"$context.requestId","route":"$context.routeKey","status":"$context.status","error":"$context.error.message","latency":"$context.responseLatency"}}'
"#
    )
}

/// A function with its routes.
pub(super) fn function(function: &HttpFunction) -> String {
    let binary = function.function();
    let (id, queue, logs) = (logical_id(&binary), dead_letters_of(STACK), log_group_of(STACK));
    let role = role_of(function).id;
    let events: String = function
        .routes
        .iter()
        .map(|route| {
            let name = format!("{} {}", route.method.to_lowercase(), route.path).to_pascal_case();
            let (method, path) = (route.method, route.path);
            format!("        {name}: {{ Type: HttpApi, Properties: {{ ApiId: !Ref HttpApi, Method: {method}, Path: \"{path}\" }} }}\n")
        })
        .collect();
    format!(
        r#"
  {id}:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildMethod: rust-cargolambda, BuildProperties: {{ Binary: {binary} }} }}
    Properties:
      FunctionName: !Sub ${{AWS::StackName}}-{id}
      Environment: {{ Variables: {{ DEAD_LETTER_QUEUE_URL: !Ref {queue}, HTTP_OPEN: !If [InLocalCloud, "true", "false"] }} }}
      EventInvokeConfig: {{ DestinationConfig: {{ OnFailure: {{ Type: SQS, Destination: !GetAtt {queue}.Arn }} }} }}
      Role: !GetAtt {role}.Arn
      LoggingConfig: {{ LogGroup: !Ref {logs} }}
      Events:
{events}"#
    )
}
