//! HTTP `POST /commands/{name}`.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_api(functions::http::commands::function())
}
