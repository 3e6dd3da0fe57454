//! A picture of a house without ids and times: two runs that came to the same look the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr as _,
};

use causeway::{
    Projection as _,
    log::{
        commit::{Commit, TimerChange},
        event_store::EventStore as _,
    },
    view::view_store::ViewStore as _,
};
use domain::analytics::{ProductsByDay, SalesByMinute};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::driver::Driver;

/// Everything a run came to, as lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EndState {
    pub(crate) log: Vec<String>,
    pub(crate) views: Vec<String>,
    pub(crate) published: Vec<String>,
    pub(crate) mails: Vec<String>,
    pub(crate) timers: Vec<String>,
    pub(crate) letters: Vec<String>,
}

impl EndState {
    /// The picture of this house.
    pub(crate) async fn of(driver: &Driver) -> Self {
        let mut picture = Self::default();
        for stream in driver.stores.streams() {
            for commit in driver.stores.since(&stream, 1).await.unwrap() {
                picture.log.push(plain(of_commit(&commit)));
            }
        }
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for key in driver.stores.rows() {
            let row = driver.stores.get(&key).await.unwrap();
            if key.view == SalesByMinute::NAME || key.view == ProductsByDay::NAME {
                // A later try may count in a later minute, and several events at once.
                for (column, value) in row.unwrap_or_default().columns {
                    *sums.entry(format!("{}/{column}", key.view)).or_default() += value.as_i64().unwrap_or_default();
                }
                continue;
            }
            if key.view.ends_with(".checkpoint") {
                continue;
            }
            let row = row.map(|row| json!({ "version": row.version, "place": row.position, "columns": row.columns }));
            picture.views.push(plain(json!({ "key": key.to_string(), "row": row })));
        }
        picture.views.push(json!(sums).to_string());
        let mut once = BTreeMap::new();
        for entry in &driver.published {
            let published = serde_json::to_value(&entry.envelope).unwrap();
            once.entry(entry.envelope.event_id.clone())
                .or_insert(json!({ "source": entry.source, "published": published }));
        }
        picture.published = once.into_values().map(plain).collect();
        for mail in driver.memory.mailer.sent() {
            picture.mails.push(plain(json!([mail.key, mail.to, mail.subject, mail.body])));
        }
        for timer in driver.memory.timers.pending() {
            picture.timers.push(plain(json!([timer.key.stream, timer.key.name])));
        }
        // A letter that was written and not answered for is written again.
        let letters: BTreeSet<String> = driver
            .memory
            .dead_letters
            .all()
            .into_iter()
            .map(|letter| plain(json!([letter.reason, letter.explanation, letter.consumer, letter.message])))
            .collect();
        picture.letters = letters.into_iter().collect();
        for lines in
            [&mut picture.log, &mut picture.views, &mut picture.published, &mut picture.mails, &mut picture.timers]
        {
            lines.sort();
        }
        picture
    }

    /// The lines in which this picture differs from the other.
    pub(crate) fn different(&self, other: &Self) -> Vec<String> {
        let pairs = [
            (&self.log, &other.log),
            (&self.views, &other.views),
            (&self.published, &other.published),
            (&self.mails, &other.mails),
            (&self.timers, &other.timers),
            (&self.letters, &other.letters),
        ];
        pairs.into_iter().flat_map(|(ours, theirs)| difference(ours, theirs)).collect()
    }
}

fn difference(ours: &[String], theirs: &[String]) -> Vec<String> {
    let mut missing: Vec<&String> = theirs.iter().collect();
    let mut different = Vec::new();
    for line in ours {
        match missing.iter().position(|other| *other == line) {
            Some(place) => {
                missing.remove(place);
            }
            None => different.push(format!("only with the drop: {line}")),
        }
    }
    different.extend(missing.into_iter().map(|line| format!("only without: {line}")));
    different
}

fn of_commit(commit: &Commit) -> Value {
    let message = |message: &causeway::Encoded| json!([message.name, message.version, message.data]);
    let timer = |change: &TimerChange| match change {
        TimerChange::Set { name, message: published, .. } => json!(["set", name, message(published)]),
        TimerChange::Cancel { name } => json!(["cancel", name]),
    };
    json!({
        "stream": commit.stream,
        "version": commit.version,
        "events": commit.events.iter().map(message).collect::<Vec<_>>(),
        "sends": commit.sends.iter().map(|send| json!([send.to, message(&send.message)])).collect::<Vec<_>>(),
        "timers": commit.timers.iter().map(timer).collect::<Vec<_>>(),
        "hops": commit.metadata.hops,
    })
}

/// The value without ids and times.
fn plain(value: Value) -> String {
    strip(value).to_string()
}

fn strip(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(strip_text(&text)),
        Value::Array(items) => items.into_iter().map(strip).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (strip_text(&name), strip(value))).collect::<Map<_, _>>().into()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// A text in which each part that is a time or a UUID is only called so.
fn strip_text(text: &str) -> String {
    if Timestamp::from_str(text).is_ok() {
        return "<time>".to_owned();
    }
    if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
        return strip(inner).to_string();
    }
    let mut plain = String::new();
    let mut rest = text;
    while let Some((place, found, name)) = next_id_or_time(rest) {
        plain.push_str(&rest[..place]);
        plain.push_str(name);
        rest = &rest[place + found..];
    }
    plain.push_str(rest);
    plain
}

fn next_id_or_time(text: &str) -> Option<(usize, usize, &'static str)> {
    (0..text.len()).filter(|place| text.is_char_boundary(*place)).find_map(|place| {
        let rest = &text[place..];
        let uuid = rest.get(..36).filter(|part| is_uuid(part));
        let mut times = (20..=30).rev().filter_map(|length| rest.get(..length)).filter(|part| part.ends_with('Z'));
        let time = times.find(|part| part.as_bytes()[0].is_ascii_digit() && Timestamp::from_str(part).is_ok());
        uuid.map(|part| (place, part.len(), "<id>")).or(time.map(|part| (place, part.len(), "<time>")))
    })
}

fn is_uuid(text: &str) -> bool {
    text.bytes().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}
