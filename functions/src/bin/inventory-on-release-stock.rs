//! `ReleaseStock` → give back what the order holds.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::inventory::on_release_stock)
}
