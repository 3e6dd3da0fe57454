//! Rows and lists of views for HTTP: a row waits until it has the version that its caller knows of.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    problem::Problem,
    request::{HttpRequest, to_hex},
};
use crate::{
    app::{App, Rows},
    view::{Projection, RowKey, View},
};

/// How long a row that is behind is waited for.
const PATIENCE: SignedDuration = SignedDuration::from_secs(5);

/// The pauses between two reads: the first, and the longest. Each is twice as long as the one before.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_millis(50);
const MAX_PAUSE: SignedDuration = SignedDuration::from_millis(400);

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct HttpPage<R> {
    /// The rows.
    pub rows: Vec<R>,
    /// The cursor of the next page; none after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<R> From<Rows<R>> for HttpPage<R> {
    fn from(rows: Rows<R>) -> Self {
        Self { rows: rows.rows, next: rows.next.map(|token| to_hex(&token)) }
    }
}

/// The view's row of a stream, and its version. If the request asks for a version, it waits until the row has it; after
/// 5 seconds it is a [`Problem`] of status 409.
pub async fn row<V: View>(app: &App, request: &HttpRequest, id: &str) -> Result<Option<(u64, V::Row)>, Problem> {
    let wanted = request.if_version()?.unwrap_or(0);
    let key = RowKey { view: V::NAME.to_owned(), id: id.to_owned() };
    let mut pauses = Pauses::of(PATIENCE);
    let version = loop {
        let row = app.ports().views.get(&key).await?;
        let version = row.as_ref().map_or(0, |row| row.version);
        if version >= wanted {
            let typed = |columns| {
                serde_json::from_value(Value::Object(columns))
                    .map_err(|_| Problem::new(500, format!("{}/{id} cannot be read", V::NAME)))
            };
            return row.map(|row| Ok((row.version, typed(row.columns)?))).transpose();
        }
        if !pauses.pause(app).await {
            break version;
        }
    };
    let rule = format!("version {wanted} is not there yet: the view has version {version}");
    let problem = Problem::invalid("If-Version", rule);
    Err(Problem { status: 409, retry_after: Some(1), ..problem })
}

/// The pauses of a request that waits, each twice as long as the one before, up to a bound.
#[derive(Debug)]
pub struct Pauses {
    left: SignedDuration,
    next: SignedDuration,
}

impl Pauses {
    /// Pauses that are this long together.
    pub fn of(patience: SignedDuration) -> Self {
        Self { left: patience, next: FIRST_PAUSE }
    }

    /// Waits for one pause; false if there is none left.
    pub async fn pause(&mut self, app: &App) -> bool {
        if self.left <= SignedDuration::ZERO {
            return false;
        }
        let pause = self.next.min(self.left);
        app.clock().sleep(pause).await;
        (self.left, self.next) = (self.left - pause, (self.next * 2).min(MAX_PAUSE));
        true
    }
}

/// One page of a view's list, as the parameters of the request name it.
pub async fn list<V: View>(app: &App, request: &HttpRequest, list: &str) -> Result<HttpPage<V::Row>, Problem> {
    Ok(app.list::<V>(list, &request.page()?).await?.into())
}

/// One page of a projection's list, as the parameters of the request name it.
pub async fn projected_list<P: Projection>(
    app: &App,
    request: &HttpRequest,
    list: &str,
) -> Result<HttpPage<P::Row>, Problem> {
    Ok(app.projected_list::<P>(list, &request.page()?).await?.into())
}
