//! HTTP `GET /streams/{context}/{id}`.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_api(functions::http::streams::function())
}
