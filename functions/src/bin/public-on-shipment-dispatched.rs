//! Event `ShipmentDispatched` → handled by public.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::public::on_shipment_dispatched)
}
