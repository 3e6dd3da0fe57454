//! `/processes`: the fulfilments of a status, for operators.

use causeway::{
    App,
    http::{HttpFunction, HttpRequest, HttpResponse, HttpRight, Problem, list},
    saga::process::Status,
};
use domain::fulfilment::{ProcessBoard, ProcessBoardRow};

/// The statuses that a fulfilment can have.
const STATUSES: [Status; 5] =
    [Status::Running, Status::Compensating, Status::Completed, Status::Compensated, Status::NeedsOperator];

/// The function.
pub fn function() -> HttpFunction {
    HttpFunction::new("processes", [HttpRight::ReadViews])
        .page::<ProcessBoardRow>("/processes", "The fulfilments of a status; operators only.", of_status)
        .required_query("status", "running, compensating, completed, compensated or needsOperator.")
}

async fn of_status(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    super::access::check_operator(&request)?;
    let named = STATUSES.map(ProcessBoard::list_of).into_iter().find(|list| request.parameter("status") == Some(list));
    let list_name = named.ok_or_else(|| {
        Problem::invalid("status", "must be running, compensating, completed, compensated or needsOperator")
    })?;
    let page = list::<ProcessBoard>(&app, &request, list_name).await?;
    Ok(HttpResponse::json(200, &page)?.tagged(&request))
}
