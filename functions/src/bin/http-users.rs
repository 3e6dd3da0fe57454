//! HTTP `GET /users/{id}`.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_api(functions::http::users::function())
}
