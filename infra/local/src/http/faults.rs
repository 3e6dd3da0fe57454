//! Injected faults at the HTTP server: calls that are refused before anything is done, and calls that are executed while
//! their response is lost. Paths of the local cloud itself are never hit,
//! except those of the payment provider.

use std::{borrow::Cow, io};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{Method, StatusCode, header::CONTENT_LENGTH},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::stream;

use super::{
    dynamo::{STREAMS, TABLES},
    protocol::{Protocol, header},
};
use crate::{
    aws_error::AwsError,
    faults::{Faults, Kind, Part},
};

/// Passes the call on, refuses it, or loses its response.
pub(super) async fn inject(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let Some(call) = Call::of(&request) else {
        return next.run(request).await;
    };
    let draw = |kind| faults.draw(kind, call.part, call.operation.as_ref());
    if draw(Kind::Throttle).is_some() {
        return call.throttled();
    }
    if let Some(fault) = draw(Kind::Error) {
        return call.failed(fault.unit_f64(0) < 0.5);
    }
    let lost = draw(Kind::LostAnswer);
    let answer = next.run(request).await;
    match lost {
        None => answer,
        Some(_) => cut_off(),
    }
}

/// A response that breaks off in its body: the connection is closed, and an SDK sees no response.
pub(super) fn cut_off() -> Response {
    let broken = stream::once(async { Err::<Bytes, _>(io::Error::other("an injected fault cut the connection")) });
    (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_LENGTH, "2")], Body::from_stream(broken)).into_response()
}

/// An API call that a fault can hit.
struct Call {
    part: Part,
    operation: Cow<'static, str>,
}

impl Call {
    /// The API call of this request. `None` for the local cloud's own paths and for unknown calls.
    fn of(request: &Request) -> Option<Self> {
        let path = request.uri().path();
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (part, operation) = match (segments.as_slice(), request.method()) {
            (["_causeway", "payments", _, ..], &Method::GET) => (Part::Payments, "GET"),
            (["_causeway", "payments", _, ..], _) => (Part::Payments, "POST"),
            (["_causeway", ..], _) => return None,
            (["schedules"], _) => (Part::Scheduler, "ListSchedules"),
            (["schedules", _], &Method::POST) => (Part::Scheduler, "CreateSchedule"),
            (["schedules", _], &Method::PUT) => (Part::Scheduler, "UpdateSchedule"),
            (["schedules", _], &Method::DELETE) => (Part::Scheduler, "DeleteSchedule"),
            (["schedules", _], _) => (Part::Scheduler, "GetSchedule"),
            (["schedule-groups"], _) => (Part::Scheduler, "ListScheduleGroups"),
            (["schedule-groups", _], &Method::POST) => (Part::Scheduler, "CreateScheduleGroup"),
            (["schedule-groups", _], &Method::DELETE) => (Part::Scheduler, "DeleteScheduleGroup"),
            (["schedule-groups", _], _) => (Part::Scheduler, "GetScheduleGroup"),
            ([_, "functions", _, "invocations"], _) => (Part::Lambda, "Invoke"),
            ([_, "functions"], _) => (Part::Lambda, "ListFunctions"),
            ([_, "functions", ..], &Method::GET) => (Part::Lambda, "GetFunction"),
            ([_, "functions", ..], _) => (Part::Lambda, "ChangeFunction"),
            (["v2", "email", ..], _) => (Part::Email, "SendEmail"),
            _ => return Self::by_target(request),
        };
        Some(Self { part, operation: Cow::Borrowed(operation) })
    }

    fn by_target(request: &Request) -> Option<Self> {
        let (service, operation) = header(request.headers(), "x-amz-target")?.rsplit_once('.')?;
        let part = match service {
            TABLES | STREAMS => Part::Dynamodb,
            "AWSEvents" => Part::Events,
            "AmazonSQS" => Part::Sqs,
            _ => return None,
        };
        Some(Self { part, operation: Cow::Owned(operation.to_owned()) })
    }

    /// The refusal of a service that is called too often.
    fn throttled(&self) -> Response {
        let (status, code) = match self.part {
            Part::Dynamodb if self.is_about_items() => (400, "ProvisionedThroughputExceededException"),
            Part::Dynamodb | Part::Events => (400, "ThrottlingException"),
            Part::Sqs => (400, "RequestThrottled"),
            Part::Scheduler => (429, "ThrottlingException"),
            Part::Lambda | Part::Email | Part::Payments => (429, "TooManyRequestsException"),
        };
        self.refused(status, code, "Rate exceeded. (An injected fault.)")
    }

    /// The server error of a service: its own, or 503 of the front end.
    fn failed(&self, is_away: bool) -> Response {
        let (status, code) = match self.part {
            _ if is_away => (503, "ServiceUnavailable"),
            Part::Dynamodb => (500, "InternalServerError"),
            Part::Scheduler => (500, "InternalServerException"),
            Part::Lambda => (500, "ServiceException"),
            Part::Events | Part::Sqs | Part::Email | Part::Payments => (500, "InternalFailure"),
        };
        self.refused(status, code, "The service failed. (An injected fault.)")
    }

    fn refused(&self, status: u16, code: &str, message: &str) -> Response {
        let error = AwsError { status, code: code.to_owned(), message: message.to_owned() };
        let protocol = match self.part {
            Part::Dynamodb => Protocol::Json10,
            Part::Events => Protocol::Json11,
            Part::Sqs => Protocol::Sqs,
            Part::Scheduler | Part::Lambda | Part::Email | Part::Payments => Protocol::Rest,
        };
        protocol.refuse(&error)
    }

    fn is_about_items(&self) -> bool {
        self.operation.contains("Item") || matches!(self.operation.as_ref(), "Query" | "Scan" | "GetRecords")
    }
}
