//! Takes the catalogue of messages along: samples and schemas are known where the repository is not.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let variable = |name: &str| env::var_os(name).map(PathBuf::from).ok_or_else(|| io::Error::other(name.to_owned()));
    let catalogue = variable("CARGO_MANIFEST_DIR")?.join("../events").canonicalize()?;
    println!("cargo::rerun-if-changed={}", catalogue.display());
    let mut lines = Vec::new();
    for context in entries(&catalogue)?.into_iter().filter(|path| path.is_dir()) {
        println!("cargo::rerun-if-changed={}", context.display());
        for sample in entries(&context)? {
            lines.extend(line(&sample));
        }
    }
    fs::write(variable("OUT_DIR")?.join("samples.rs"), format!("&[\n{}]\n", lines.concat()))
}

/// What a folder holds, in the order of the alphabet.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// `Name.v1.json` with its schema, as the source of a `Sample`.
fn line(sample: &Path) -> Option<String> {
    let (name, version) = sample.file_name()?.to_str()?.strip_suffix(".json")?.rsplit_once(".v")?;
    let version: u32 = version.parse().ok()?;
    let schema = sample.with_file_name(format!("{name}.v{version}.schema.json"));
    Some(format!(
        "    Sample {{ name: {name:?}, version: {version}, text: include_str!({sample:?}), \
         schema: include_str!({schema:?}) }},\n"
    ))
}
