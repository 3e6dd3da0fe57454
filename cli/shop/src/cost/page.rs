//! A page with bills between marks. A mark has the options of its bill, so that one command can write the page again, and
//! a test can compare it.

use std::path::Path;

use anyhow::Context;
use clap::Parser;

use super::{bill::Bill, measure::measure, options::Cost, prices::Prices, show::Shown};

const MARK: &str = "<!-- causeway cost";
const MARK_ENDS: &str = "-->";
const END: &str = "<!-- end -->";
const FENCE: &str = "```";

/// A bill on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The options of the bill.
    pub options: Vec<String>,
    /// The text of the bill.
    pub text: String,
    /// The byte range between the marks.
    range: (usize, usize),
}

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    cost: Cost,
}

/// All bills of a page.
pub fn parts(page: &str) -> anyhow::Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut from = 0;
    while let Some(mark) = page[from..].find(MARK).map(|found| from + found) {
        let options = mark + MARK.len();
        let ends = page[options..].find(MARK_ENDS).map(|found| options + found);
        let ends = ends.context("a mark does not end with -->")?;
        let begins = ends + MARK_ENDS.len();
        let end = page[begins..].find(END).map(|found| begins + found);
        let end = end.with_context(|| format!("behind a mark there is no {END}"))?;
        parts.push(Part {
            options: page[options..ends].split_whitespace().map(str::to_owned).collect(),
            text: page[begins..end].trim().trim_start_matches(FENCE).trim_end_matches(FENCE).trim().to_owned(),
            range: (begins, end),
        });
        from = end + END.len();
    }
    Ok(parts)
}

/// Writes all bills of the page again, and returns their number.
pub(super) async fn write(path: &Path, args: &Cost, prices: &Prices) -> anyhow::Result<usize> {
    let shown = path.display();
    let mut page = std::fs::read_to_string(path).with_context(|| format!("cannot read the page {shown}"))?;
    let parts = parts(&page).with_context(|| format!("the page {shown} is invalid"))?;
    anyhow::ensure!(!parts.is_empty(), "the page {shown} has no mark such as {MARK} --cold {MARK_ENDS}");
    // From the last to the first, so that the ranges of those before stay valid.
    for part in parts.iter().rev() {
        let words = std::iter::once("cost".to_owned()).chain(part.options.iter().cloned());
        let options = Options::try_parse_from(words).with_context(|| format!("a mark of {shown} is invalid"))?;
        let asked = Cost { template: args.template.clone(), prices: args.prices.clone(), ..options.cost };
        let measured = measure(&asked, &prices.region).await?;
        let bill = Bill::of(&measured, prices, &asked);
        let text = Shown { bill: &bill, counted: &measured.orders, prices, args: &asked };
        page.replace_range(part.range.0..part.range.1, &format!("\n{FENCE}\n{text}\n{FENCE}\n"));
    }
    std::fs::write(path, page).with_context(|| format!("cannot write the page {shown}"))?;
    Ok(parts.len())
}
