//! Analytics: the events that add to its projections, and the schedules that read them.

use causeway::{App, Failure, Handled, Outcome, Projection, Received, view::Page};
use domain::{
    analytics::{
        Analytics, AnalyticsInput, DailyReportDue, MetricsDue, MetricsWindow, ProductsByDay, SalesByMinute, day_of,
        last_day, report,
    },
    cart::{CartEvent, ProductViewed},
    ids::DayId,
    order::{OrderEvent, OrderPlaced},
    payment::{PaymentEvent, PaymentProcessed, PaymentRefunded},
};

/// The rows of one page.
const PAGE_SIZE: u32 = 100;

/// Counts an order, its total, and its products.
pub async fn on_order_placed(app: App, placed: Received<OrderPlaced>) -> Outcome {
    app.contribute::<SalesByMinute, OrderEvent>(&placed).await?;
    app.contribute::<ProductsByDay, OrderEvent>(&placed).await
}

/// Counts a payment.
pub async fn on_payment_processed(app: App, paid: Received<PaymentProcessed>) -> Outcome {
    app.contribute::<SalesByMinute, PaymentEvent>(&paid).await
}

/// Counts a refund.
pub async fn on_payment_refunded(app: App, refunded: Received<PaymentRefunded>) -> Outcome {
    app.contribute::<SalesByMinute, PaymentEvent>(&refunded).await
}

/// Counts a view of a product.
pub async fn on_product_viewed(app: App, viewed: Received<ProductViewed>) -> Outcome {
    app.contribute::<ProductsByDay, CartEvent>(&viewed).await
}

/// Publishes the sales of the last window that is over.
pub async fn on_metrics_due(app: App, due: Received<MetricsDue>) -> Outcome {
    // The sender of a command chooses its timestamp.
    let window = MetricsWindow::before(due.timestamp.min(app.clock().now()));
    let mut rows = Vec::new();
    for day in window.days() {
        rows.extend(newest::<SalesByMinute>(&app, &day, |row| row.minute >= window.hour).await?);
    }
    let metrics = window.metrics(&rows);
    if metrics.sales.is_empty() {
        return Ok(Handled::Done);
    }
    let day = DayId::new(day_of(window.from)).map_err(Failure::permanent)?;
    app.execute::<Analytics>(&day, &AnalyticsInput::Metrics(metrics), &due.cause()).await
}

/// Publishes the report of a day.
pub async fn on_daily_report_due(app: App, due: Received<DailyReportDue>) -> Outcome {
    let now = due.timestamp.min(app.clock().now());
    let day = match &due.data.day {
        Some(day) => day.clone(),
        None => DayId::new(last_day(now)).map_err(Failure::permanent)?,
    };
    let minutes = newest::<SalesByMinute>(&app, day.as_str(), |_| true).await?;
    let products = newest::<ProductsByDay>(&app, day.as_str(), |_| true).await?;
    let input = AnalyticsInput::Report { report: report(day.clone(), &minutes, products), now };
    app.execute::<Analytics>(&day, &input, &due.cause()).await
}

/// The rows of a list from its end on, page by page until one is not needed.
async fn newest<P: Projection>(
    app: &App,
    list: &str,
    is_needed: impl Fn(&P::Row) -> bool,
) -> Result<Vec<P::Row>, Failure> {
    let mut page = Page { limit: PAGE_SIZE, newest_first: true, after: None };
    let mut rows = Vec::new();
    loop {
        let found = app.projected_list::<P>(list, &page).await?;
        let goes_on = found.rows.last().is_none_or(&is_needed);
        rows.extend(found.rows);
        match found.next.filter(|_| goes_on) {
            Some(next) => page.after = Some(next),
            None => return Ok(rows),
        }
    }
}
