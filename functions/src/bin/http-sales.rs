//! HTTP `GET /sales`.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_api(functions::http::sales::function())
}
