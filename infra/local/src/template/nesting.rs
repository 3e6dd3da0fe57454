//! The position of a template among nested ones: resolves paths from the right folder, detects cycles, and limits the size
//! of all templates together.

use std::path::{Path, PathBuf};

use super::{document::Declared, error::ReadError, naming::Settings, resources::Stack};

/// The number of levels that a nested template counts, beside those of its own values.
const LEVELS: usize = 8;

/// Reads a template at this position. Returns also the size of the values that were made so far.
pub(super) type ReadTemplate = fn(&str, &Settings, &Nesting) -> Result<(Stack, usize), ReadError>;

/// The position of one template.
pub(super) struct Nesting {
    pub(super) read: ReadTemplate,
    /// The files in which it is nested from the outermost on, and its own file last.
    files: Vec<PathBuf>,
    /// Its path as seen from the outermost template, which is `None` itself.
    pub(super) shown: Option<String>,
    pub(super) depth: usize,
    pub(super) made: usize,
}

impl Nesting {
    /// The position of a template that is not nested.
    pub(super) fn outermost(file: Option<&Path>, read: ReadTemplate) -> Self {
        let file = file.map(|file| file.canonicalize().unwrap_or_else(|_| file.to_owned()));
        Self { read, files: file.into_iter().collect(), shown: None, depth: 0, made: 0 }
    }

    /// The text of a nested template and its position; `None` if it is not on this machine.
    pub(super) fn inner(
        &self,
        resource: &Declared,
        path: &str,
        depth: usize,
        made: usize,
    ) -> Result<Option<(String, Self)>, ReadError> {
        let Some(own) = self.files.last().filter(|_| !path.contains("://")) else { return Ok(None) };
        let shown = Path::new(self.shown.as_deref().unwrap_or_default()).with_file_name(path).display().to_string();
        let unread = |problem: std::io::Error| ReadError::NestedFile {
            line: resource.line,
            resource: resource.id.clone(),
            path: shown.clone(),
            problem: problem.kind().to_string(),
        };
        let file = own.with_file_name(path).canonicalize().map_err(unread)?;
        if let Some(first) = self.files.iter().position(|above| *above == file) {
            let name = |file: &PathBuf| file.file_name().map(|name| name.to_string_lossy().into_owned());
            let names = self.files.iter().skip(first).chain([&file]).filter_map(name);
            let path = names.collect::<Vec<_>>().join(" → ");
            return Err(ReadError::Cycle { line: resource.line, path });
        }
        let text = std::fs::read_to_string(&file).map_err(unread)?;
        let files = self.files.iter().cloned().chain([file]).collect();
        let made = made.saturating_add(text.len());
        Ok(Some((text, Self { read: self.read, files, shown: Some(shown), depth: depth + LEVELS, made })))
    }
}
