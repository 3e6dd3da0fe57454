//! The template reader as a whole, on small templates and on the repository's own.

mod agreement;
mod intrinsics;
mod kept;
mod limits;
mod naming;
mod nested;
mod parameters;
mod public;
mod refusals;
mod repository;
mod serverless;

use super::{Settings, Stack, TemplateError, read};

fn settings() -> Settings {
    Settings::new("shop", "http://127.0.0.1:4100")
}

fn stack(text: &str) -> Stack {
    match read(text, &settings()) {
        Ok(stack) => stack,
        Err(error) => panic!("the template is refused: {error}\n{text}"),
    }
}

fn refusal(text: &str) -> TemplateError {
    read(text, &settings()).expect_err("the template is refused")
}

/// What an output says whose value is this YAML, beside some sections and resources.
fn value_of(value: &str, rest: &str) -> Result<String, TemplateError> {
    let queue = "  Queue: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }";
    let text = format!("Outputs: {{ Value: {{ Value: {value} }} }}\nResources:\n{queue}\n{rest}");
    read(&text, &settings()).map(|stack| stack.outputs.into_iter().map(|output| output.value).collect())
}

fn findings(text: &str) -> Vec<String> {
    stack(text).findings.iter().map(ToString::to_string).collect()
}
