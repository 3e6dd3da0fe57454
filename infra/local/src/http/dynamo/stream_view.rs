//! The views of streams. A stream always stores both images, because a write that changes nothing makes no record, and
//! only both show it. The view that was asked for is a tag of the table, and the images are left out on reading.

use dynoxide::{
    Database,
    actions::{
        describe_table::DescribeTableRequest,
        get_records::{GetRecordsResponse, Record},
        list_tags_of_resource::ListTagsOfResourceRequest,
        tag_resource::TagResourceRequest,
    },
    errors::DynoxideError,
    streams, types,
};
use serde_json::{Value, json};

/// The tag with the view of a table's stream. Callers do not see it.
pub(crate) const TAG: &str = "causeway:stream-view";
/// The start of a shard in which nothing was written yet.
pub(super) const FIRST_SEQUENCE_NUMBER: &str = "100000000000000000001";
/// The view that is stored.
const BOTH: &str = "NEW_AND_OLD_IMAGES";
/// The views with less than both images.
const REDUCED: [&str; 3] = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE"];

/// The view of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StreamView(String);

impl StreamView {
    /// The view of the stream of this table.
    pub(crate) fn of(database: &Database, table: &str) -> Result<Self, DynoxideError> {
        let resource_arn = Some(streams::table_arn(table));
        let tags = database.list_tags_of_resource(ListTagsOfResourceRequest { resource_arn })?.tags;
        let tag = tags.into_iter().find(|tag| tag.key == TAG);
        Ok(Self(tag.map_or_else(|| BOTH.to_owned(), |tag| tag.value)))
    }

    /// Writes the view at this place of a description, if the stream stores both images.
    pub(crate) fn show_in(&self, description: &mut Value, place: &str) {
        if let Some(view) = description.pointer_mut(place).filter(|view| *view == BOTH) {
            *view = self.0.as_str().into();
        }
    }

    /// The record in this view; none if its write has changed nothing.
    pub(crate) fn record(&self, mut record: Record) -> Option<Record> {
        let data = &mut record.dynamodb;
        if record.event_name == "MODIFY" && data.old_image.is_some() && data.old_image == data.new_image {
            return None;
        }
        if !matches!(self.0.as_str(), BOTH | "NEW_IMAGE") {
            data.new_image = None;
        }
        if !matches!(self.0.as_str(), BOTH | "OLD_IMAGE") {
            data.old_image = None;
        }
        // A stream from before this view was stored may have less than both images; it says so itself.
        if data.stream_view_type == BOTH {
            data.stream_view_type.clone_from(&self.0);
        }
        let images = [Some(&data.keys), data.new_image.as_ref(), data.old_image.as_ref()];
        let sizes = images.into_iter().flatten().map(types::item_size);
        data.size_bytes = i64::try_from(sizes.sum::<usize>()).unwrap_or(i64::MAX);
        Some(record)
    }

    /// The records of a page in this view.
    pub(super) fn page(&self, mut page: GetRecordsResponse) -> GetRecordsResponse {
        page.records = page.records.into_iter().filter_map(|record| self.record(record)).collect();
        page
    }
}

/// The `CreateTable` request that stores both images, and has the view as a tag.
pub(crate) fn stored(mut create: Value) -> Value {
    let Some(view) = requested(&create) else { return create };
    create["StreamSpecification"]["StreamViewType"] = BOTH.into();
    let tag = json!({ "Key": TAG, "Value": view });
    match create.get_mut("Tags").and_then(Value::as_array_mut) {
        Some(tags) => tags.push(tag),
        None => create["Tags"] = json!([tag]),
    }
    create
}

/// The `UpdateTable` request that stores both images. The view becomes a tag first, so that no kill comes between them.
pub(crate) fn tagged(database: &Database, table: &str, mut update: Value) -> Result<Value, DynoxideError> {
    let wanted = update.pointer("/StreamSpecification/StreamViewType").and_then(Value::as_str);
    let view = wanted.filter(|view| *view == BOTH || REDUCED.contains(view)).map(str::to_owned);
    let described = database.describe_table(DescribeTableRequest { table_name: table.to_owned() });
    // The view of a stream that is on cannot be changed, and a missing table has none.
    let has_stream = described.map_or(true, |described| described.table.stream_specification.is_some());
    let Some(view) = view.filter(|_| !has_stream) else { return Ok(update) };
    let tag = types::Tag { key: TAG.to_owned(), value: view };
    let resource_arn = Some(streams::table_arn(table));
    database.tag_resource(TagResourceRequest { resource_arn, tags: vec![tag] })?;
    update["StreamSpecification"]["StreamViewType"] = BOTH.into();
    Ok(update)
}

/// The view with less than both images that a request asks for.
fn requested(request: &Value) -> Option<String> {
    let view = request.pointer("/StreamSpecification/StreamViewType").and_then(Value::as_str)?;
    REDUCED.contains(&view).then(|| view.to_owned())
}
