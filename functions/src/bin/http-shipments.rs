//! HTTP `GET /shipments/{order}`.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_api(functions::http::shipments::function())
}
