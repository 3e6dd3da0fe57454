//! Text surgery on a template in our own layout: sections, entries and generated regions.

use anyhow::{Context as _, bail};

/// Replaces the lines between `# generated: <name>` and `# end` by these, indented like the marker.
pub fn region(template: &str, name: &str, lines: &str) -> anyhow::Result<String> {
    let marker = format!("# generated: {name}\n");
    let begin = template.find(&marker).with_context(|| format!("there must be a line {:?}", marker.trim_end()))?;
    let line = template[..begin].rfind('\n').map_or(0, |end| end + 1);
    let indent = &template[line..begin];
    let content = begin + marker.len();
    let end = format!("{indent}# end\n");
    let Some(length) = template[content..].find(&end) else {
        bail!("{:?} must be closed by `# end`", marker.trim_end())
    };
    // Resources are written with their own indentation, lists without.
    let indented: String = match name {
        "contexts" | "binaries" => lines.to_owned(),
        _ => lines.lines().map(|line| format!("{indent}{line}\n")).collect(),
    };
    Ok(format!("{}{indented}{}", &template[..content], &template[content + length..]))
}

/// A top-level section without its first line.
pub(super) fn section<'t>(template: &'t str, name: &str) -> anyhow::Result<&'t str> {
    let begin = format!("\n{name}:\n");
    let start = template.find(&begin).with_context(|| format!("the template has no section {name}"))? + begin.len();
    let rest = &template[start..];
    let end = rest
        .match_indices('\n')
        .map(|(at, _)| at + 1)
        .find(|at| rest[*at..].chars().next().is_some_and(|first| !first.is_whitespace()));
    Ok(rest[..end.unwrap_or(rest.len())].trim_end_matches('\n')).map(|body| &rest[..body.len() + 1])
}

/// One entry of a section with the lines below it.
pub(super) fn entry(template: &str, part: &str, name: &str) -> Option<String> {
    let lines = section(template, part).ok()?.lines();
    let key = format!("  {name}:");
    let mut found = lines.skip_while(|line| !line.starts_with(&key));
    let first = found.next()?;
    let below = found.take_while(|line| line.starts_with("    ")).map(|line| format!("{line}\n"));
    Some(format!("{first}\n{}", below.collect::<String>()))
}

/// The conditions that this text uses. An alarm topic and a key are parameters in a nested stack, not resources.
pub(super) fn conditions(template: &str, text: &str) -> anyhow::Result<String> {
    let all = section(template, "Conditions")?;
    let mut used = String::new();
    for line in all.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let Some((name, _)) = line.trim().split_once(':') else { continue };
        let is_used = text.contains(&format!("[{name},")) || text.contains(&format!("Condition: {name}"));
        match name {
            "HasAlarmMail" if is_used => used.push_str("  HasAlarmMail: !Not [!Equals [!Ref AlarmTopic, \"\"]]\n"),
            _ if is_used => used.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    Ok(used)
}

/// The main template with references to outputs of nested stacks replaced by references to their resources.
pub(super) fn flattened(template: &str) -> String {
    let mut flat = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(".Outputs.") {
        let (before, after) = rest.split_at(at);
        let stack = before.rfind(|letter: char| !letter.is_ascii_alphanumeric()).map_or(0, |end| end + 1);
        let after = &after[".Outputs.".len()..];
        let length = after.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(after.len());
        let output = &after[..length];
        let (opening, attribute) = match output.strip_suffix("Arn") {
            Some(resource) => (before[..stack].to_owned(), format!("{resource}.Arn")),
            None => {
                let opening = before[..stack].strip_suffix("!GetAtt ");
                let opening = opening.map_or_else(|| before[..stack].to_owned(), |it| format!("{it}!Ref "));
                (opening, output.to_owned())
            }
        };
        flat.push_str(&opening);
        flat.push_str(&attribute);
        rest = &after[length..];
    }
    flat.push_str(rest);
    flat
}
