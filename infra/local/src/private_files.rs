//! Files and folders that only the user who runs the local cloud may read: they hold every event, message and mail.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    path::Path,
};

/// The rights of a folder: its owner may do everything, nobody else anything.
#[cfg(unix)]
const FOLDER_MODE: u32 = 0o700;

/// The rights of a file: its owner may read and write it, nobody else anything.
#[cfg(unix)]
const FILE_MODE: u32 = 0o600;

/// A folder with this bit belongs to everybody, as `/tmp` does.
#[cfg(unix)]
const STICKY: u32 = 0o1000;

/// Creates a folder with its parents, all of them private. One that exists keeps its rights.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, FOLDER_MODE);
    builder.create(path)
}

/// Options that create a private file.
pub(crate) fn options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix files have a mode"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
    options
}

/// Takes the rights on this open file from everybody but its owner.
pub(crate) fn restrict_file(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if file.metadata()?.permissions().mode() & 0o777 != FILE_MODE {
            file.set_permissions(std::fs::Permissions::from_mode(FILE_MODE))?;
        }
    }
    Ok(())
}

/// Takes the rights on this folder from everybody but its owner. A folder that belongs to everybody is refused.
pub(crate) fn restrict_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path)?.permissions().mode();
        if mode & STICKY != 0 {
            return Err(io::Error::other("the folder is shared by all users; name a folder of its own inside it"));
        }
        if mode & 0o777 != FOLDER_MODE {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(FOLDER_MODE))?;
        }
    }
    Ok(())
}
