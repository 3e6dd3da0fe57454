//! Reads from an expanded template everything that invokes a function or ends in a queue, in the format of the local
//! cloud's reader. The defaults are those of the CloudFormation reference.

use serde_json::{Map, Value, json};

use super::resolve::{Resolver, Values, spelled};

pub(super) fn understood(expansion: &Value, values: &Values) -> Value {
    let resolver = Resolver::new(expansion, values);
    let all = |kind: &str, understand: &dyn Fn(&Value) -> Value| -> Map<String, Value> {
        let resources = resolver.resources(kind);
        resources.iter().map(|(id, properties)| ((*id).to_owned(), understand(properties))).collect()
    };
    let invokes = resolver.resources("AWS::Lambda::EventInvokeConfig");
    let functions = resolver.resources("AWS::Lambda::Function").into_iter().map(|(id, properties)| {
        let of_this = |(_, invokes): &&(&str, Value)| invokes["FunctionName"] == id;
        let invokes = invokes.iter().find(of_this).map_or(&Value::Null, |(_, invokes)| invokes);
        (id.to_owned(), function(&properties, invokes))
    });
    json!({
        "functions": functions.collect::<Map<_, _>>(), "rules": all("AWS::Events::Rule", &rule),
        "schedules": all("AWS::Scheduler::Schedule", &schedule),
        "mappings": all("AWS::Lambda::EventSourceMapping", &mapping),
        "archives": all("AWS::Events::Archive", &archive), "queues": all("AWS::SQS::Queue", &queue),
        "tables": all("AWS::DynamoDB::Table", &table), "buses": all("AWS::Events::EventBus", &|_| json!({})),
    })
}

fn function(of: &Value, invokes: &Value) -> Value {
    let logging = &of["LoggingConfig"];
    let format = or(&logging["LogFormat"], "Text");
    let level = if format == "JSON" { or(&logging["ApplicationLogLevel"], "INFO") } else { Value::Null };
    let ends = &invokes["DestinationConfig"];
    json!({
        "timeout": or(&of["Timeout"], 3), "memory": or(&of["MemorySize"], 128), "runtime": of["Runtime"],
        "concurrency": of["ReservedConcurrentExecutions"], "environment": or(&of["Environment"]["Variables"], json!({})),
        "role": of["Role"], "log": [format, level], "dead_letters": of["DeadLetterConfig"]["TargetArn"],
        "retries": or(&invokes["MaximumRetryAttempts"], 2), "age": or(&invokes["MaximumEventAgeInSeconds"], 21_600),
        "on_failure": ends["OnFailure"]["Destination"], "on_success": ends["OnSuccess"]["Destination"],
    })
}

fn rule(of: &Value) -> Value {
    let targets = of["Targets"].as_array().into_iter().flatten().map(|target| {
        let transformer = &target["InputTransformer"];
        let input = match (&target["Input"], &target["InputPath"], transformer) {
            (Value::Null, Value::Null, Value::Null) => Value::Null,
            (Value::Null, Value::Null, _) => {
                json!({ "paths": or(&transformer["InputPathsMap"], json!({})), "template": transformer["InputTemplate"] })
            }
            (Value::Null, path, _) => json!({ "path": path }),
            (constant, ..) => json!({ "constant": constant }),
        };
        json!({
            "arn": target["Arn"], "input": input, "dead_letters": target["DeadLetterConfig"]["Arn"],
            "attempts": or(&target["RetryPolicy"]["MaximumRetryAttempts"], 185),
            "age": or(&target["RetryPolicy"]["MaximumEventAgeInSeconds"], 86_400),
            "group": target["SqsParameters"]["MessageGroupId"],
        })
    });
    json!({
        "bus": or(&of["EventBusName"], "default"), "pattern": document(&of["EventPattern"]),
        "schedule": of["ScheduleExpression"], "enabled": of["State"] != "DISABLED",
        "targets": targets.collect::<Vec<_>>(),
    })
}

fn schedule(of: &Value) -> Value {
    let target = &of["Target"];
    json!({
        "expression": of["ScheduleExpression"], "zone": of["ScheduleExpressionTimezone"],
        "enabled": of["State"] != "DISABLED", "arn": target["Arn"], "role": target["RoleArn"], "input": target["Input"],
        "dead_letters": target["DeadLetterConfig"]["Arn"],
        "attempts": or(&target["RetryPolicy"]["MaximumRetryAttempts"], 185),
        "age": or(&target["RetryPolicy"]["MaximumEventAgeInSeconds"], 86_400), "group": or(&of["GroupName"], "default"),
    })
}

fn mapping(of: &Value) -> Value {
    let is_stream = of["StartingPosition"].is_string();
    let filters = of["FilterCriteria"]["Filters"].as_array().into_iter().flatten();
    // A cap of -1 is none.
    let cap = |name: &str| if of[name] == -1 { Value::Null } else { of[name].clone() };
    let answers =
        of["FunctionResponseTypes"].as_array().is_some_and(|kinds| kinds.contains(&json!("ReportBatchItemFailures")));
    json!({
        "function": of["FunctionName"], "source": of["EventSourceArn"], "position": of["StartingPosition"],
        "enabled": or(&of["Enabled"], true), "batch": or(&of["BatchSize"], if is_stream { 100 } else { 10 }),
        "window": or(&of["MaximumBatchingWindowInSeconds"], 0), "bisect": or(&of["BisectBatchOnFunctionError"], false),
        "retries": cap("MaximumRetryAttempts"), "age": cap("MaximumRecordAgeInSeconds"),
        "parallel": or(&of["ParallelizationFactor"], 1), "on_failure": of["DestinationConfig"]["OnFailure"]["Destination"],
        "partial_answers": answers, "concurrency": of["ScalingConfig"]["MaximumConcurrency"],
        "filters": filters.map(|filter| document(&filter["Pattern"])).collect::<Vec<_>>(),
    })
}

fn archive(of: &Value) -> Value {
    json!({
        "source": of["SourceArn"], "pattern": document(&of["EventPattern"]), "days": or(&of["RetentionDays"], 0),
    })
}

fn queue(of: &Value) -> Value {
    let redrive = &of["RedrivePolicy"];
    let redrive = redrive.is_object().then(|| json!([redrive["deadLetterTargetArn"], redrive["maxReceiveCount"]]));
    json!({
        "fifo": or(&of["FifoQueue"], false), "visibility": or(&of["VisibilityTimeout"], 30),
        "retention": or(&of["MessageRetentionPeriod"], 345_600), "delay": or(&of["DelaySeconds"], 0),
        "redrive": redrive,
    })
}

fn table(of: &Value) -> Value {
    let expiry = &of["TimeToLiveSpecification"];
    let expires = spelled(&expiry["Enabled"]) == "true";
    json!({
        "key": of["KeySchema"], "indexes": of["GlobalSecondaryIndexes"],
        "stream": of["StreamSpecification"]["StreamViewType"],
        "expiry": if expires { &expiry["AttributeName"] } else { &Value::Null },
    })
}

/// A value, or what stands for it where it is left out.
fn or(value: &Value, otherwise: impl Into<Value>) -> Value {
    if value.is_null() { otherwise.into() } else { value.clone() }
}

/// A document that may be spelled as text.
fn document(value: &Value) -> Value {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())
}
