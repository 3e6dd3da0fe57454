//! HTTP APIs: `AWS::Serverless::HttpApi` with the events of type `HttpApi`, and what a template says about CORS and
//! JWT authorizers.

use serde_json::json;

use super::{
    document::Declared,
    error::{Finding, ReadError},
    naming::{API, ROUTE},
    node::{Data, Entries, Fields, Node, Properties, put},
    readers::Resource,
    resources::{Cors, HttpApi, HttpRoute, JwtAuthorizer, Stack},
};

/// The logical id of the API of events that name none.
const IMPLICIT: &str = "ServerlessHttpApi";

/// The stage that needs no prefix in paths.
const DEFAULT_STAGE: &str = "$default";
/// The longest time that a route waits for its function, in milliseconds. It is also the default.
const LONGEST_WAIT: i64 = 30_000;

/// A route, and the API that it names.
pub(super) struct RouteOf {
    api: String,
    place: String,
    route: HttpRoute,
}

/// The properties of the route that an event of a function declares, and those of its permission.
pub(super) fn route_of_event(function: &Declared, mut parts: Properties) -> Result<(Properties, Node), ReadError> {
    let line = parts.line;
    let (path, method) = (parts.take("Path"), parts.take("Method"));
    let place = parts.place.clone();
    let key = match (path, method) {
        (None, None) => DEFAULT_STAGE.to_owned(),
        (Some(path), Some(method)) => {
            let (path, method) = (path.as_text(&place)?, method.as_text(&place)?.to_ascii_uppercase());
            format!("{method} {path}")
        }
        (path, _) => {
            let missing = if path.is_none() { "Path" } else { "Method" };
            return Err(ReadError::missing(line, &place, missing));
        }
    };
    put(&mut parts.entries, "RouteKey", Node::text(line, key));
    put(&mut parts.entries, "FunctionArn", Node::attribute(line, &function.id, "Arn"));
    if !parts.entries.iter().any(|(key, _)| key.name == "ApiId") {
        put(&mut parts.entries, "ApiId", Node::from_json(line, json!({ "Ref": IMPLICIT })));
    }
    let permission = json!({
        "Action": "lambda:InvokeFunction",
        "FunctionName": { "Ref": function.id },
        "Principal": "apigateway.amazonaws.com",
    });
    Ok((parts, Node::from_json(line, permission)))
}

/// The API that SAM adds for routes that name none, if the template has such routes and not the API.
pub(super) fn implicit_api(plain: &[Declared]) -> Option<Declared> {
    let names_it = |resource: &&Declared| {
        let api = resource.properties.get("ApiId").and_then(|api| api.get("Ref")).and_then(Node::spelled);
        resource.kind == ROUTE && api.as_deref() == Some(IMPLICIT)
    };
    let route = plain.iter().find(names_it)?;
    let is_there = plain.iter().any(|resource| resource.id == IMPLICIT);
    (!is_there).then(|| route.beside(IMPLICIT.to_owned(), API, Node::map(route.line, Entries::new())))
}

impl Resource<'_> {
    pub(super) fn http_api(&self, fields: &mut Fields<'_>) -> Result<HttpApi, ReadError> {
        fields.without_effect(&[
            "AccessLogSettings",
            "DefaultRouteSettings",
            "Description",
            "DisableExecuteApiEndpoint",
        ]);
        fields.without_effect(&["FailOnWarnings", "Name", "PropagateTags", "RouteSettings", "StageVariables", "Tags"]);
        let authorizer = fields.within("Auth", authorizer)?.flatten();
        let stage = fields.text("StageName")?;
        Ok(HttpApi {
            id: self.declared.id.clone(),
            api_id: self.identity.reference(self.settings),
            endpoint: self.identity.attribute(self.settings, "ApiEndpoint").unwrap_or_default(),
            stage: stage.unwrap_or_else(|| DEFAULT_STAGE.to_owned()),
            cors: cors(fields)?,
            authorizer,
            routes: Vec::new(),
            line: self.declared.line,
        })
    }

    pub(super) fn http_route(&self, fields: &mut Fields<'_>) -> Result<RouteOf, ReadError> {
        fields.without_effect(&["RouteSettings"]);
        let authorizer = fields.within("Auth", |auth| {
            auth.without_effect(&["AuthorizationScopes"]);
            auth.text("Authorizer")
        })?;
        let key = fields.need_text("RouteKey")?;
        let (method, path) = match key.split_once(' ') {
            Some((method, path)) if path.starts_with('/') => (method, path),
            _ if key == DEFAULT_STAGE => ("ANY", DEFAULT_STAGE),
            _ => return Err(fields.need("RouteKey")?.wrong(&fields.inner("Path"), "a path that begins with /")),
        };
        let payload = fields.word("PayloadFormatVersion", &["1.0", "2.0"])?;
        if payload == Some("1.0") {
            fields.report(self.declared.line, "the payload format 1.0 is not supported here");
        }
        Ok(RouteOf {
            api: fields.need_text("ApiId")?,
            place: self.declared.id.clone(),
            route: HttpRoute {
                method: (method != "ANY").then(|| method.to_owned()),
                path: path.to_owned(),
                function_arn: fields.need_text("FunctionArn")?,
                timeout_millis: fields.number_or("TimeoutInMillis", 50..=LONGEST_WAIT, LONGEST_WAIT)?.unsigned_abs(),
                is_open: authorizer.flatten().as_deref() == Some("NONE"),
                line: self.declared.line,
            },
        })
    }
}

