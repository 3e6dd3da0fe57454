//! HTTP `POST /commands/{name}`, `GET /commands/{id}`.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_api(functions::http::commands::function())
}
