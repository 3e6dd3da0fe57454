//! Given events, then a row: how a view's test is told.

use std::fmt::Debug;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::diff::{assert_same, fail};
use crate::{
    log::commit::Recorded,
    memory::MemoryClock,
    message::{
        contract::Messages,
        id::{MessageId, StreamId},
    },
    time::clock::Clock,
    view::view_store::{ListPosition, Row, View},
};

/// Begins a story with the events of one stream, `<context>/s-1`. The first happens at the beginning of 2026 and each
/// other a second later, unless the story says otherwise.
///
/// ```
/// # use schemars::JsonSchema; use serde::{Serialize, Deserialize};
/// # use causeway::{Patch, StreamId, View, log::commit::Recorded};
/// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
/// # pub struct LampLit {}
/// # causeway::events! { pub enum LampEvent: events of "lamp" { LampLit = 1 } }
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Wear { lit: u32 }
/// struct LampWear;
/// impl View for LampWear {
///     const NAME: &'static str = "lamp-wear";
///     type Event = LampEvent;
///     type Row = Wear;
///     fn patch(_: &StreamId, _: &Recorded<LampEvent>) -> Patch { Patch::none().add("lit", 1) }
/// }
/// causeway::testing::given_view::<LampWear>([LampLit {}.into(), LampLit {}.into()]).then_row(Wear { lit: 2 });
/// ```
#[track_caller]
pub fn given_view<V: View>(events: impl IntoIterator<Item = V::Event>) -> GivenView<V> {
    let context = V::Event::descriptions().first().map(|description| description.context);
    let id = MessageId::new("s-1").ok();
    let Some((context, id)) = context.zip(id) else { fail("the view's stream has no messages") };
    GivenView {
        stream: StreamId::new(context, &id),
        begun: MemoryClock::default().now(),
        apart: SignedDuration::from_secs(1),
        events: events.into_iter().collect(),
    }
}

/// What has happened to the stream that the row tells of.
#[derive(Clone, Debug)]
pub struct GivenView<V: View> {
    stream: StreamId,
    begun: Timestamp,
    apart: SignedDuration,
    events: Vec<V::Event>,
}

impl<V: View> GivenView<V> {
    /// The events are those of this stream.
    #[must_use]
    pub fn on(mut self, stream: StreamId) -> Self {
        self.stream = stream;
        self
    }

    /// The first event happens at this time.
    #[must_use]
    pub fn at(mut self, begun: Timestamp) -> Self {
        self.begun = begun;
        self
    }

    /// Each further event happens so much later.
    #[must_use]
    pub fn apart(mut self, apart: SignedDuration) -> Self {
        self.apart = apart;
        self
    }

    /// A reader sees exactly this row.
    #[track_caller]
    pub fn then_row(self, expected: V::Row) -> Self
    where
        V::Row: PartialEq + Debug,
    {
        let columns = self.row().columns;
        match serde_json::from_value::<V::Row>(Value::Object(columns.clone())) {
            Ok(row) => assert_same("the row is another", &row, &expected),
            Err(error) => fail(&format!("the row cannot be read: {error}\n{columns:#?}")),
        }
        self
    }

    /// The row stands here; `None`: in no list.
    #[track_caller]
    pub fn then_position(self, expected: Option<ListPosition>) -> Self {
        assert_same("the row stands elsewhere", &self.row().position, &expected);
        self
    }

    /// The row as it is stored.
    pub fn row(&self) -> Row {
        let mut row = Row::default();
        let mut at = self.begun;
        for (version, event) in (1_u64..).zip(&self.events) {
            let id = MessageId::from(uuid::Uuid::from_u128(u128::from(version)));
            let recorded = Recorded { id, version, at, event: event.clone() };
            row.apply(version, V::patch(&self.stream, &recorded));
            at = at.checked_add(self.apart).unwrap_or(Timestamp::MAX);
        }
        row
    }
}
