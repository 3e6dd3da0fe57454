//! The paths of the console.

use axum::{
    Router,
    http::header,
    middleware::{from_fn_with_state, map_response},
    response::Redirect,
    routing::get,
};
use causeway_cli::{application::Application, connection::Connection};

use crate::{
    call::Shared,
    commands::Site,
    flow,
    hub::Hub,
    letters, live, map, plots,
    protection::{Token, require_token, with_policy},
    sagas, streams, timers, views,
};

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
