//! Reading which faults are wanted: `KIND=RATE` for all parts, `KIND@PART=RATE` for one that differs.

use std::collections::BTreeMap;

use super::{FaultError, Kind, Part};

type Wish = (Kind, Option<Part>);

/// The rate of every kind for every part that it is wanted for.
pub(super) fn rates<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<BTreeMap<(Kind, Part), f64>, FaultError> {
    let mut wishes = BTreeMap::new();
    let texts = texts.into_iter().flat_map(|text| text.split(','));
    for text in texts.map(str::trim).filter(|text| !text.is_empty()) {
        let (name, wish, rate) = wish(text)?;
        if wishes.insert(wish, rate).is_some() {
            return Err(FaultError::Twice { name: name.to_owned() });
        }
    }
    let mut rates = BTreeMap::new();
    // Those for all parts sort before those for one, which replace them.
    for ((kind, part), rate) in wishes {
        let parts = part.as_ref().map_or(kind.parts(), std::slice::from_ref);
        rates.extend(parts.iter().map(|part| ((kind, *part), rate)));
    }
    Ok(rates)
}

fn wish(text: &str) -> Result<(&str, Wish, f64), FaultError> {
    let Some((name, rate)) = text.split_once('=') else {
        return Err(FaultError::Unreadable { text: text.to_owned() });
    };
    let (name, rate) = (name.trim(), rate.trim());
    let (kind, part) = name.split_once('@').map_or((name, None), |(kind, part)| (kind, Some(part)));
    let unknown_kind = || FaultError::UnknownKind { word: kind.to_owned() };
    let kind = Kind::ALL.into_iter().find(|known| known.word() == kind).ok_or_else(unknown_kind)?;
    let part = part.map(|part| of_kind(kind, part)).transpose()?;
    let share = rate.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    let wrong = || FaultError::Rate { name: name.to_owned(), rate: rate.to_owned() };
    Ok((name, (kind, part), share.ok_or_else(wrong)?))
}

fn of_kind(kind: Kind, word: &str) -> Result<Part, FaultError> {
    let unknown = || FaultError::UnknownPart { word: word.to_owned() };
    let part = Part::ALL.into_iter().find(|known| known.word() == word).ok_or_else(unknown)?;
    match kind.parts().contains(&part) {
        true => Ok(part),
        false => Err(FaultError::NeverMeets { kind, part }),
    }
}
