//! The stack of one context: its queue, log group, roles, functions and rules, as text in the layout of the template.

use std::collections::BTreeSet;

use causeway::{
    Kind, Message as _, Route,
    delivery::{Verification, bus::source_of as source_of_context},
    http::HttpFunction,
    message::system::CommandRejected,
};

use heck::ToPascalCase as _;

use crate::{
    repo::{dead_letters_of, log_group_of, logical_id, stack_of},
    stacks::{
        http,
        roles::{Role, role_of, source_of},
    },
};

/// What is deployed for one reacting context.
pub(super) struct ContextStack<'r> {
    pub(super) name: &'static str,
    routes: Vec<&'r Route>,
    http: &'r [HttpFunction],
}

/// The contexts in the order of the routes, and then the HTTP API.
pub(super) fn contexts<'r>(routes: &'r [Route], http: &'r [HttpFunction]) -> Vec<ContextStack<'r>> {
    let mut contexts: Vec<ContextStack<'r>> = Vec::new();
    for route in routes {
        match contexts.iter_mut().find(|context| context.name == route.context) {
            Some(context) => context.routes.push(route),
            None => contexts.push(ContextStack { name: route.context, routes: vec![route], http: &[] }),
        }
    }
    if !http.is_empty() {
        contexts.push(ContextStack { name: http::STACK, routes: Vec::new(), http });
    }
    contexts
}

