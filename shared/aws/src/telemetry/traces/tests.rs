//! What the environment says of traces, and what becomes of a message without them.

#[cfg(feature = "otel")]
mod collector;
#[cfg(feature = "otel")]
mod collector_faults;
#[cfg(feature = "otel")]
mod fixture;
#[cfg(feature = "otel")]
mod spans;
#[cfg(feature = "otel")]
mod through_the_log;

use std::time::Duration;

use causeway::{
    App, Cause, Handled, MessageId, Received,
    delivery::{handle::Handler, input::HandlerInput},
    memory::Memory,
    message::system::CommandRejected,
};
use jiff::Timestamp;

use super::{begin, settings::Settings, traced};

fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, String> {
    let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Settings::read("order-on-place-order", lookup).map_err(|error| error.to_string())
}

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318/");

#[test]
fn without_a_collector_there_are_no_traces() {
    assert_eq!(read(&[]), Ok(None));
    assert_eq!(read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]), Ok(None), "the template's parameter is empty");
    assert_eq!(read(&[ENDPOINT, ("OTEL_SDK_DISABLED", "true")]), Ok(None));
    assert_eq!(read(&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")]), Ok(None));
    assert!(begin("relay", |_| None).unwrap().is_none());
}

#[test]
fn a_collector_is_named_as_everywhere_and_a_message_waits_for_it_half_a_second() {
    let usual = Settings {
        endpoint: "http://localhost:4318/v1/traces".to_owned(),
        patience: Duration::from_millis(500),
        service: Some("order-on-place-order".to_owned()),
    };
    assert_eq!(read(&[ENDPOINT]), Ok(Some(usual.clone())));
    let alone = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces.example.com/in");
    let patient = [("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"), ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "200")];
    let named = ("OTEL_SERVICE_NAME", "shop");
    let expected = Settings {
        endpoint: "https://traces.example.com/in".to_owned(),
        patience: Duration::from_millis(200),
        service: None,
    };
    assert_eq!(read(&[ENDPOINT, alone, patient[0], patient[1], named]), Ok(Some(expected)));
    let named = ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test,service.name=shop");
    assert_eq!(read(&[ENDPOINT, named]), Ok(Some(Settings { service: None, ..usual })));
}

#[test]
fn a_variable_that_is_wrong_is_named_with_what_it_may_say() {
    let bare = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")]).unwrap_err();
    assert!(bare.contains("OTEL_EXPORTER_OTLP_ENDPOINT is \"localhost:4318\"") && bare.contains("http://"), "{bare}");
    for value in ["0", "-1", "half a second"] {
        let wrong = read(&[ENDPOINT, ("OTEL_EXPORTER_OTLP_TIMEOUT", value)]).unwrap_err();
        assert!(wrong.contains(value) && wrong.contains("whole number of milliseconds"), "{wrong}");
    }
}

#[tokio::test]
async fn where_nothing_is_traced_metadata_goes_on_as_it_came() {
    for traceparent in [None, Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")] {
        let handler = move |_: App, message: Received<CommandRejected>| async move {
            assert_eq!(message.metadata.traceparent.as_deref(), traceparent);
            Ok(Handled::Done)
        };
        let mut message = rejected();
        message.metadata().traceparent = traceparent.map(str::to_owned);
        assert_eq!(traced(&handler).call(Memory::new(1).app(), message).await.unwrap(), Handled::Done);
    }
}

#[cfg(not(feature = "otel"))]
#[test]
fn a_binary_without_traces_says_how_to_build_one_that_has_them() {
    let lookup = |name: &str| (name == ENDPOINT.0).then(|| ENDPOINT.1.to_owned());
    let error = begin("relay", lookup).err().unwrap().to_string();
    assert!(error.contains("http://localhost:4318/v1/traces") && error.contains("feature otel"), "{error}");
}

fn rejected() -> Received<CommandRejected> {
    let id = MessageId::new("m-1").unwrap();
    Received {
        id: id.clone(),
        stream: None,
        version: None,
        timestamp: Timestamp::UNIX_EPOCH,
        data: CommandRejected {
            stream: "order/o-1".to_owned(),
            command_id: id.clone(),
            command: "PlaceOrder".to_owned(),
            rule: "AlreadyPlaced".to_owned(),
            reason: "the order is placed".to_owned(),
        },
        metadata: Cause::new(id, "PlaceOrder").metadata,
    }
}
