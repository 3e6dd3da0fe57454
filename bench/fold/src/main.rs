//! Measures how many events per second are decoded from items and folded, and only folded, compared with `cqrs-es`.
//! Both sides read the items that their own crate wrote, as the SDK hands them over.

mod ours;
mod peer;
mod stored;

use std::{
    error::Error,
    hint::black_box,
    io::{Write, stdout},
    time::{Duration, Instant},
};

/// The events of the stream.
const EVENTS: u64 = 1_000;
/// How many times the stream is folded: a million events in all.
const ROUNDS: u32 = 1_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let stored = stored::write_both(EVENTS).await?;
    let bodies = ours::bodies(&stored.ours)?;
    let payloads = peer::payloads(&stored.peer)?;
    let our_events = ours::events(&bodies)?;
    let events = peer::events(&payloads)?;
    let bare = ours::without_snapshots(&stored.ours);
    let mut took = [Duration::ZERO; 7];
    // The sides take turns, so that other load affects both equally.
    for _ in 0..ROUNDS {
        let copies = events.clone();
        let [items, bare_items, peer_items, texts, peer_texts, fold, peer_fold] = &mut took;
        measure(items, || ours::fold_items(&stored.ours))?;
        measure(bare_items, || ours::fold_items(&bare))?;
        measure(peer_items, || peer::fold_items(&stored.peer))?;
        measure(texts, || ours::fold_bodies(&bodies))?;
        measure(peer_texts, || peer::fold_payloads(&payloads))?;
        measure(fold, || Ok(ours::fold(&our_events)))?;
        measure(peer_fold, || Ok(peer::fold(copies)))?;
    }
    let mut out = stdout().lock();
    writeln!(out, "| what | Causeway, million events per second | cqrs-es | ratio |")?;
    writeln!(out, "|---|---|---|---|")?;
    let [items, bare_items, peer_items, texts, peer_texts, fold, peer_fold] = took.map(per_second);
    for (what, ours, peer) in [
        ("item to state", items, peer_items),
        ("item without snapshot to state", bare_items, peer_items),
        ("event JSON to state", texts, peer_texts),
        ("fold alone", fold, peer_fold),
    ] {
        writeln!(out, "| {what} | {ours:.2} | {peer:.2} | {:.2} |", ours / peer)?;
    }
    Ok(())
}

/// Adds the time of one round.
fn measure<T>(took: &mut Duration, round: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    black_box(round()?);
    *took += begun.elapsed();
    Ok(())
}

/// Million events a second.
fn per_second(took: Duration) -> f64 {
    EVENTS as f64 * f64::from(ROUNDS) / took.as_secs_f64() / 1e6
}
