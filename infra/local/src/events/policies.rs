//! The resource policy of a bus. It is kept and described; no call is checked against it.

use serde_json::{Value, json};

use crate::aws_error::AwsError;

use super::{
    model::BusSettings,
    request::{self, Request, Violation, check_constraints, not_found},
    service::EventBridge,
    state::{Change, State, existing_bus},
};

const ACTION: &str = "events:PutEvents";
const MAX_STATEMENT_ID_LENGTH: usize = 64;

impl EventBridge {
    /// Adds a statement to the policy, or replaces the whole policy.
    pub(super) fn put_permission(&self, request: Request) -> Result<Value, AwsError> {
        let mut state = self.durable.state();
        let mut settings = settings(&state, request.event_bus_name.as_deref())?;
        match &request.policy {
            Some(policy) => settings.statements = statements(policy)?,
            None => {
                let statement = self.statement(&settings.name, request)?;
                settings.statements.retain(|present| present["Sid"] != statement["Sid"]);
                settings.statements.push(statement);
            }
        }
        self.commit(&mut state, vec![Change::Bus(settings)])?;
        Ok(json!({}))
    }

    pub(super) fn remove_permission(&self, request: Request) -> Result<Value, AwsError> {
        let mut state = self.durable.state();
        let mut settings = settings(&state, request.event_bus_name.as_deref())?;
        if request.remove_all_permissions {
            settings.statements.clear();
        } else {
            let id = given("StatementId", request.statement_id)?;
            if settings.statements.is_empty() {
                return Err(not_found("EventBus does not have a policy."));
            }
            let before = settings.statements.len();
            settings.statements.retain(|statement| statement["Sid"] != id);
            if settings.statements.len() == before {
                return Err(not_found("Statement with the provided id does not exist."));
            }
        }
        self.commit(&mut state, vec![Change::Bus(settings)])?;
        Ok(json!({}))
    }

    fn statement(&self, bus: &str, request: Request) -> Result<Value, AwsError> {
        let id = given("StatementId", request.statement_id)?;
        check_constraints([Violation::of_length(&id, "statementId", 1, MAX_STATEMENT_ID_LENGTH)])?;
        if given("Action", request.action)? != ACTION {
            return Err(request::invalid("Provided value in parameter 'action' is not supported."));
        }
        let principal = given("Principal", request.principal)?;
        let principal = match principal.as_str() {
            "*" => json!("*"),
            account if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => {
                json!({ "AWS": format!("arn:aws:iam::{account}:root") })
            }
            _ => {
                let message = "Provided value in parameter 'principal' must be 12 digit account id or '*'.";
                return Err(request::invalid(message));
            }
        };
        let mut statement = json!({
            "Sid": id,
            "Effect": "Allow",
            "Principal": principal,
            "Action": ACTION,
            "Resource": self.ctx.account_region.bus(bus),
        });
        if let Some(condition) = request.condition {
            statement["Condition"] = json!({ condition.operator: { condition.key: condition.value } });
        }
        Ok(statement)
    }
}

fn given(name: &str, value: Option<String>) -> Result<String, AwsError> {
    value.ok_or_else(|| request::invalid(format!("Parameter {name} must be specified.")))
}

fn settings(state: &State, bus: Option<&str>) -> Result<BusSettings, AwsError> {
    let name = existing_bus(state, bus)?;
    let missing = || not_found(format!("Event bus {name} does not exist."));
    state.buses.get(&name).map(|bus| bus.settings.clone()).ok_or_else(missing)
}

/// The statements of a whole policy, of which a single one may stand without a list.
fn statements(policy: &str) -> Result<Vec<Value>, AwsError> {
    let invalid = || request::invalid("The policy is not a JSON object with statements.");
    let mut policy: Value = serde_json::from_str(policy).map_err(|_| invalid())?;
    match policy.get_mut("Statement").map(Value::take) {
        Some(Value::Array(statements)) => Ok(statements),
        Some(one @ Value::Object(_)) => Ok(vec![one]),
        _ => Err(invalid()),
    }
}
