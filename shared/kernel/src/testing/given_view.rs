//! [`given_view`]: given events, then a row: tests of views.

use std::{collections::BTreeMap, fmt::Debug};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::diff::{assert_same, fail};
use crate::{
    MessageId, Messages, StreamId, View,
    log::Recorded,
    memory::MemoryClock,
    time::Clock,
    view::{Grain, ListPosition, Row},
};

/// Begins a test of a view with the events of one stream, `<context>/s-1`. The first event is at the beginning of 2026,
/// each further one a second later, unless the test sets other times.
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
    let Some((context, id)) = context.zip(id) else { fail("the view's event family is empty") };
    GivenView {
        stream: StreamId::new(context, &id),
        start: MemoryClock::default().now(),
        interval: SignedDuration::from_secs(1),
        events: events.into_iter().collect(),
    }
}

/// The events of the row's stream.
#[derive(Clone, Debug)]
pub struct GivenView<V: View> {
    stream: StreamId,
    start: Timestamp,
    interval: SignedDuration,
    events: Vec<V::Event>,
}

impl<V: View> GivenView<V> {
    /// Sets the stream.
    #[must_use]
    pub fn on(mut self, stream: StreamId) -> Self {
        self.stream = stream;
        self
    }

    /// Sets the time of the first event.
    #[must_use]
    pub fn at(mut self, start: Timestamp) -> Self {
        self.start = start;
        self
    }

    /// Sets the time between two events.
    #[must_use]
    pub fn interval(mut self, interval: SignedDuration) -> Self {
        self.interval = interval;
        self
    }

    /// Expects exactly this row.
    #[track_caller]
    pub fn then_row(self, expected: V::Row) -> Self
    where
        V::Row: PartialEq + Debug,
    {
        let columns = self.row().columns;
        match serde_json::from_value::<V::Row>(Value::Object(columns.clone())) {
            Ok(row) => assert_same("the row differs", &row, &expected),
            Err(error) => fail(&format!("the row cannot be decoded: {error}\n{columns:#?}")),
        }
        self
    }

    /// Expects exactly these rows, which a view with a row per event has in this order.
    #[track_caller]
    pub fn then_rows(self, expected: impl IntoIterator<Item = V::Row>) -> Self
    where
        V::Row: PartialEq + Debug,
    {
        let rows: Result<Vec<V::Row>, _> =
            self.rows().into_values().map(|row| serde_json::from_value(Value::Object(row.columns))).collect();
        match rows {
            Ok(rows) => assert_same("the rows differ", &rows, &expected.into_iter().collect()),
            Err(error) => fail(&format!("a row cannot be decoded: {error}")),
        }
        self
    }

    /// Expects this position; `None` for a row in no list.
    #[track_caller]
    pub fn then_position(self, expected: Option<ListPosition>) -> Self {
        assert_same("the row has another position", &self.row().position, &expected);
        self
    }

    /// The row that the last event changed, as it is stored.
    pub fn row(&self) -> Row {
        self.rows().pop_last().map(|(_, row)| row).unwrap_or_default()
    }

    /// The rows as they are stored, by the version of their first event: one for the stream, or one for each event.
    fn rows(&self) -> BTreeMap<u64, Row> {
        let mut rows: BTreeMap<u64, Row> = BTreeMap::new();
        let mut at = self.start;
        for (version, event) in (1_u64..).zip(&self.events) {
            let id = MessageId::from(uuid::Uuid::from_u128(u128::from(version)));
            let recorded = Recorded { id, version, at, event: event.clone() };
            let patch = V::patch(&self.stream, &recorded);
            match V::GRAIN {
                Grain::Stream => rows.entry(1).or_default().apply(version, patch),
                Grain::Event if patch.is_empty() => {}
                Grain::Event => rows.entry(version).or_default().apply(version, patch),
            }
            at = at.checked_add(self.interval).unwrap_or(Timestamp::MAX);
        }
        rows
    }
}
