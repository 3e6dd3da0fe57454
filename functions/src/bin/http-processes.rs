//! HTTP `GET /processes`.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_api(functions::http::processes::function())
}
