//! The settings of traces, and messages without traces. `otel` has the tests of exported spans.

#[cfg(feature = "otel")]
mod collector;
#[cfg(feature = "otel")]
mod otel;

use std::time::Duration;

use causeway::{App, Cause, Handled, MessageId, Received, memory::Memory, routing::Handler};
use jiff::Timestamp;

use super::{begin, settings::Settings, traced};
use crate::fixtures::PlaceOrder;

fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, String> {
    let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    Settings::read("order-on-place-order", lookup).map_err(|error| error.to_string())
}

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318/");

#[test]
fn without_a_collector_there_are_no_traces() {
    assert_eq!(read(&[]), Ok(None));
    assert_eq!(read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]), Ok(None), "the template's parameter may be empty");
    assert_eq!(read(&[ENDPOINT, ("OTEL_SDK_DISABLED", "true")]), Ok(None));
    assert_eq!(read(&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")]), Ok(None));
    assert!(begin("relay", |_| None).unwrap().is_none());
}

#[test]
fn the_collector_is_configured_by_the_standard_variables_and_the_timeout_is_half_a_second() {
    let default = Settings {
        endpoint: "http://localhost:4318/v1/traces".to_owned(),
        timeout: Duration::from_millis(500),
        service: Some("order-on-place-order".to_owned()),
    };
    assert_eq!(read(&[ENDPOINT]), Ok(Some(default.clone())));
    let traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces.example.com/in");
    let timeouts = [("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"), ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "200")];
    let named = ("OTEL_SERVICE_NAME", "shop");
    let expected = Settings {
        endpoint: "https://traces.example.com/in".to_owned(),
        timeout: Duration::from_millis(200),
        service: None,
    };
    assert_eq!(read(&[ENDPOINT, traces, timeouts[0], timeouts[1], named]), Ok(Some(expected)));
    let named = ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test,service.name=shop");
    assert_eq!(read(&[ENDPOINT, named]), Ok(Some(Settings { service: None, ..default })));
}

#[test]
fn an_invalid_variable_is_an_error_that_names_its_value_and_the_valid_form() {
    let invalid = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")]).unwrap_err();
    assert!(
        invalid.contains("OTEL_EXPORTER_OTLP_ENDPOINT is \"localhost:4318\"") && invalid.contains("http://"),
        "{invalid}"
    );
    for value in ["0", "-1", "half a second"] {
        let invalid = read(&[ENDPOINT, ("OTEL_EXPORTER_OTLP_TIMEOUT", value)]).unwrap_err();
        assert!(invalid.contains(value) && invalid.contains("whole number of milliseconds"), "{invalid}");
    }
}

#[tokio::test]
async fn without_traces_a_message_keeps_its_metadata() {
    for traceparent in [None, Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")] {
        let handler = move |_: App, message: Received<PlaceOrder>| async move {
            assert_eq!(message.metadata.traceparent.as_deref(), traceparent);
            Ok(Handled::Done)
        };
        let id = MessageId::new("m-1").unwrap();
        let mut metadata = Cause::new(id.clone(), "PlaceOrder").metadata;
        metadata.traceparent = traceparent.map(str::to_owned);
        let (stream, version, timestamp) = (None, None, Timestamp::UNIX_EPOCH);
        let data = PlaceOrder { order_id: "o-1".to_owned() };
        let message = Received { id, stream, version, timestamp, data, metadata };
        assert_eq!(traced(&handler).call(Memory::new(1).app(), message).await.unwrap(), Handled::Done);
    }
}

#[cfg(not(feature = "otel"))]
#[test]
fn a_binary_without_traces_names_the_feature_that_builds_them_in() {
    let lookup = |name: &str| (name == ENDPOINT.0).then(|| ENDPOINT.1.to_owned());
    let error = begin("relay", lookup).err().unwrap().to_string();
    assert!(error.contains("http://localhost:4318/v1/traces") && error.contains("feature otel"), "{error}");
}
