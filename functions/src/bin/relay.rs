//! The log's changes → the bus and the timers.

fn main() -> std::process::ExitCode {
    aws::serve_relay()
}
