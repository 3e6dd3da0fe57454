//! Finds circular dependencies between resources, which CloudFormation refuses.

use std::collections::{HashMap, HashSet};

use super::TemplateError;

/// Refuses a cycle. Each use is a dependency with its line.
pub(super) fn refuse(uses: &[(&str, &str, usize)]) -> Result<(), TemplateError> {
    let mut needs: HashMap<&str, Vec<(&str, usize)>> = HashMap::new();
    for (user, used, line) in uses {
        needs.entry(user).or_default().push((used, *line));
    }
    let mut done: HashSet<&str> = HashSet::new();
    for (start, ..) in uses {
        if done.contains(start) {
            continue;
        }
        // The current path, each with the number of its dependencies that were followed.
        let mut path: Vec<(&str, usize)> = vec![(start, 0)];
        let mut on_path: HashSet<&str> = HashSet::from([*start]);
        while let Some((user, followed)) = path.last_mut() {
            let Some((used, line)) = needs.get(user).and_then(|all| all.get(*followed)).copied() else {
                on_path.remove(user);
                done.insert(user);
                path.pop();
                continue;
            };
            *followed += 1;
            if on_path.contains(used) {
                let names = path.iter().map(|(user, _)| *user).skip_while(|user| *user != used).chain([used]);
                return Err(TemplateError::Cycle { line, path: names.collect::<Vec<_>>().join(" → ") });
            }
            if !done.contains(used) {
                path.push((used, 0));
                on_path.insert(used);
            }
        }
    }
    Ok(())
}
