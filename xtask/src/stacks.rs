//! Generates the templates from the routes: one nested stack per context in `infra/stacks/`, the generated regions of
//! `infra/template.yaml`, and `infra/template.flat.yaml`, the same resources in one template for endpoints that
//! deploy no nested stacks.

mod contexts;
mod http;
mod roles;
mod text;

use std::path::Path;

use anyhow::Context as _;
use causeway::{Route, http::HttpFunction};

use crate::{
    repo,
    stacks::{
        contexts::{ContextStack, contexts},
        text::{flattened, section},
    },
};

pub use text::region;

/// The generated templates: each path with its content.
pub fn generate(root: &Path, routes: &[Route], http: &[HttpFunction]) -> anyhow::Result<Vec<(String, String)>> {
    templates(&repo::read(root, repo::TEMPLATE)?, routes, http)
}

fn templates(template: &str, routes: &[Route], http: &[HttpFunction]) -> anyhow::Result<Vec<(String, String)>> {
    let contexts = contexts(routes, http);
    let mut main = template.to_owned();
    let lists: [(&str, Vec<String>); 4] = [
        ("function roles", contexts.iter().flat_map(ContextStack::role_arns).collect()),
        ("sources", contexts::sources()),
        ("timer sources", contexts::timer_sources(routes)),
        ("timer messages", contexts::timer_messages(routes)),
    ];
    for (name, items) in &lists {
        let lines: String = items.iter().map(|item| format!("- {item}\n")).collect();
        main = region(&main, name, &lines).with_context(|| repo::TEMPLATE)?;
    }
    let resources: String = contexts.iter().map(ContextStack::conditional_resources).collect::<Vec<_>>().join("\n");
    let applications: String = contexts.iter().map(ContextStack::application).collect::<Vec<_>>().join("\n");
    let flat = flattened(&region(&main, "contexts", &resources)?);
    let main = region(&main, "contexts", &applications)?;
    let mut files = vec![(repo::FLAT_TEMPLATE.to_owned(), format!("{FLAT_NOTE}{flat}"))];
    for context in &contexts {
        files.push((repo::stack_of(context.name), stack(&main, context)?));
    }
    files.push((repo::TEMPLATE.to_owned(), main));
    Ok(files)
}

const NOTE: &str =
    "# Written by `cargo xtask generate` from the routes of the functions; change those, not this file.\n";
const FLAT_NOTE: &str = "# Written by `cargo xtask generate`: infra/template.yaml with its nested stacks in place, for endpoints that deploy no\n# nested stacks. Change the routes or infra/template.yaml, not this file.\n\
    # It has more resources than a stack on AWS may have (500); there the nested stacks are deployed.\n\
    Metadata: { cfn-lint: { config: { ignore_checks: [E3010] } } }\n";

/// The template of one context. Parameters have the names of the resources and parameters of the main template, so
/// that a resource is written the same way in the nested and in the flat template.
fn stack(main: &str, context: &ContextStack) -> anyhow::Result<String> {
    let globals = section(main, "Globals")?.replace("CodeUri: ../", "CodeUri: ../../");
    // Functions carry the name of the main stack: CloudFormation would cut the names it makes in a nested stack.
    let named = "FunctionName: !Sub ${AWS::StackName}-";
    let resources = context.resources().replace(named, "FunctionName: !Sub ${MainStack}-");
    let parameters: String = context
        .parameters()
        .into_iter()
        .map(|name| match text::entry(main, "Parameters", name) {
            Some(entry) => Ok(entry),
            None => Ok(format!("  {name}:\n    Type: String\n    Description: {name} of the main stack.\n")),
        })
        .collect::<anyhow::Result<_>>()?;
    let conditions = text::conditions(main, &format!("{globals}{resources}"))?;
    let outputs = context.outputs();
    let name = context.name;
    Ok(format!(
        "{NOTE}AWSTemplateFormatVersion: \"2010-09-09\"\nTransform: AWS::Serverless-2016-10-31\n\
         Description: \"Causeway: functions of the context {name}.\"\n\n\
         Parameters:\n{parameters}\nConditions:\n{conditions}\nGlobals:\n{globals}\n\
         Resources:\n{resources}\nOutputs:\n{outputs}"
    ))
}
