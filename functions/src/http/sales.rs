//! `/sales`: the sales of a day by minute, for operators.

use causeway::{
    App,
    http::{HttpFunction, HttpRequest, HttpResponse, HttpRight, Problem, projected_list},
};
use domain::analytics::{SalesByMinute, SalesByMinuteRow, day_of};
use jiff::civil::Date;

/// The function.
pub fn function() -> HttpFunction {
    HttpFunction::new("sales", [HttpRight::ReadViews])
        .page::<SalesByMinuteRow>("/sales", "The sales of a day, by minute and currency; operators only.", by_minute)
        .query("day", "The day in UTC, such as 2026-01-15; without it, today.")
}

async fn by_minute(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    super::access::check_operator(&request)?;
    let day = match request.parameter("day") {
        None => day_of(app.clock().now()),
        Some(text) => match text.parse::<Date>() {
            Ok(day) if day.to_string() == text => day.to_string(),
            Ok(_) | Err(_) => return Err(Problem::invalid("day", "must be a day such as 2026-01-15")),
        },
    };
    let page = projected_list::<SalesByMinute>(&app, &request, &day).await?;
    Ok(HttpResponse::json(200, &page)?.tagged(&request))
}