impl ContextStack<'_> {
    /// The ARNs of the roles, all of which publish technical events, as the main template sees them.
    pub(super) fn role_arns(&self) -> Vec<String> {
        let arn = |role: Role| {
            let arn = format!("!GetAtt {}.Outputs.{}Arn", self.name.to_pascal_case(), role.id);
            match self.http {
                [] => arn,
                _ => format!("!If [{}, {arn}, !Ref AWS::NoValue]", http::CONDITION),
            }
        };
        self.roles().into_iter().map(arn).collect()
    }

    /// The application resource of the main template, which deploys this stack.
    pub(super) fn application(&self) -> String {
        let name = self.name;
        let id = name.to_pascal_case();
        let location = stack_of(name).replace("infra/", "");
        let condition = if self.http.is_empty() { String::new() } else { http::condition() };
        let mut text = format!(
            "  {id}:\n    Type: AWS::Serverless::Application\n{condition}    Properties:\n      Location: {location}\n      Parameters:\n"
        );
        for parameter in self.parameters() {
            let value = match parameter {
                "AlarmTopic" => "!If [HasAlarmMail, !Ref AlarmTopic, \"\"]".to_owned(),
                "UseKey" => "!If [HasOwnKey, !Ref UseKey, \"\"]".to_owned(),
                "MainStack" => "!Ref AWS::StackName".to_owned(),
                other => format!("!Ref {other}"),
            };
            text.push_str(&format!("        {parameter}: {value}\n"));
        }
        text
    }

    /// The parameters that this stack takes from the main stack, in alphabetical order.
    pub(super) fn parameters(&self) -> Vec<&'static str> {
        let mut parameters: BTreeSet<&'static str> = ALWAYS.into_iter().collect();
        for role in self.roles() {
            parameters.extend(role.policies);
        }
        if self.routes.iter().any(|route| role_of(route).sends_mail()) {
            parameters.insert("MailFrom");
        }
        if self.routes.iter().any(|route| route.calls().is_some()) {
            parameters.extend(["PaymentsKey", "PaymentsUrl"]);
        }
        if !self.http.is_empty() {
            parameters.extend(http::PARAMETERS);
        }
        parameters.into_iter().collect()
    }

    /// What the main template reads of this stack.
    pub(super) fn outputs(&self) -> String {
        let roles = self.roles().into_iter().map(|role| format!("  {0}Arn: {{ Value: !GetAtt {0}.Arn }}\n", role.id));
        let functions =
            self.functions().map(|function| format!("  {0}: {{ Value: !Ref {0} }}\n", logical_id(&function)));
        roles.chain(functions).collect()
    }

    /// All resources.
    pub(super) fn resources(&self) -> String {
        let mut text = self.queue();
        text.push_str(&self.log_group());
        for role in self.roles() {
            text.push_str(&self.role(&role));
        }
        for route in &self.routes {
            text.push_str(&self.function(route));
        }
        if !self.http.is_empty() {
            text.push_str(&http::api());
            self.http.iter().for_each(|function| text.push_str(&http::function(function)));
        }
        text
    }

    /// All resources, each under the condition of the stack, for a template without nested stacks.
    pub(super) fn conditional_resources(&self) -> String {
        match self.http {
            [] => self.resources(),
            _ => http::conditional(&self.resources()),
        }
    }

    fn functions(&self) -> impl Iterator<Item = String> {
        self.routes.iter().map(|route| route.function()).chain(self.http.iter().map(HttpFunction::function))
    }

    fn roles(&self) -> Vec<Role> {
        let mut roles: Vec<Role> = Vec::new();
        for role in self.routes.iter().map(|route| role_of(route)).chain(self.http.iter().map(http::role_of)) {
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        roles
    }

    fn queue(&self) -> String {
        let (name, queue) = (self.name, dead_letters_of(self.name));
        let alarm = format!("{}DeadLetterAlarm", name.to_pascal_case());
        let rules = |path: &str| {
            format!("!Sub \"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{path}\"")
        };
        // The rule of a schedule is on the default bus.
        let rules = match self.routes.iter().any(|route| route.schedule.is_some()) {
            true => format!("[{}, {}]", rules("${Bus}/*"), rules("${AWS::StackName}-*")),
            false => rules("${Bus}/*"),
        };
        format!(
            r#"  {queue}:
    Type: AWS::SQS::Queue
    Properties:
      MessageRetentionPeriod: 1209600
      VisibilityTimeout: 180
      SqsManagedSseEnabled: !If [HasOwnKey, !Ref AWS::NoValue, true]
      KmsMasterKeyId: !If [HasOwnKey, !Ref KeyArn, !Ref AWS::NoValue]

  {queue}Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref {queue}]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {{ Service: events.amazonaws.com }}
            Action: sqs:SendMessage
            Resource: !GetAtt {queue}.Arn
            Condition: {{ ArnLike: {{ aws:SourceArn: {rules} }} }}

  {alarm}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: Dead letters of {name} are waiting.
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions: [{{ Name: QueueName, Value: !GetAtt {queue}.QueueName }}]
      Statistic: Maximum
      Period: 300
      EvaluationPeriods: 1
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: notBreaching
      AlarmActions: !If [HasAlarmMail, [!Ref AlarmTopic], !Ref AWS::NoValue]
"#
        )
    }

    fn log_group(&self) -> String {
        let id = log_group_of(self.name);
        format!(
            r#"
  {id}:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties: {{ RetentionInDays: !Ref LogDays, KmsKeyId: !If [HasOwnKey, !Ref KeyArn, !Ref AWS::NoValue] }}
"#
        )
    }

    fn role(&self, role: &Role) -> String {
        let (id, name, does) = (&role.id, self.name, role.description());
        let policies: String = role.policies.iter().map(|policy| format!("!Ref {policy}, ")).collect();
        let (logs, queue) = (log_group_of(name), dead_letters_of(name));
        format!(
            r#"
  {id}:
    Type: AWS::IAM::Role
    Properties:
      Description: {does} of {name}.
      AssumeRolePolicyDocument: {{ Version: "2012-10-17", Statement: [{{ Effect: Allow, Principal: {{ Service: lambda.amazonaws.com }}, Action: sts:AssumeRole }}] }}
      ManagedPolicyArns: [{policies}!If [HasOwnKey, !Ref UseKey, !Ref AWS::NoValue]]
      Policies:
        - PolicyName: LogsAndDeadLetters
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {{ Effect: Allow, Action: [logs:CreateLogStream, logs:PutLogEvents], Resource: !GetAtt {logs}.Arn }}
              - {{ Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt {queue}.Arn }}
"#
        )
    }

    fn function(&self, route: &Route) -> String {
        let binary = route.function();
        let (id, queue, logs) = (logical_id(&binary), dead_letters_of(self.name), log_group_of(self.name));
        let role = role_of(route);
        let mail = if role.sends_mail() { ", MAIL_FROM: !Ref MailFrom" } else { "" };
        let outside = if route.calls().is_some() { OUTSIDE } else { "" };
        let reserved = match route.reserved_concurrency {
            Some(reserved) => {
                format!("      ReservedConcurrentExecutions: !If [IsProtected, {reserved}, !Ref AWS::NoValue]\n")
            }
            None => String::new(),
        };
        let source = source_of(route).map(|source| format!("source: [{source}], ")).unwrap_or_default();
        let message = route.message;
        let retry = format!(
            "DeadLetterConfig: {{ Arn: !GetAtt {queue}.Arn }}, RetryPolicy: {{ MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86400 }}"
        );
        let schedule = match route.schedule {
            Some(schedule) => format!(
                "        Scheduled: {{ Type: Schedule, Properties: {{ Schedule: \"{schedule}\", {retry} }} }}\n"
            ),
            None => String::new(),
        };
        format!(
            r#"
  {id}:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildMethod: rust-cargolambda, BuildProperties: {{ Binary: {binary} }} }}
    Properties:
      FunctionName: !Sub ${{AWS::StackName}}-{id}
      Environment: {{ Variables: {{ DEAD_LETTER_QUEUE_URL: !Ref {queue}{mail}{outside} }} }}
      EventInvokeConfig: {{ DestinationConfig: {{ OnFailure: {{ Type: SQS, Destination: !GetAtt {queue}.Arn }} }} }}
{reserved}      Role: !GetAtt {}.Arn
      LoggingConfig: {{ LogGroup: !Ref {logs} }}
      Events:
        {message}: {{ Type: EventBridgeRule, Properties: {{ EventBusName: !Ref Bus, Pattern: {{ {source}detail-type: [{message}] }}, {retry} }} }}
{schedule}"#,
            role.id
        )
    }
}

