//! `/accounts/{id}` and `/accounts/{id}/transactions`.

use causeway::{
    App,
    http::{Caller, HttpFunction, HttpRequest, HttpResponse, HttpRight, Problem, list},
};
use domain::{
    account::{AccountBalance, AccountBalanceRow, AccountStatement, AccountStatementRow},
    ids::AccountId,
};

/// The function.
pub fn function() -> HttpFunction {
    HttpFunction::new("accounts", [HttpRight::ReadViews])
        .row::<AccountBalanceRow>("/accounts/{id}", "An account with its balance.", account)
        .page::<AccountStatementRow>(
            "/accounts/{id}/transactions",
            "The movements of an account, the newest first.",
            transactions,
        )
}

/// Whether the account is the caller's.
pub(super) fn is_own(caller: &Caller, row: &AccountBalanceRow) -> bool {
    row.user_id.as_ref().map_or(caller.is_operator(), |user| caller.acts_for(user.as_str()))
}

async fn account(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id: AccountId = request.id("id")?;
    let caller = request.caller.clone();
    super::access::own_row::<AccountBalance>(&app, &request, id.as_str(), |row| is_own(&caller, row)).await
}

async fn transactions(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id: AccountId = request.id("id")?;
    let account = app.row::<AccountBalance>(id.as_str()).await?;
    if !account.is_some_and(|row| is_own(&request.caller, &row)) {
        return Err(Problem::not_found("account"));
    }
    let page = list::<AccountStatement>(&app, &request, &AccountStatement::list_of(id.as_str())).await?;
    Ok(HttpResponse::json(200, &page)?.tagged(&request))
}
