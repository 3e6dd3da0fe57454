//! What every page gets: the state that all share, and the fields of its request.

use axum::{
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
    response::{Html, IntoResponse, Response},
};
use maud::Markup;

use crate::{
    commands::Site,
    fields::Fields,
    hub::Hub,
    page::{Layout, failure},
    protection::Token,
};

/// The state of all paths.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) site: Site,
    pub(crate) token: Token,
    pub(crate) hub: Hub,
}

/// A request of a page: its fields, and whether only the part is asked for that a script replaces.
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
        (status, Html(layout.page(&self.shared.site, &self.shared.token, &content).into_string())).into_response()
    }
}