/// Gives each API its routes.
pub(super) fn attach_routes(routes: Vec<RouteOf>, stack: &mut Stack) {
    for RouteOf { api, place, route } in routes {
        let found = stack.apis.iter_mut().find(|own| own.api_id == api);
        let what = match found {
            None => format!("there is no HTTP API {api} in this template"),
            Some(found)
                if found.routes.iter().any(|other| (&other.method, &other.path) == (&route.method, &route.path)) =>
            {
                "another event has this method and path".to_owned()
            }
            Some(found) => {
                found.routes.push(route);
                continue;
            }
        };
        stack.findings.push(Finding::new(route.line, &place, what));
    }
}

/// The JWT authorizer of all routes, if there is one.
fn authorizer(auth: &mut Fields<'_>) -> Result<Option<JwtAuthorizer>, ReadError> {
    let default = auth.text("DefaultAuthorizer")?;
    auth.without_effect(&["EnableIamAuthorizer"]);
    let Some(authorizers) = auth.node("Authorizers") else { return Ok(None) };
    let place = auth.inner("Authorizers");
    let mut found = None;
    for (key, node) in authorizers.as_map(&place)? {
        let jwt = node.get("JwtConfiguration");
        if default.as_ref() != Some(&key.name) {
            continue;
        }
        let Some(jwt) = jwt else {
            auth.report(key.line, format!("{}: only JWT authorizers are supported here", key.name));
            continue;
        };
        let part = |name: &str| jwt.get(name).ok_or_else(|| ReadError::missing(jwt.line, &place, name));
        let audience = part("audience")?.as_list(&place)?.iter().map(|one| one.as_text(&place));
        let authorizer =
            JwtAuthorizer { issuer: part("issuer")?.as_text(&place)?, audience: audience.collect::<Result<_, _>>()? };
        // AWS refuses an empty issuer. Here it is a stage without tokens, for programs of this machine.
        found = Some(authorizer).filter(|authorizer| !authorizer.issuer.is_empty());
    }
    Ok(found)
}

/// The CORS configuration: `true` allows every origin, and so does a text.
fn cors(fields: &mut Fields<'_>) -> Result<Option<Cors>, ReadError> {
    const NAME: &str = "CorsConfiguration";
    let place = fields.inner(NAME);
    let from = |origin: String| Some(Cors { allow_origins: vec![origin], ..Cors::default() });
    match fields.node(NAME).map(|node| (node, &node.data)) {
        None => Ok(None),
        Some((_, Data::Bool(allowed))) => Ok(if *allowed { from("*".to_owned()) } else { None }),
        Some((node, Data::Text(_))) => Ok(from(node.as_text(&place)?)),
        Some(_) => fields.within(NAME, |part| {
            let texts = |part: &mut Fields<'_>, name| {
                part.list(name)?.iter().map(|node| node.as_text(&place)).collect::<Result<Vec<String>, ReadError>>()
            };
            Ok(Cors {
                allow_origins: texts(part, "AllowOrigins")?,
                allow_methods: texts(part, "AllowMethods")?,
                allow_headers: texts(part, "AllowHeaders")?,
                expose_headers: texts(part, "ExposeHeaders")?,
                max_age: part.number("MaxAge", -1..=86_400)?,
                allow_credentials: part.truth("AllowCredentials")?.unwrap_or_default(),
            })
        }),
    }
}
