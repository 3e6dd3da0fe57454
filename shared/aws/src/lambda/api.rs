//! The function behind routes of an HTTP API (API Gateway, payload format 2.0).

use std::collections::BTreeMap;

use async_trait::async_trait;
use causeway::{
    App,
    http::{Caller, HttpFunction, HttpRequest, HttpResponse, Problem},
};
use lambda_runtime::Diagnostic;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::{Instrument, info, info_span};

use super::{Function, Invocation};

/// The variable that lets requests without a token in. Only the local cloud sets it, where there may be no authorizer.
pub const OPEN: &str = "HTTP_OPEN";

/// The function of a family of HTTP routes.
pub struct ApiFunction {
    /// Its routes.
    pub function: HttpFunction,
    /// The app that they run on.
    pub app: App,
    /// Whether requests without a token are let in.
    pub is_open: bool,
}

/// The parts of a request that are read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiRequest {
    route_key: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    query_string_parameters: BTreeMap<String, String>,
    #[serde(default)]
    path_parameters: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    #[serde(default)]
    request_context: RequestContext,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RequestContext {
    authorizer: Option<Authorizer>,
}

#[derive(Deserialize)]
struct Authorizer {
    jwt: Option<Jwt>,
}

#[derive(Deserialize)]
struct Jwt {
    #[serde(default)]
    claims: BTreeMap<String, Value>,
    #[serde(default)]
    scopes: Option<Vec<String>>,
}

impl Jwt {
    /// The owner of the token. API Gateway gives the scopes only to routes that ask for some.
    fn caller(self) -> Option<Caller> {
        let subject = self.claims.get("sub").and_then(Value::as_str)?.to_owned();
        let scope = self.claims.get("scope").and_then(Value::as_str).unwrap_or_default();
        let scopes = scope.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned);
        Some(Caller::User { subject, scopes: scopes.chain(self.scopes.into_iter().flatten()).collect() })
    }
}

#[async_trait]
impl Function for ApiFunction {
    async fn invoke(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
        let request: ApiRequest = serde_json::from_str(invocation.payload).map_err(|error| Diagnostic {
            error_type: "Reject.UnreadableRequest".to_owned(),
            error_message: format!("the payload is no request of an HTTP API: {error}"),
        })?;
        let span = info_span!("request", route = request.route_key, request_id = invocation.request_id);
        let answer = async {
            let response = self.respond(request).await;
            info!(status = response.status, "answered");
            response
        };
        Ok(payload(answer.instrument(span).await))
    }
}

impl ApiFunction {
    async fn respond(&self, request: ApiRequest) -> HttpResponse {
        let jwt = request.request_context.authorizer.and_then(|authorizer| authorizer.jwt);
        let caller = match jwt {
            Some(jwt) => jwt.caller(),
            None => self.is_open.then_some(Caller::Local),
        };
        let Some(caller) = caller else { return Problem::unauthenticated().into() };
        let body = request.body.unwrap_or_default();
        let body = match request.is_base64_encoded {
            false => body.into_bytes(),
            true => match aws_smithy_types::base64::decode(body) {
                Ok(body) => body,
                Err(_) => return Problem::invalid("body", "must be base64 where the gateway says so").into(),
            },
        };
        let request = HttpRequest {
            route: request.route_key,
            path_parameters: request.path_parameters,
            query: request.query_string_parameters,
            headers: request.headers,
            body,
            caller,
        };
        self.function.answer(&self.app, request).await
    }
}

/// The response in the format of the gateway.
fn payload(response: HttpResponse) -> Value {
    let headers: BTreeMap<&str, String> = response.headers.into_iter().collect();
    json!({ "statusCode": response.status, "headers": headers, "body": response.body, "isBase64Encoded": false })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use causeway::{http::HttpFunction, memory::Memory};
    use futures::executor::block_on;

    use super::*;

    async fn whoami(_: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
        let text = (request.caller.subject().map(str::to_owned), request.caller.is_operator(), request.body.len());
        HttpResponse::json(200, &text)
    }

    fn answer(is_open: bool, context: &Value) -> (u64, String) {
        let memory = Arc::new(Memory::new(1));
        let function = HttpFunction::new("me", []).row::<String>("/me/{id}", "Who.", whoami);
        let function = ApiFunction { function, app: App::new(memory.ports()), is_open };
        let payload = json!({
            "version": "2.0", "routeKey": "GET /me/{id}", "rawPath": "/me/1", "headers": { "accept": "*/*" },
            "requestContext": context, "body": "aGk=", "isBase64Encoded": true,
        });
        let invocation = Invocation { payload: &payload.to_string(), request_id: "r-1", attempt: 1 };
        let answer = block_on(function.invoke(invocation)).expect("an answer");
        (answer["statusCode"].as_u64().unwrap_or(0), answer["body"].as_str().unwrap_or_default().to_owned())
    }

    #[test]
    fn the_caller_is_the_owner_of_the_token_and_without_one_this_machine_only() {
        let jwt = |claims: Value| json!({ "authorizer": { "jwt": { "claims": claims, "scopes": null } } });
        assert_eq!(answer(false, &jwt(json!({ "sub": "u-1" }))), (200, r#"["u-1",false,2]"#.into()));
        let operator = jwt(json!({ "sub": "u-1", "scope": "orders operator" }));
        assert_eq!(answer(false, &operator), (200, r#"["u-1",true,2]"#.into()));
        assert_eq!(answer(true, &json!({})), (200, "[null,true,2]".into()));
        assert_eq!(answer(false, &json!({})).0, 401);
        assert_eq!(answer(true, &jwt(json!({}))).0, 401, "a token without an owner is nobody's");
    }
}
