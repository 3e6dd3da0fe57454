//! HTTP `GET /orders/{id}`, `GET /users/{id}/orders`.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_api(functions::http::orders::function())
}
