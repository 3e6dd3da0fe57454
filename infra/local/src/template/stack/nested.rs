//! Merges the resources of a nested stack into its parent. Logical ids are prefixed with that of the nested stack, because
//! two stacks may use the same ones.

use crate::template::{document::Declared, fields::Fields};

use super::{Kept, Stack};

pub(super) fn take_in(stack: &mut Stack, nested: &Declared, inner: Stack, fields: &mut Fields<'_>) {
    fields.without_effect(&[
        "TemplateURL",
        "Parameters",
        "Tags",
        "TimeoutInMinutes",
        "NotificationARNs",
        "StackName",
        "Description",
    ]);
    let Stack {
        mut functions,
        mut rules,
        mut schedules,
        mut mappings,
        mut tables,
        mut queues,
        mut buses,
        mut archives,
        mut schedule_groups,
        mut documents,
        outputs: _,
        kept,
        mut findings,
    } = inner;
    let within = |id: &mut String| {
        let own = kept.get(id).copied().unwrap_or_default();
        *id = format!("{}.{id}", nested.id);
        // What is kept of a stack is kept whole.
        let of_all = nested.kept.when_removed;
        let both = Kept { when_removed: own.when_removed || of_all, when_replaced: own.when_replaced };
        (both != Kept::default()).then(|| (id.clone(), both))
    };
    let all = functions.iter_mut().map(|one| &mut one.id);
    let all = all.chain(rules.iter_mut().map(|one| &mut one.id));
    let all = all.chain(schedules.iter_mut().map(|one| &mut one.id));
    let all = all.chain(mappings.iter_mut().map(|one| &mut one.id));
    let all = all.chain(tables.iter_mut().map(|one| &mut one.id));
    let all = all.chain(queues.iter_mut().map(|one| &mut one.id));
    let all = all.chain(buses.iter_mut().map(|one| &mut one.id));
    let all = all.chain(archives.iter_mut().map(|one| &mut one.id));
    let all = all.chain(schedule_groups.iter_mut().map(|one| &mut one.id));
    let all = all.chain(documents.iter_mut().map(|one| &mut one.id));
    stack.kept.extend(all.filter_map(within));
    stack.functions.append(&mut functions);
    stack.rules.append(&mut rules);
    stack.schedules.append(&mut schedules);
    stack.mappings.append(&mut mappings);
    stack.tables.append(&mut tables);
    stack.queues.append(&mut queues);
    stack.buses.append(&mut buses);
    stack.archives.append(&mut archives);
    stack.schedule_groups.append(&mut schedule_groups);
    stack.documents.append(&mut documents);
    stack.findings.append(&mut findings);
}
