//! The function in the template: ten lines, derived from who hears what.

use std::path::Path;

use anyhow::Context;

use crate::{
    new::{Wanted, insert_before},
    place,
};

/// The line in front of all functions.
pub const FUNCTIONS: &str = "  # ---- The functions, by context, in the order of routes() ----\n";

/// The files that change, with their new text.
pub(super) fn edits(root: &Path, wanted: &Wanted) -> anyhow::Result<Vec<(String, String)>> {
    let text = place::read(root, place::TEMPLATE)?;
    let hearer = wanted.hearer();
    // A context's own fact moves its views; another's is decided on.
    let does = if hearer == wanted.context { "ProjectorRole" } else { "DeciderRole" };
    let resource = function(&wanted.function(), hearer, &wanted.message, Some(&wanted.context), does);
    let own = format!("  {}On", heck::AsPascalCase(hearer));
    let after_own = match text.rfind(&format!("\n{own}")) {
        Some(last) => text.get(..last + 1).unwrap_or_default(),
        None => text.split_once(FUNCTIONS).map(|(before, _)| before).unwrap_or_default(),
    };
    let begin = format!("{after_own}{}", first_line(text.get(after_own.len()..).unwrap_or_default()));
    let next = |line: &str| line.trim().is_empty();
    let text = insert_before(&text, &begin, next, &format!("\n{resource}"))
        .with_context(|| format!("{} has no place for a function of {hearer:?}", place::TEMPLATE))?;
    Ok(vec![(place::TEMPLATE.to_owned(), text)])
}

/// The ten lines of a function. A fact is heard from its owner only; a command from anyone. What the function does is
/// the end of its role's name: it `Decides`, `DecidesOnce` or `Projects`.
pub fn function(function: &str, context: &str, message: &str, owner: Option<&str>, does: &str) -> String {
    let id = place::logical_id(function);
    let letters = place::dead_letters_of(context);
    let source = owner.map_or_else(String::new, |owner| format!("source: [causeway.{owner}], "));
    let (lines, role) = (place::log_group_of(context), place::role_of(context, does));
    format!(
        "  {id}:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildMethod: rust-cargolambda, BuildProperties: {{ Binary: {function} }} }}
    Properties:
      Environment: {{ Variables: {{ DEAD_LETTER_QUEUE_URL: !Ref {letters} }} }}
      EventInvokeConfig: {{ DestinationConfig: {{ OnFailure: {{ Type: SQS, Destination: !GetAtt {letters}.Arn }} }} }}
      Role: !GetAtt {role}.Arn
      LoggingConfig: {{ LogGroup: !Ref {lines} }}
      Events:
        {message}: {{ Type: EventBridgeRule, Properties: {{ EventBusName: !Ref Bus, \
         Pattern: {{ {source}detail-type: [{message}] }}, DeadLetterConfig: {{ Arn: !GetAtt {letters}.Arn }}, \
         RetryPolicy: {{ MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86400 }} }} }}
"
    )
}

fn first_line(text: &str) -> &str {
    text.split_inclusive('\n').next().unwrap_or_default()
}
