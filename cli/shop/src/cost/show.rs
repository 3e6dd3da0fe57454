//! The bill as text: a table per part, with its total.

use std::fmt;

use causeway_cli::output::columns;

use super::{
    bill::{Bill, Line},
    meter::{Counted, Runs},
    options::Cost,
    prices::Prices,
};

pub(super) struct Shown<'b> {
    pub(super) bill: &'b Bill,
    pub(super) counted: &'b Counted,
    pub(super) prices: &'b Prices,
    pub(super) args: &'b Cost,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bill, args) = (self.bill, self.args);
        let parts = [
            ("each order", "a million orders", ["EACH ORDER", "A MILLION"], &bill.orders),
            ("storage of a million orders, each month after", "a month", ["A MONTH", "A MONTH"], &bill.kept),
            ("each month with orders", "a month", ["A MONTH", "A MONTH"], &bill.busy),
            ("each month, without any orders", "a month", ["A MONTH", "A MONTH"], &bill.idle),
        ];
        if !args.total {
            writeln!(f, "{}\n", self.heading())?;
            for (title, _, headings, lines) in parts {
                writeln!(f, "{title}\n{}\n", table(headings, lines))?;
            }
            writeln!(f, "invocations per order\n{}\n", functions(self.counted, f64::from(args.orders)))?;
        }
        let totals =
            parts.map(|(title, per, _, lines)| [dollars(Bill::total(lines)), per.to_owned(), title.to_owned()]);
        write!(f, "{}", columns(["DOLLARS", "FOR", "TOTAL"], &totals))
    }
}

impl Shown<'_> {
    fn heading(&self) -> String {
        let args = self.args;
        let environments = if args.cold { "cold" } else { "warm" };
        let checked = self.prices.of.values().map(|price| price.checked).min();
        let checked = checked.map(|date| date.to_string()).unwrap_or_default();
        let free = if args.free_tier { "free tier subtracted" } else { "no free tier" };
        let mut heading = format!(
            "{} orders of {} lines, {} of a hundred refused, {environments} environments; prices of {}, checked {checked}, {free}\n\
             assumed: {} ms and {} bytes of lines for each run of a function",
            args.orders, args.lines, args.refused, self.bill.region, args.duration_ms, args.log_bytes,
        );
        let unconfirmed = self.prices.of.values().filter(|price| !price.confirmed);
        let unconfirmed: Vec<String> = unconfirmed.map(|price| price.item.to_string()).collect();
        if !unconfirmed.is_empty() {
            heading += &format!("\nby one source only: {}", unconfirmed.join(", "));
        }
        heading
    }
}

fn table([amount, cost]: [&str; 2], lines: &[Line]) -> String {
    let rows: Vec<[String; 5]> = lines
        .iter()
        .map(|line| {
            [line.service.to_owned(), line.what.clone(), number(line.amount), line.unit.clone(), dollars(line.dollars)]
        })
        .collect();
    let total = [String::new(), "total".to_owned(), String::new(), String::new(), dollars(Bill::total(lines))];
    let rows: Vec<[String; 5]> = rows.into_iter().chain([total]).collect();
    columns(["SERVICE", "WHAT", amount, "OF", &format!("$ FOR {cost}")], &rows)
}

/// The invocations and capacity units of each function.
fn functions(counted: &Counted, orders: f64) -> String {
    let row = |(name, runs): (&String, &Runs)| {
        [name.clone(), number(runs.billed() as f64 / orders), number(runs.writes / orders), number(runs.reads / orders)]
    };
    let rows: Vec<[String; 4]> = counted.functions.iter().map(row).collect();
    columns(["FUNCTION", "RUNS", "WRITE UNITS", "READ UNITS"], &rows)
}

/// With three decimals, or in scientific notation if that would be 0.
fn number(number: f64) -> String {
    if number != 0.0 && number < 0.001 {
        return format!("{number:.1e}");
    }
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn dollars(dollars: f64) -> String {
    if dollars > 0.0 && dollars < 0.005 { "<0.01".to_owned() } else { format!("{dollars:.2}") }
}
