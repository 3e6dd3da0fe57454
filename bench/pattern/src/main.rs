//! Measures how many events per second are matched against 1, 100 and 10,000 rules, compared with `quamina`. Both get the
//! same rules and events, and nothing is measured before both have returned the same matches.

mod set;

use std::{
    error::Error,
    hint::black_box,
    io::{Write, stdout},
    time::{Duration, Instant},
};

use causeway_local::pattern::{Event, Pattern, RuleIndex};
use quamina::Quamina;

/// How often and how long each side is measured, in turns, for each number of rules.
const TURNS: usize = 40;
const TURN: Duration = Duration::from_millis(50);

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    let texts = set::events();
    let events: Vec<Event> = texts.iter().map(|text| Event::parse(text)).collect::<Result<_, _>>()?;
    writeln!(out, "| what | rules | Causeway | quamina | ratio |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    let mut built = Vec::new();
    for count in [1, 100, 10_000] {
        let patterns = set::patterns(count);
        let begun = Instant::now();
        let named = patterns.iter().enumerate().map(|(number, text)| Ok((number.to_string(), Pattern::parse(text)?)));
        let ours = RuleIndex::new(named.collect::<Result<Vec<_>, Box<dyn Error>>>()?);
        let ours_built = begun.elapsed();
        let begun = Instant::now();
        let mut peer = Quamina::new();
        for (number, text) in patterns.iter().enumerate() {
            peer.add_pattern(number, text)?;
        }
        // Work that is deferred until the first event counts as building.
        peer.matches_for_event(texts[0].as_bytes())?;
        built.push((count, ours_built, begun.elapsed(), agree(&ours, &peer, &texts)?));

        let mut took = [Duration::ZERO; 5];
        let mut runs = [0_u64; 5];
        // The sides take turns, so that other load affects both equally.
        for _ in 0..TURNS {
            let mut turn = |side: usize, match_one: &dyn Fn(usize) -> usize| {
                let begun = Instant::now();
                while begun.elapsed() < TURN {
                    for event in 0..texts.len() {
                        black_box(match_one(event));
                    }
                    runs[side] += texts.len() as u64;
                }
                took[side] += begun.elapsed();
            };
            turn(0, &|it| Event::parse(&texts[it]).map_or(0, |event| ours.matching(&event).len()));
            turn(1, &|it| peer.matches_for_event(texts[it].as_bytes()).map_or(0, |found| found.len()));
            turn(2, &|it| ours.matching(&events[it]).len());
            turn(3, &|it| peer.flatten_only(texts[it].as_bytes()).unwrap_or_default());
            turn(4, &|it| {
                Event::parse(&texts[it]).map_or(0, |event| {
                    black_box(event);
                    0
                })
            });
        }
        let seconds = |side: usize| took[side].as_secs_f64() / runs[side] as f64;
        let peer_alone = seconds(1) - seconds(3);
        for (what, ours, peer) in [
            ("read and match", seconds(0), seconds(1)),
            ("read", seconds(4), seconds(3)),
            ("match", seconds(2), peer_alone),
        ] {
            writeln!(out, "| {what} | {count} | {:.0} | {:.0} | {:.2} |", 1.0 / ours, 1.0 / peer, peer / ours)?;
        }
    }
    for (count, ours, peer, matches) in built {
        writeln!(out, "{count} rules built in {ours:.1?}, by quamina in {peer:.1?}; {matches} matches")?;
    }
    Ok(())
}

/// The number of matches, if both sides find the same.
fn agree(ours: &RuleIndex, peer: &Quamina<usize>, texts: &[String]) -> Result<usize, Box<dyn Error>> {
    let mut matches = 0;
    for text in texts {
        let mut peers = peer.matches_for_event(text.as_bytes())?;
        peers.sort_unstable();
        let event = Event::parse(text)?;
        let found: Vec<usize> = ours.matching(&event).into_iter().map(str::parse).collect::<Result<_, _>>()?;
        if found != peers {
            return Err(format!("for {text}\nCauseway finds {found:?}, quamina {peers:?}").into());
        }
        matches += found.len();
    }
    Ok(matches)
}
