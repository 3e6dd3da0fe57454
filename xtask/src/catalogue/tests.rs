use causeway::{Description, Kind};
use domain::{Entry, context::OldShape};
use schemars::{Schema, json_schema};
use serde_json::json;

use super::{files, generate, problems, sample::body};
use crate::repo;

fn schema() -> Schema {
    json_schema!({ "type": "object", "properties": { "lampId": { "type": "string" } } })
}

fn lamp(version: u32) -> Vec<Entry> {
    let old = |version| OldShape { version, schema, sample: json!({ "lampId": "l-1" }) };
    vec![Entry {
        description: Description { name: "LampLit", version, context: "lamp", kind: Kind::Event, schema },
        sample: json!({ "lampId": "l-1" }),
        aggregate_id: "l-1".to_owned(),
        old: (1..version).map(old).collect(),
    }]
}

#[test]
fn generated_files_have_no_problems_until_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let written = generate(folder.path(), &lamp(1)).unwrap();
    assert!(written.contains(&"events/lamp/LampLit.v1.json".to_owned()), "{written:?}");
    assert_eq!(problems(folder.path(), &lamp(1)).unwrap(), Vec::<String>::new());
    assert_eq!(generate(folder.path(), &lamp(1)).unwrap(), Vec::<String>::new(), "a second time writes nothing");
    repo::write(folder.path(), "events/lamp/LampLit.v1.json", "[]").unwrap();
    assert_eq!(problems(folder.path(), &lamp(1)).unwrap().len(), 1);
}

#[test]
fn a_superseded_file_is_kept_and_its_change_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    generate(folder.path(), &lamp(1)).unwrap();
    let old = repo::read(folder.path(), "events/lamp/LampLit.v1.schema.json").unwrap();
    generate(folder.path(), &lamp(2)).unwrap();
    assert_eq!(problems(folder.path(), &lamp(2)).unwrap(), Vec::<String>::new());
    assert_eq!(repo::read(folder.path(), "events/lamp/LampLit.v1.schema.json").unwrap(), old);
    repo::write(folder.path(), "events/lamp/LampLit.v1.schema.json", "{}").unwrap();
    generate(folder.path(), &lamp(2)).unwrap();
    let found = problems(folder.path(), &lamp(2)).unwrap();
    assert!(found.len() == 1 && found[0].contains("must not change"), "{found:?}");
}

#[test]
fn a_changed_old_shape_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut lamp = lamp(2);
    generate(folder.path(), &lamp).unwrap();
    lamp[0].old[0].schema = || json_schema!({ "type": "object" });
    generate(folder.path(), &lamp).unwrap();
    let found = problems(folder.path(), &lamp).unwrap();
    assert!(found.len() == 1 && found[0].contains("restore the shape"), "{found:?}");
}

#[test]
fn a_changed_shape_of_a_public_event_is_reported_and_not_generated() {
    let folder = tempfile::tempdir().unwrap();
    let public = |sample| {
        let mut entry = lamp(1).remove(0);
        entry.description.context = "public";
        vec![Entry { sample, ..entry }]
    };
    let written = generate(folder.path(), &public(json!({ "lampId": "l-1" }))).unwrap();
    assert!(written.contains(&"events/public/LampLit.v1.schema.json".to_owned()), "{written:?}");
    let leaked = public(json!({ "lampId": "l-1", "inside": true }));
    assert_eq!(generate(folder.path(), &leaked).unwrap(), Vec::<String>::new());
    let found = problems(folder.path(), &leaked).unwrap();
    assert!(found.len() == 1 && found[0].contains("restore the shape"), "{found:?}");
    let mut leaked = public(json!({ "lampId": "l-1" }));
    leaked[0].description.schema = || json_schema!({ "type": "object" });
    let found = problems(folder.path(), &leaked).unwrap();
    assert!(found.len() == 1 && found[0].contains("LampLit.v1.schema.json"), "{found:?}");
}

#[test]
fn a_missing_old_shape_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut lamp = lamp(3);
    generate(folder.path(), &lamp).unwrap();
    lamp[0].old.remove(0);
    let found = problems(folder.path(), &lamp).unwrap();
    assert!(found.iter().any(|problem| problem.starts_with("LampLit v3 keeps the old shapes [2]")), "{found:?}");
}

#[test]
fn a_sample_is_an_array_for_put_events() {
    let sample = files(&lamp(1)).unwrap().pop().unwrap();
    let sample = serde_json::from_str(&sample.text).unwrap();
    assert_eq!(body(&sample).unwrap(), json!({ "lampId": "l-1" }));
    assert_eq!(sample[0]["Source"], "causeway.lamp");
    assert_eq!(sample[0]["Resources"], json!(["lamp/l-1"]));
    assert_eq!(sample[0]["EventBusName"], "causeway");
}
