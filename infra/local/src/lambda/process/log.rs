//! What functions write, taken line by line from their two outputs.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// A line that a function wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The function's name.
    pub function: String,
    /// The process that wrote it.
    pub process_id: u32,
    /// The line without its end.
    pub line: String,
}

/// Who hears of the lines.
pub type Listener = Arc<dyn Fn(LogLine) + Send + Sync>;

/// Reads to the end. What is no text is shown as far as it is one.
pub(super) async fn follow(output: impl AsyncRead + Unpin, function: String, process_id: u32, listener: Listener) {
    let mut output = BufReader::new(output);
    let mut bytes = Vec::new();
    // An output that cannot be read has ended as well.
    while output.read_until(b'\n', &mut bytes).await.is_ok_and(|length| length > 0) {
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        listener(LogLine { function: function.clone(), process_id, line });
        bytes.clear();
    }
}
