//! The log lines that functions write to their standard output and standard error.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// A line that a function wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The function's name.
    pub function: String,
    /// The id of the process that wrote it.
    pub process_id: u32,
    /// The line without its line ending.
    pub line: String,
}

/// Receives each log line.
pub type Listener = Arc<dyn Fn(LogLine) + Send + Sync>;

/// Reads an output to its end and passes on each line. Invalid UTF-8 is replaced.
pub(super) async fn forward_lines(
    output: impl AsyncRead + Unpin,
    function: String,
    process_id: u32,
    listener: Listener,
) {
    let mut output = BufReader::new(output);
    let mut bytes = Vec::new();
    // A read error counts as the end.
    while output.read_until(b'\n', &mut bytes).await.is_ok_and(|length| length > 0) {
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        listener(LogLine { function: function.clone(), process_id, line });
        bytes.clear();
    }
}
