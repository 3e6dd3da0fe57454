//! Events of a function of type DynamoDB and SQS. Each becomes an event source mapping.

use crate::template::{
    TemplateError,
    document::Declared,
    node::{Data, Entries, Node, take},
};

use super::{function::Source, missing, put};

pub(super) fn expand(
    source: &Source<'_>,
    name: &str,
    mut properties: Entries,
    beside: &mut Vec<Declared>,
) -> Result<(), TemplateError> {
    let line = source.line;
    let fed_from = take(&mut properties, name).ok_or_else(|| missing(line, &source.place, name))?;
    put(&mut properties, "EventSourceArn", fed_from);
    put(&mut properties, "FunctionName", Node::reference(line, &source.function.id));
    let destination = properties.iter_mut().find(|(key, _)| key.name == "DestinationConfig");
    if let Some((_, Node { data: Data::Map(ends), .. })) = destination {
        for (_, end) in ends {
            if let Data::Map(parts) = &mut end.data {
                // The type shapes the role and is no property of the mapping.
                take(parts, "Type");
            }
        }
    }
    let properties = Node { line, data: Data::Map(properties) };
    beside.push(source.function.beside(source.id.clone(), "AWS::Lambda::EventSourceMapping", properties));
    Ok(())
}
