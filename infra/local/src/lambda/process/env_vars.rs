//! The environment variables of a process, as Lambda sets them. Only `PATH` comes from this machine.

use std::{collections::BTreeMap, env, path::Path};

use crate::{clock::Line, template::Function};

use super::settings::Settings;

/// The variable that holds the clock that the function reads.
const CLOCK: &str = "CAUSEWAY_CLOCK";

/// The variable that names the file of the root certificates.
const CERTIFICATES: &str = "SSL_CERT_FILE";

/// The environment variables of a function's process.
pub(super) fn env_vars(
    settings: &Settings,
    function: &Function,
    line: Option<Line>,
    runtime_api: &str,
) -> BTreeMap<String, String> {
    let mut variables = function.environment.clone();
    // The template names the certificate file of Lambda's image. Without that file a function would have no root
    // certificates; without the variable it uses those of this machine.
    if variables.get(CERTIFICATES).is_some_and(|file| !Path::new(file).is_file()) {
        variables.remove(CERTIFICATES);
    }
    match line {
        Some(line) => variables.insert(CLOCK.to_owned(), line.to_string()),
        None => variables.remove(CLOCK),
    };
    let binary = settings.binary(function);
    let handler = function.handler.clone().unwrap_or_else(|| "bootstrap".to_owned());
    let folder = settings.binaries.display().to_string();
    let stream = format!("[$LATEST]{}", binary.file_name().unwrap_or_default().to_string_lossy());
    let fixed = [
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_DEFAULT_REGION", settings.region.clone()),
        ("AWS_ENDPOINT_URL", settings.endpoint_url.clone()),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_megabytes.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_FORMAT", function.logging.format.clone()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", stream),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
        ("AWS_REGION", settings.region.clone()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_SESSION_TOKEN", "test".to_owned()),
        ("LAMBDA_RUNTIME_DIR", folder.clone()),
        ("LAMBDA_TASK_ROOT", folder),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("PATH", env::var("PATH").unwrap_or_default()),
        ("TZ", ":UTC".to_owned()),
        ("_HANDLER", handler),
    ];
    // Reserved variables, which a function cannot set.
    variables.extend(fixed.map(|(name, value)| (name.to_owned(), value)));
    if let Some(level) = &function.logging.level {
        variables.insert("AWS_LAMBDA_LOG_LEVEL".to_owned(), level.clone());
    }
    variables
}
