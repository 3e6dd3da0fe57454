//! All functions in one program, which serves the one that its file is named after or, as Lambda starts it, the one that
//! is the handler. Tests run a hundred functions without linking a hundred programs; what is deployed has one for each.

use std::{path::Path, process::ExitCode};

use causeway_aws::{serve_api, serve_relay, serve_route};

fn main() -> ExitCode {
    let program = std::env::args().next().unwrap_or_default();
    let file = Path::new(&program).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let handler = std::env::var("_HANDLER").ok().filter(|_| file == "bootstrap");
    let name = handler.as_deref().unwrap_or(file);
    if name == xtask::binaries::RELAY {
        return serve_relay();
    }
    if let Some(function) = functions::http::http_functions().into_iter().find(|function| function.function() == name) {
        return serve_api(function);
    }
    match functions::routes().into_iter().find(|route| route.function() == name) {
        Some(route) => serve_route(route),
        None => {
            eprintln!(
                "no function is called {name:?}: run this program by a link that is named as the function, or with it as the handler"
            );
            ExitCode::FAILURE
        }
    }
}
