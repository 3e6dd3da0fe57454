use serde_json::json;

use super::*;

/// The shape that AWS documents for Amazon MSK.
fn msk() -> Value {
    json!({
        "eventSource": "aws:kafka",
        "eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/shop/b1",
        "bootstrapServers": "b-1.shop.kafka.us-east-1.amazonaws.com:9092",
        "records": {
            "orders-0": [
                {
                    "topic": "orders", "partition": 0, "offset": 15, "timestamp": 1_545_084_650_987_i64,
                    "timestampType": "CREATE_TIME", "key": "by0x", "value": STANDARD.encode("first"),
                    "headers": [{ "event-id": [101, 45, 49] }, { "grey": [-61, -92] }, { "broken": [-1] }],
                },
                {
                    "topic": "orders", "partition": 0, "offset": 16, "timestamp": 1_545_084_650_988_i64,
                    "timestampType": "CREATE_TIME", "key": null, "value": STANDARD.encode("second"), "headers": [],
                },
            ],
        },
    })
}

/// The shape that AWS documents for RabbitMQ on Amazon MQ.
fn amazon_mq() -> Value {
    json!({
        "eventSource": "aws:rmq",
        "eventSourceArn": "arn:aws:mq:us-east-1:123456789012:broker:shop:b-1",
        "rmqMessagesByQueue": {
            "orders::/": [{
                "basicProperties": {
                    "contentType": "text/plain", "contentEncoding": null,
                    "headers": { "x-trace": { "bytes": [118, 49] }, "count": 10 },
                    "deliveryMode": 1, "priority": 34, "correlationId": null, "replyTo": null, "expiration": "60000",
                    "messageId": "e-1", "timestamp": "Jan 1, 1970, 12:33:41 AM", "type": null, "userId": "U",
                    "appId": null, "clusterId": null, "bodySize": 5,
                },
                "redelivered": false,
                "data": STANDARD.encode("first"),
            }],
        },
    })
}

#[test]
fn messages_of_kafka_have_their_place_their_headers_and_their_order() {
    let batch = read(&msk().to_string()).unwrap();
    let messages = batch.messages.iter().map(|taken| (&*taken.position, &*taken.body, taken.lasting_position));
    let expected: [(&str, &[u8], bool); 2] = [("orders/0/15", b"first", true), ("orders/0/16", b"second", true)];
    assert_eq!((batch.kind, messages.collect::<Vec<_>>()), ("kafka", expected.to_vec()));
    let headers = [(EVENT_ID, "e-1"), ("grey", "ä")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(batch.messages[0].headers, headers.into(), "a header that is no text is left out");
}

#[test]
fn a_self_managed_kafka_has_no_arn_and_a_deletion_no_value() {
    let mut payload = msk();
    payload["eventSource"] = "SelfManagedKafka".into();
    payload.as_object_mut().unwrap().remove("eventSourceArn");
    payload["records"]["orders-0"][1]["value"] = Value::Null;
    let batch = read(&payload.to_string()).unwrap();
    assert_eq!((batch.kind, batch.messages[1].body.len()), ("kafka", 0));
}

#[test]
fn messages_of_rabbitmq_have_the_properties_as_headers() {
    let batch = read(&amazon_mq().to_string()).unwrap();
    let headers =
        [(EVENT_ID, "e-1"), ("x-trace", "v1")].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let expected =
        Taken { position: "orders::/".to_owned(), lasting_position: false, headers, body: b"first".to_vec() };
    assert_eq!(batch, Batch { kind: "rabbitmq", messages: vec![expected] });
}

#[test]
fn another_payload_is_refused_by_its_field() {
    let error = read(r#"{"eventSource":"aws:sqs"}"#).unwrap_err().to_string();
    assert!(error.contains("aws:sqs"), "{error}");
    let mut payload = amazon_mq();
    payload["rmqMessagesByQueue"]["orders::/"][0]["data"] = "?".into();
    let error = read(&payload.to_string()).unwrap_err().to_string();
    assert!(error.contains("orders::/") && error.contains("base64"), "{error}");
}
