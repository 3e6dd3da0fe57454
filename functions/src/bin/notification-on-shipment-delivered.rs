//! Event `ShipmentDelivered` → handled by notification.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::notification::on_shipment_delivered)
}
