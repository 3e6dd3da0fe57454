//! Sales: the plots that the application declares, of views whose lists are days.

use std::collections::BTreeMap;

use axum::response::Response;
use causeway_cli::application::Plot;
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    call::Call,
    page::{Layout, clean, same_as, shortened},
};

/// The size of a plot.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 24.0;

/// The most rows of a day that are read.
const LIMIT: &str = "--limit=1500";

/// The page.
pub(crate) async fn show(call: Call) -> Response {
    let layout = Layout { path: "sales", about: "What the views of the application say about a day, in UTC." };
    let content = content(&call).await;
    call.answer(layout, content)
}

async fn content(call: &Call) -> anyhow::Result<Markup> {
    let site = &call.shared.site;
    let today = Timestamp::now().strftime("%Y-%m-%d").to_string();
    let day = call.fields.given("day").unwrap_or(&today);
    let mut read: BTreeMap<&str, crate::commands::Printed> = BTreeMap::new();
    for plot in site.application.plots {
        if !read.contains_key(plot.view) {
            read.insert(plot.view, site.run(&["list", "--oldest-first", LIMIT, "--", plot.view, day]).await?);
        }
    }
    Ok(html! {
        form.bar method="get" { label { "Day" input type="date" name="day" value=(day); } button type="submit" { "Show" } }
        @if site.application.plots.is_empty() { p.empty { "The application declares no plots." } }
        @for plot in site.application.plots {
            @if let Some(rows) = read.get(plot.view) { (drawn(plot, &rows.items)) }
        }
        @for rows in read.values() { (same_as(&rows.words)) }
    })
}

/// The values of a line, by their place on the axis.
type Values = BTreeMap<String, f64>;

fn lines_of(plot: &Plot, rows: &[Value]) -> BTreeMap<String, Values> {
    let mut lines: BTreeMap<String, Values> = BTreeMap::new();
    for columns in rows.iter().map(|row| &row["columns"]) {
        let column = |name: &str| columns.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let value = columns.get(plot.column).and_then(Value::as_f64).unwrap_or_default() * plot.factor;
        let line = plot.by.map(column).unwrap_or_default();
        *lines.entry(line).or_default().entry(column(plot.along)).or_default() += value;
    }
    lines
}

fn drawn(plot: &Plot, rows: &[Value]) -> Markup {
    let lines = lines_of(plot, rows);
    html! {
        section.plot {
            h2 { (plot.title) }
            @if lines.is_empty() { p.empty { "Nothing on this day." } }
            @for (name, values) in &lines { (bars(plot, name, values)) }
        }
    }
}

/// Bars, of equal width, with the largest value at the top.
fn bars(plot: &Plot, name: &str, values: &Values) -> Markup {
    let most = values.values().copied().fold(0.0, f64::max).max(1.0);
    let total: f64 = values.values().sum();
    let count = u32::try_from(values.len().max(12)).map_or(1.0, f64::from);
    let step = (WIDTH - LEFT) / count;
    let places = (0_u32..).map(f64::from).map(|number| LEFT + number * step);
    let (first, last) = (values.keys().next(), values.keys().next_back());
    let label = format!("{} {name}: {} in all, {} at most", plot.title, shown(total), shown(most));
    html! {
        p.dim { @if !name.is_empty() { b { (clean(name)) } " · " } (shown(total)) " in all" }
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(clean(&label)) {
            text x="4" y="14" { (shown(most)) }
            text x="4" y=(HEIGHT - BOTTOM) { "0" }
            line.axis x1=(LEFT) x2=(WIDTH) y1=(HEIGHT - BOTTOM) y2=(HEIGHT - BOTTOM) {}
            line.grid x1=(LEFT) x2=(WIDTH) y1="10" y2="10" {}
            @for (x, (place, value)) in places.zip(values) {
                @let height = value.max(0.0) / most * (HEIGHT - BOTTOM - 10.0);
                rect.bar-value x=(x) y=(HEIGHT - BOTTOM - height) width=((step - 1.0).max(1.0)) height=(height) {
                    title { (clean(place)) ": " (shown(*value)) }
                }
            }
            text x=(LEFT) y=(HEIGHT - 6.0) { (shortened(first.map(String::as_str).unwrap_or_default(), 20)) }
            @if values.len() > 1 {
                text.end x=(WIDTH) y=(HEIGHT - 6.0) { (shortened(last.map(String::as_str).unwrap_or_default(), 20)) }
            }
        }
        details { summary { "As a table" }
            div.scroll tabindex="0" aria-label="Values" { table { tbody { @for (place, value) in values {
                tr { td { (clean(place)) } td.right { (shown(*value)) } }
            } } } }
        }
    }
}

/// A number without needless digits.
fn shown(value: f64) -> String {
    if value.fract().abs() < 0.005 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_a_place_are_added_and_each_name_has_a_line_of_its_own() {
        let plot =
            Plot { title: "Paid", view: "sales", along: "minute", by: Some("currency"), column: "paid", factor: 0.01 };
        let row = |minute: &str, currency: &str, paid: i64| json!({ "columns": { "minute": minute, "currency": currency, "paid": paid } });
        let rows = [row("1", "EUR", 100), row("1", "EUR", 50), row("2", "EUR", 0), row("1", "USD", 7)];
        let lines = lines_of(&plot, &rows);
        assert_eq!(lines["EUR"], Values::from([("1".to_owned(), 1.5), ("2".to_owned(), 0.0)]));
        assert_eq!(lines["USD"]["1"], 0.07);
        assert!(drawn(&plot, &rows).into_string().contains("1.50 in all"));
    }
}
