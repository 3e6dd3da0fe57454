//! HTTP `POST /commands/{command}`, `GET /commands/{command}`.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_api(functions::http::commands::function())
}
