//! The log's changes → the bus and the timers.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_relay()
}
