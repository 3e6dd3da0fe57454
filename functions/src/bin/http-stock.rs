//! HTTP `GET /stock/{sku}`.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_api(functions::http::stock::function())
}
