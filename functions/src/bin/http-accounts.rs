//! HTTP `GET /accounts/{id}`, `GET /accounts/{id}/transactions`.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_api(functions::http::accounts::function())
}
