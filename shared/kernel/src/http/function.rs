//! [`HttpFunction`]: a function that answers the requests of a family of paths, with all that is generated from it.

use std::sync::Arc;

use futures::future::BoxFuture;
use schemars::{JsonSchema, Schema, schema_for};

use super::{problem::Problem, read::HttpPage, request::HttpRequest, response::HttpResponse};
use crate::app::App;

/// A handler of one HTTP route: `async fn(App, HttpRequest) -> Result<HttpResponse, Problem>`.
pub trait HttpHandler: Send + Sync + 'static {
    /// Answers the request.
    fn call(&self, app: App, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, Problem>>;
}

impl<F, Answer> HttpHandler for F
where
    F: Fn(App, HttpRequest) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<HttpResponse, Problem>> + Send + 'static,
{
    fn call(&self, app: App, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, Problem>> {
        Box::pin(self(app, request))
    }
}

/// What a function for HTTP needs; it decides the function's execution role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HttpRight {
    /// Reads view rows and lists.
    ReadViews,
    /// Reads the log.
    ReadLog,
    /// Reads outcomes of commands.
    ReadOutcomes,
    /// Publishes commands from outside, under the source [`OUTSIDE`].
    PublishCommands,
}

/// The source of commands that come in over HTTP.
pub const OUTSIDE: &str = "http";

/// What a route answers with when it succeeds.
#[derive(Clone, Copy, Debug)]
pub enum Answers {
    /// 200 with a row; it takes `If-Version`.
    Row(fn() -> Schema),
    /// 200 with a page of rows.
    Page(fn() -> Schema),
    /// 200 with another body.
    Body(fn() -> Schema),
    /// 202 for an accepted command.
    Accepted(fn() -> Schema),
}

/// A parameter of the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryParameter {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Whether a request needs it.
    pub required: bool,
}

/// One route.
#[derive(Clone)]
pub struct HttpRoute {
    /// The method: `GET`.
    pub method: &'static str,
    /// The path, with its variables: `/orders/{id}`.
    pub path: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// What it answers with.
    pub answers: Answers,
    /// The parameters of the query.
    pub query: Vec<QueryParameter>,
    handler: Arc<dyn HttpHandler>,
}

/// A function that answers the requests of its routes.
#[derive(Clone)]
pub struct HttpFunction {
    family: &'static str,
    /// Its routes.
    pub routes: Vec<HttpRoute>,
    /// What it needs.
    pub rights: Vec<HttpRight>,
}

impl HttpFunction {
    /// A function for this family of paths, without routes.
    pub fn new(family: &'static str, rights: impl IntoIterator<Item = HttpRight>) -> Self {
        Self { family, routes: Vec::new(), rights: rights.into_iter().collect() }
    }

    /// Adds a route that answers with a row.
    #[must_use]
    pub fn row<R: JsonSchema>(self, path: &'static str, summary: &'static str, handler: impl HttpHandler) -> Self {
        self.route("GET", path, summary, Answers::Row(|| schema_for!(R)), handler)
    }

    /// Adds a route that answers with a page of rows.
    #[must_use]
    pub fn page<R: JsonSchema>(self, path: &'static str, summary: &'static str, handler: impl HttpHandler) -> Self {
        let answers = Answers::Page(|| schema_for!(HttpPage<R>));
        self.route("GET", path, summary, answers, handler)
            .query("limit", "The most rows, 1 to 100.")
            .query("cursor", "The field `next` of the page before.")
    }

    /// Adds a route.
    #[must_use]
    pub fn route(
        mut self,
        method: &'static str,
        path: &'static str,
        summary: &'static str,
        answers: Answers,
        handler: impl HttpHandler,
    ) -> Self {
        let handler = Arc::new(handler);
        self.routes.push(HttpRoute { method, path, summary, answers, query: Vec::new(), handler });
        self
    }

    /// Adds a parameter of the query to the last route.
    #[must_use]
    pub fn query(self, name: &'static str, what: &'static str) -> Self {
        self.parameter(QueryParameter { name, what, required: false })
    }

    /// Adds a parameter of the query that the last route needs.
    #[must_use]
    pub fn required_query(self, name: &'static str, what: &'static str) -> Self {
        self.parameter(QueryParameter { name, what, required: true })
    }

    fn parameter(mut self, parameter: QueryParameter) -> Self {
        if let Some(route) = self.routes.last_mut() {
            route.query.push(parameter);
        }
        self
    }

    /// The function's name: `http-<family>`.
    pub fn function(&self) -> String {
        format!("http-{}", self.family)
    }

    /// The family of its paths, which is the name of its module.
    pub fn family(&self) -> &'static str {
        self.family
    }

    /// Answers a request. A problem is a response, too.
    pub async fn answer(&self, app: &App, request: HttpRequest) -> HttpResponse {
        match self.routes.iter().find(|route| route.key() == request.route) {
            Some(route) => route.handler.call(app.clone(), request).await.unwrap_or_else(HttpResponse::from),
            None => Problem::not_found("route").into(),
        }
    }
}

impl HttpRoute {
    /// Method and path, as the gateway names the route: `GET /orders/{id}`.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The names of the variables of its path.
    pub fn path_variables(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}
