//! HTTP `GET /carts/{user}`.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_api(functions::http::carts::function())
}
