//! How a commit becomes an item: readable while it fits, packed when that saves a write unit, and the state along
//! with it in the spare part of the units that the events cost anyway.

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use causeway::log::{
    commit::{Commit, EmbeddedSnapshot},
    event_store::SnapshotPolicy,
};

use super::{
    attributes::{Item, LIMIT, size, text, write_units},
    commit_text::{Texts, recent_text},
    deflate::deflate,
    item,
};

/// An item to be written.
#[derive(Debug)]
pub(crate) struct Packed {
    /// The item.
    pub(crate) item: Item,
    /// Its size.
    pub(crate) bytes: usize,
    /// Whether the state is in it.
    pub(crate) carried: bool,
}

/// A commit that becomes no item.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    /// No layout brings it under the limit.
    #[error("the commit has {bytes} bytes")]
    TooLarge {
        /// The size of the smallest.
        bytes: usize,
    },
    /// It has no JSON form.
    #[error("the commit has no JSON form")]
    Unwritable(#[from] serde_json::Error),
}

/// A carried state as texts.
struct StateTexts<'a> {
    carried: &'a EmbeddedSnapshot,
    recent: String,
    whole: String,
}

/// The item of a commit, with its state or without.
pub(crate) fn pack(commit: &Commit, carry: SnapshotPolicy) -> Result<Packed, PackError> {
    let fixed = item::fixed(commit)?;
    let texts = Texts::of(commit)?;
    let state = commit.snapshot.as_ref().map(state_texts).transpose()?;
    let bare = bare(&fixed, &texts);
    let Some(state) = state else { return fitting(bare) };
    let layouts: [fn(&Item, &Texts, &StateTexts<'_>) -> Item; 3] = [readable_with, state_packed, all_packed_with];
    let paid = write_units(bare.bytes);
    let mut best: Option<Packed> = None;
    for layout in layouts {
        let item = layout(&fixed, &texts, &state);
        let bytes = size(&item);
        let smaller = best.as_ref().is_none_or(|best| write_units(bytes) < write_units(best.bytes));
        if smaller {
            best = Some(Packed { item, bytes, carried: true });
        }
        if write_units(bytes) <= paid {
            break;
        }
    }
    let rides = |packed: &Packed| match carry {
        SnapshotPolicy::IfFree => write_units(packed.bytes) <= paid,
        SnapshotPolicy::Must => true,
    };
    match best.filter(|packed| packed.bytes <= LIMIT && rides(packed)) {
        Some(packed) => Ok(packed),
        None => fitting(bare),
    }
}

fn fitting(packed: Packed) -> Result<Packed, PackError> {
    if packed.bytes > LIMIT { Err(PackError::TooLarge { bytes: packed.bytes }) } else { Ok(packed) }
}

/// The item without a state, packed if that saves a unit.
fn bare(fixed: &Item, texts: &Texts) -> Packed {
    let item = readable(fixed, texts);
    let bytes = size(&item);
    if write_units(bytes) > 1 {
        let packed = all_packed(fixed, texts, None);
        let packed_bytes = size(&packed);
        if write_units(packed_bytes) < write_units(bytes) {
            return Packed { item: packed, bytes: packed_bytes, carried: false };
        }
    }
    Packed { item, bytes, carried: false }
}

fn readable(fixed: &Item, texts: &Texts) -> Item {
    let mut item = fixed.clone();
    item.insert(item::EVENTS.to_owned(), text(&texts.events));
    for (name, part) in [(item::SENDS, &texts.sends), (item::TIMERS, &texts.timers)] {
        if let Some(part) = part {
            item.insert(name.to_owned(), text(part));
        }
    }
    item
}

fn readable_with(fixed: &Item, texts: &Texts, state: &StateTexts<'_>) -> Item {
    let mut item = readable(fixed, texts);
    item.insert(item::STATE.to_owned(), text(state.carried.state.get()));
    item.insert(item::SHAPE.to_owned(), text(&state.carried.shape));
    item.insert(item::RECENT.to_owned(), text(&state.recent));
    item
}

fn state_packed(fixed: &Item, texts: &Texts, state: &StateTexts<'_>) -> Item {
    match deflate(&state.whole) {
        Some(packed) => {
            let mut item = readable(fixed, texts);
            item.insert(item::STATE.to_owned(), blob(packed));
            item
        }
        None => readable_with(fixed, texts, state),
    }
}

fn all_packed_with(fixed: &Item, texts: &Texts, state: &StateTexts<'_>) -> Item {
    all_packed(fixed, texts, Some(&state.whole))
}

fn all_packed(fixed: &Item, texts: &Texts, carried: Option<&str>) -> Item {
    let mut item = fixed.clone();
    let together = texts.together(carried);
    let packed = deflate(&together).map_or_else(|| text(&together), blob);
    item.insert(item::PACKED.to_owned(), packed);
    item
}

fn blob(packed: Vec<u8>) -> AttributeValue {
    AttributeValue::B(Blob::new(packed))
}

fn state_texts(carried: &EmbeddedSnapshot) -> Result<StateTexts<'_>, serde_json::Error> {
    Ok(StateTexts { carried, recent: recent_text(&carried.recent)?, whole: serde_json::to_string(carried)? })
}

#[cfg(test)]
pub(crate) mod tests;
