//! How many events a second find their rules, among one rule, a hundred and ten thousand.
//! `cargo run --release -p local --example pattern_speed` prints a line for each; "all" is
//! what trying every rule would take, "crowded" is with a thousand rules to each event type.

use std::{
    error::Error,
    hint::black_box,
    io::{Write, stdout},
    time::{Duration, Instant},
};

use local::pattern::{Event, Pattern, Rules};

const EVENT: &str = r#"{"version":"0","id":"6a7e8feb-b491-4cf7-a9f1-bf3703467718","detail-type":"Event0","source":"shop.0",
    "account":"111122223333","time":"2026-11-22T18:43:48Z","region":"eu-west-1","resources":["arn:aws:shop:eu-west-1::order/17"],
    "detail":{"order":"17","customer":{"id":"c-4711","vip":true},"total":250.5,"currency":"EUR","carrier":"post",
    "lines":[{"sku":"book-1","count":2,"price":100},{"sku":"pen-9","count":1,"price":50.5}]}}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let event = Event::parse(EVENT)?;
    report("parse an event", per_second(|| Event::parse(black_box(EVENT))))?;
    for count in [1, 100, 10_000] {
        let patterns = rules(count, count)?;
        let rules = Rules::new(patterns.clone());
        report(&format!("{count} rules"), per_second(|| rules.matching(black_box(&event))))?;
        let all = || patterns.iter().filter(|(_, pattern)| pattern.matches(black_box(&event))).count();
        report(&format!("{count} rules, all"), per_second(all))?;
    }
    let crowded = Rules::new(rules(10_000, 10)?);
    report("10000 rules, crowded", per_second(|| crowded.matching(black_box(&event))))?;
    let started = Instant::now();
    let compiled = Rules::new(rules(10_000, 10_000)?);
    writeln!(stdout(), "{} rules parsed and compiled in {:?}", compiled.len(), started.elapsed())?;
    Ok(())
}

fn rules(count: usize, types: usize) -> Result<Vec<(String, Pattern)>, Box<dyn Error>> {
    let rule = |number: usize| {
        let text = format!(
            r#"{{"source":["shop.{}"],"detail-type":["Event{}"],
                "detail":{{"total":[{{"numeric":[">",{}]}}],"currency":["EUR"],"lines":{{"sku":[{{"prefix":"book-"}}],"count":[2]}}}}}}"#,
            number % 50 % types,
            number % types,
            number % 500,
        );
        Ok((format!("rule-{number}"), Pattern::parse(&text)?))
    };
    (0..count).map(rule).collect()
}

fn per_second<T>(run: impl Fn() -> T) -> f64 {
    let (started, mut runs) = (Instant::now(), 0.0);
    while started.elapsed() < Duration::from_secs(1) {
        black_box(run());
        runs += 1.0;
    }
    runs / started.elapsed().as_secs_f64()
}

fn report(what: &str, per_second: f64) -> Result<(), Box<dyn Error>> {
    writeln!(stdout(), "{what:<24}{per_second:>12.0} a second")?;
    Ok(())
}
