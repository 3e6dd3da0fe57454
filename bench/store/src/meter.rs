//! A meter in the SDK: it requests the consumed capacity with every call of either crate and sums it up. It changes
//! requests before they are signed, so both crates send what they would send, plus one field.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut},
    },
    error::BoxError,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::{
    body::SdkBody,
    config_bag::{Storable, StoreReplace},
};
use serde_json::Value;

use crate::value_size::value_size;

/// The requests of a command and what they consumed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spent {
    /// Requests, by operation, in their order.
    pub requests: Vec<String>,
    /// Read units.
    pub reads: f64,
    /// Write units.
    pub writes: f64,
    /// The items that were put.
    pub items: Vec<PutItem>,
}

/// An item that was put.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PutItem {
    /// Its size in bytes.
    pub bytes: usize,
    /// The size of each attribute, with its name.
    pub attributes: Vec<(String, usize)>,
}

/// The meter; clones share the sum.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    spent: Arc<Mutex<Spent>>,
}

/// The operation, kept with the request until its response arrives.
#[derive(Clone, Debug)]
struct Operation(String);

impl Storable for Operation {
    type Storer = StoreReplace<Self>;
}

impl Meter {
    /// What was spent since the last call.
    pub fn take(&self) -> Spent {
        std::mem::take(&mut *self.spent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, note: impl FnOnce(&mut Spent)) {
        note(&mut self.spent.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let mut asked: Value = serde_json::from_slice(request.body().bytes().ok_or("the body is a stream")?)?;
        let operation = operation(request)?;
        if !operation.ends_with("Table") {
            let fields = asked.as_object_mut().ok_or("the request is no object")?;
            fields.insert("ReturnConsumedCapacity".to_owned(), "TOTAL".into());
        }
        let items = put_items(&asked);
        self.note(|spent| spent.items.extend(items));
        bag.interceptor_state().store_put(Operation(operation));
        let body = serde_json::to_vec(&asked)?;
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer: Value = serde_json::from_slice(context.response().body().bytes().ok_or("the answer is a stream")?)?;
        let Operation(operation) = bag.load::<Operation>().ok_or("an answer without a request")?;
        let consumed = match answer.get("ConsumedCapacity") {
            Some(Value::Array(tables)) => tables.iter().map(units).sum(),
            Some(table) => units(table),
            None => 0.0,
        };
        self.note(|spent| {
            match operation.as_str() {
                "GetItem" | "Query" | "Scan" | "BatchGetItem" => spent.reads += consumed,
                _ => spent.writes += consumed,
            }
            spent.requests.push(operation.clone());
        });
        Ok(())
    }
}

fn operation(request: &HttpRequest) -> Result<String, BoxError> {
    let target = request.headers().get("x-amz-target").ok_or("a request without a target")?;
    Ok(target.rsplit('.').next().unwrap_or(target).to_owned())
}

fn units(consumed: &Value) -> f64 {
    consumed.get("CapacityUnits").and_then(Value::as_f64).unwrap_or_default()
}

/// The items that a request puts.
fn put_items(request: &Value) -> Vec<PutItem> {
    let actions = request.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
    let puts = actions.filter_map(|action| action.get("Put")).chain([request]);
    let items = puts.filter_map(|put| put.get("Item")?.as_object());
    let sized = items.map(|item| {
        let attributes = item.iter().map(|(name, value)| (name.clone(), name.len() + value_size(value)));
        let attributes: Vec<(String, usize)> = attributes.collect();
        PutItem { bytes: attributes.iter().map(|attribute| attribute.1).sum(), attributes }
    });
    sized.collect()
}
