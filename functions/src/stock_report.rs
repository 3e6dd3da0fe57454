//! The daily stock report.

use causeway::{App, Failure, Outcome, Received, view::view_store::Page};
use domain::{
    ids::DayId,
    inventory::Stock,
    stock_report::{StockCount, StockReport, StockReportDue},
};

/// The rows of one page.
const PAGE_SIZE: u32 = 100;

/// Counts the stock and produces the report for the day of the message.
pub async fn on_stock_report_due(app: App, due: Received<StockReportDue>) -> Outcome {
    let day = DayId::new(due.timestamp.strftime("%Y-%m-%d").to_string()).map_err(Failure::permanent)?;
    let count = count_stock(&app, StockCount::of(day.clone())).await?;
    app.execute::<StockReport>(&day, &count, &due.cause()).await
}

async fn count_stock(app: &App, mut count: StockCount) -> Result<StockCount, Failure> {
    let mut page = Page { limit: PAGE_SIZE, newest_first: false, after: None };
    loop {
        let rows = app.list::<Stock>(Stock::LIST, &page).await?;
        count = count.and(&rows.rows);
        match rows.next {
            Some(next) => page.after = Some(next),
            None => return Ok(count),
        }
    }
}
