//! Merges the Globals section into every function and table as SAM does: maps are merged, lists are concatenated with the
//! global part first, and for anything else the resource wins. An intrinsic counts as a single value.

use super::{
    Finding, TemplateError,
    document::Declared,
    node::{Data, Entries, Node},
};

/// What belongs to one function alone.
const NEVER_GLOBAL: [&str; 4] = ["Events", "FunctionName", "Policies", "Role"];

pub(super) fn merge(
    globals: Entries,
    resources: &mut [Declared],
    findings: &mut Vec<Finding>,
) -> Result<(), TemplateError> {
    for (key, section) in globals {
        let place = format!("Globals.{}", key.name);
        let properties = section.as_map(&place)?;
        let kind = match key.name.as_str() {
            "Function" => "AWS::Serverless::Function",
            "SimpleTable" => "AWS::Serverless::SimpleTable",
            _ => {
                findings.push(Finding::new(
                    key.line,
                    &place,
                    "resources of this type are not supported here".to_owned(),
                ));
                continue;
            }
        };
        if let Some((wrong, _)) = properties.iter().find(|(key, _)| NEVER_GLOBAL.contains(&key.name.as_str())) {
            let what = Node::text(wrong.line, wrong.name.clone());
            return Err(what.wrong(&place, "properties that can be global"));
        }
        for resource in resources.iter_mut().filter(|resource| resource.kind == kind) {
            let own = std::mem::replace(&mut resource.properties, Node { line: key.line, data: Data::Null });
            let line = own.line;
            resource.properties = Node { line, ..merged(section.clone(), own) };
        }
    }
    Ok(())
}

fn merged(global: Node, own: Node) -> Node {
    if global.is_intrinsic() || own.is_intrinsic() {
        return own;
    }
    match (global.data, own) {
        (Data::Map(mut entries), Node { line, data: Data::Map(own) }) => {
            for (key, value) in own {
                match entries.iter_mut().find(|(global, _)| global.name == key.name) {
                    Some((_, place)) => {
                        let global = std::mem::replace(place, Node { line, data: Data::Null });
                        *place = merged(global, value);
                    }
                    None => entries.push((key, value)),
                }
            }
            Node { line, data: Data::Map(entries) }
        }
        (Data::List(mut items), Node { line, data: Data::List(mut own) }) => {
            items.append(&mut own);
            Node { line, data: Data::List(items) }
        }
        (_, own) => own,
    }
}
