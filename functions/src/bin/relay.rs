//! Commits of the log → publish their events, commands and timers.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_relay()
}
