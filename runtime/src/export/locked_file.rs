//! Files that several processes use: whether a lock is ours, and on the right file.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
};

/// Locks a file, unless somebody else has.
///
/// A file system without locks grants all of them: whoever writes there is on its own.
///
/// # Errors
///
/// Returns why the system could not say.
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether the file is still the one at the path: it may have been renamed or removed meanwhile.
#[cfg(unix)]
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let (Ok(own), Ok(there)) = (file.metadata(), fs::metadata(path)) else { return false };
    (own.dev(), own.ino()) == (there.dev(), there.ino())
}

/// An open file can be neither renamed nor removed here.
#[cfg(not(unix))]
pub(super) fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}
