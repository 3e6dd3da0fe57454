//! What to try first: lines for the AWS CLI that work as they are printed, from the root of the repository.

use causeway_local::template::{Output, Queue};

/// The lines.
pub fn lines(endpoint: &str, outputs: &[Output], queues: &[Queue]) -> String {
    let named = |name: &str| outputs.iter().find(|output| output.name == name).map(|output| output.value.as_str());
    let mut lines = vec![
        format!("export AWS_ENDPOINT_URL={endpoint} AWS_DEFAULT_REGION=us-east-1"),
        "export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local".to_owned(),
        "aws events put-events --entries file://events/inventory/ReceiveStock.v1.json".to_owned(),
        "aws events put-events --entries file://events/order/PlaceOrder.v1.json".to_owned(),
    ];
    if let Some(table) = named("EventsTable") {
        lines.push(format!(
            "aws dynamodb query --table-name {table} --key-condition-expression '#s = :s' \
             --expression-attribute-names '{{\"#s\":\"stream\"}}' \
             --expression-attribute-values '{{\":s\":{{\"S\":\"order/o-1001\"}}}}'"
        ));
    }
    if let Some(table) = named("ViewsTable") {
        lines.push(format!(
            "aws dynamodb get-item --table-name {table} --key '{{\"row\":{{\"S\":\"order-summary/o-1001\"}}}}'"
        ));
    }
    if let Some(queue) = queues.first() {
        // Version 1 of the AWS CLI heeds the environment's endpoint for every service but this one.
        lines.push(format!("aws sqs list-queues --endpoint-url {endpoint}"));
        lines.push(format!("aws sqs receive-message --endpoint-url {endpoint} --queue-url {}", queue.url));
    }
    lines.push(format!("curl {endpoint}/_causeway/mailbox"));
    lines.push(format!("curl -N {endpoint}/_causeway/feed"));
    lines.join("\n")
}
