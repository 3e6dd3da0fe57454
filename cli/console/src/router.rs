//! The paths of the console.

use axum::{
    Router,
    extract::{FromRequestParts, State},
    http::{StatusCode, header, request::Parts},
    middleware::{from_fn_with_state, map_response},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use causeway_cli::{application::Application, connection::Connection};
use maud::Markup;

use crate::{
    commands::Site,
    fields::Fields,
    flow, letters,
    live::{self, Hub},
    map,
    page::{Layout, failure},
    plots,
    protection::{Token, require_token, with_policy},
    sagas, streams, timers, views,
};

/// The state of all paths.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) site: Site,
    pub(crate) token: Token,
    pub(crate) hub: Hub,
}

const STYLE: &str = include_str!("../assets/console.css");
const SCRIPT: &str = include_str!("../assets/console.js");
const LIVE: &str = include_str!("../assets/live.js");

/// The routes of the console, all under `/console`.
pub fn pages(connection: Connection, application: Application) -> Router {
    let token = Token::random();
    let site = Site { connection, application };
    let hub = Hub::new(&site);
    let shared = Shared { site, token: token.clone(), hub };
    let file =
        |kind: &'static str, text: &'static str| get(move || async move { ([(header::CONTENT_TYPE, kind)], text) });
    Router::new()
        .route("/console", get(|| async { Redirect::temporary("/console/live") }))
        .route("/console/", get(|| async { Redirect::temporary("/console/live") }))
        .route("/console/console.css", file("text/css; charset=utf-8", STYLE))
        .route("/console/console.js", file("text/javascript; charset=utf-8", SCRIPT))
        .route("/console/live.js", file("text/javascript; charset=utf-8", LIVE))
        .route("/console/live", get(live::show).post(live::publish))
        .route("/console/live/sample", get(live::sample))
        .route("/console/live/events", get(live::events))
        .route("/console/flow", get(flow::show))
        .route("/console/map", get(map::show))
        .route("/console/streams", get(streams::show))
        .route("/console/sagas", get(sagas::show).post(sagas::act))
        .route("/console/dead-letters", get(letters::show).post(letters::act))
        .route("/console/timers", get(timers::show).post(timers::cancel))
        .route("/console/views", get(views::show))
        .route("/console/sales", get(plots::show))
        .layer(from_fn_with_state(token, require_token))
        .layer(map_response(with_policy))
        .with_state(shared)
}

/// Whether only the part of the page is asked for that a script replaces.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) shared: Shared,
    pub(crate) fields: Fields,
    is_part: bool,
}

impl FromRequestParts<Shared> for Call {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let State(shared) =
            State::<Shared>::from_request_parts(parts, shared).await.map_err(IntoResponse::into_response)?;
        let fields = Fields::read(parts.uri.query().unwrap_or_default());
        let is_part = fields.get("part") == "content";
        Ok(Self { shared, fields, is_part })
    }
}

impl Call {
    /// A page whose content takes time: the page comes first, and a script asks for the content.
    pub(crate) fn comes_later(&self) -> bool {
        !self.is_part && self.fields.get("whole").is_empty()
    }

    /// The page with this content, or the content alone.
    pub(crate) fn answer(&self, layout: Layout<'_>, content: anyhow::Result<Markup>) -> Response {
        let (status, content) = match content {
            Ok(content) => (StatusCode::OK, content),
            Err(error) => (StatusCode::OK, failure(&error)),
        };
        if self.is_part {
            return (status, Html(content.into_string())).into_response();
        }
        (status, Html(layout.page(&self.shared, &content).into_string())).into_response()
    }
}
