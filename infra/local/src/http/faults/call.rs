//! The service and operation of a request, and the error responses of that service.

use std::borrow::Cow;

use axum::{extract::Request, http::Method, response::Response};

use crate::{aws_error::AwsError, faults::Part};

use super::super::{
    answer::Protocol,
    dynamo::{STREAMS, TABLES},
    request::header,
    target,
};

/// An API call that a fault can hit.
pub(super) struct Call {
    pub(super) part: Part,
    pub(super) operation: Cow<'static, str>,
}

impl Call {
    /// The API call of this request. `None` for the local cloud's own paths and for unknown calls.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let path = request.uri().path();
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (part, operation) = match (segments.as_slice(), request.method()) {
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
    pub(super) fn throttled(&self) -> Response {
        let (status, code) = match self.part {
            Part::Dynamodb if self.is_about_items() => (400, "ProvisionedThroughputExceededException"),
            Part::Dynamodb | Part::Events => (400, "ThrottlingException"),
            Part::Sqs => (400, "RequestThrottled"),
            Part::Scheduler => (429, "ThrottlingException"),
            Part::Lambda | Part::Email => (429, "TooManyRequestsException"),
        };
        self.refused(status, code, "Rate exceeded. (An injected fault.)")
    }

    /// The server error of a service: its own, or 503 of the front end.
    pub(super) fn failed(&self, is_away: bool) -> Response {
        let (status, code) = match self.part {
            _ if is_away => (503, "ServiceUnavailable"),
            Part::Dynamodb => (500, "InternalServerError"),
            Part::Scheduler => (500, "InternalServerException"),
            Part::Lambda => (500, "ServiceException"),
            Part::Events | Part::Sqs | Part::Email => (500, "InternalFailure"),
        };
        self.refused(status, code, "The service failed. (An injected fault.)")
    }

    fn refused(&self, status: u16, code: &str, message: &str) -> Response {
        let error = AwsError { status, code: code.to_owned(), message: message.to_owned() };
        match self.part {
            Part::Dynamodb => Protocol::Json10.refuse(&error),
            Part::Events => Protocol::Json11.refuse(&error),
            Part::Sqs => target::queue_answer(Err(error)),
            Part::Scheduler | Part::Lambda | Part::Email => Protocol::Rest.refuse(&error),
        }
    }

    fn is_about_items(&self) -> bool {
        self.operation.contains("Item") || matches!(self.operation.as_ref(), "Query" | "Scan" | "GetRecords")
    }
}
