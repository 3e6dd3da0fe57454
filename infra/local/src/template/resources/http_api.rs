//! HTTP APIs, as a stack has them.

/// An HTTP API, with the routes that the events of functions declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpApi {
    /// Its logical id.
    pub id: String,
    /// Its id, which is a part of its address.
    pub api_id: String,
    /// Its address.
    pub endpoint: String,
    /// Its stage.
    pub stage: String,
    /// Which web pages may read its answers; none without it.
    pub cors: Option<Cors>,
    /// The authorizer of all its routes; they are open without one.
    pub authorizer: Option<JwtAuthorizer>,
    /// Its routes.
    pub routes: Vec<HttpRoute>,
    /// The line of its declaration.
    pub line: usize,
}

/// A route of an HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRoute {
    /// The method; any without it.
    pub method: Option<String>,
    /// The path with its variables, such as `/orders/{id}`, or `$default` for all that no other route has.
    pub path: String,
    /// The ARN of the function.
    pub function_arn: String,
    /// How long it waits for the function.
    pub timeout_millis: u64,
    /// Whether it needs no authorizer.
    pub is_open: bool,
    /// The line of its declaration.
    pub line: usize,
}

/// Which web pages may read the answers of an API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    /// The origins; `*` for all.
    pub allow_origins: Vec<String>,
    /// The methods; `*` for all.
    pub allow_methods: Vec<String>,
    /// The request headers; `*` for all.
    pub allow_headers: Vec<String>,
    /// The response headers that pages may read.
    pub expose_headers: Vec<String>,
    /// How many seconds a browser may remember the answer of a preflight.
    pub max_age: Option<i64>,
    /// Whether cookies may be sent.
    pub allow_credentials: bool,
}

/// Who may issue the tokens of callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwtAuthorizer {
    /// The issuer of tokens.
    pub issuer: String,
    /// The audiences, of which a token has one.
    pub audience: Vec<String>,
}