/// The address and the credentials of the one outside system.
const OUTSIDE: &str = ", PAYMENTS_URL: !Ref PaymentsUrl, PAYMENTS_KEY: !Ref PaymentsKey";

/// What every stack of a context needs of the main stack.
const ALWAYS: [&str; 15] = [
    "AlarmTopic",
    "Architecture",
    "Bus",
    "Events",
    "Inbox",
    "KeyArn",
    "LogDays",
    "LogLevel",
    "MainStack",
    "Stage",
    "TracesEndpoint",
    "TracesLayerArn",
    "UseKey",
    "VerifyEvents",
    "Views",
];

/// The sources under which the relay publishes: every context with events.
pub(super) fn sources() -> Vec<String> {
    let mut sources = Vec::new();
    for description in domain::catalogue().into_iter().map(|entry| entry.description) {
        let source = source_of_context(description.context);
        if description.kind == Kind::Event
            && source != source_of_context(CommandRejected::CONTEXT)
            && !sources.contains(&source)
        {
            sources.push(source);
        }
    }
    sources
}

/// The sources under which timers publish.
pub(super) fn timer_sources(routes: &[Route]) -> Vec<String> {
    let timers = routes.iter().filter(|route| route.verification == Verification::Timer);
    timers.filter_map(source_of).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The messages that timers publish.
pub(super) fn timer_messages(routes: &[Route]) -> Vec<String> {
    let timers = routes.iter().filter(|route| route.verification == Verification::Timer);
    timers.map(|route| route.message.to_owned()).collect::<BTreeSet<_>>().into_iter().collect()
}
