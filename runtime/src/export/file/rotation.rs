//! Files of bounded size and number: opened, appended to, renamed in turn.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use crate::export::locked_file::{is_at, try_lock};

/// The current file and those before it.
#[derive(Debug)]
pub(super) struct Files {
    path: PathBuf,
    max_bytes: u64,
    max_files: NonZeroU32,
    open: Option<File>,
}

/// Why a line was not written.
#[derive(Debug)]
pub(super) enum Failure {
    Io(&'static str, io::Error),
    /// Another process is writing right now.
    Locked,
}

impl Files {
    pub(super) fn new(path: PathBuf, max_bytes: u64, max_files: NonZeroU32) -> Self {
        Self { path, max_bytes, max_files, open: None }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line, whole or not at all.
    pub(super) fn append(&mut self, line: &[u8]) -> Result<(), Failure> {
        let result = self.try_append(line);
        if matches!(result, Err(Failure::Io(..))) {
            // The folder may be another one by then, or the disk.
            self.open = None;
        }
        result
    }

    fn try_append(&mut self, line: &[u8]) -> Result<(), Failure> {
        let mut file = self.locked()?;
        let mut before = len(&file)?;
        if before != 0 && before.saturating_add(line.len() as u64) > self.max_bytes {
            self.rotate().map_err(|error| Failure::Io("rename", error))?;
            self.open = None;
            file = self.locked()?;
            before = len(&file)?;
        }
        let torn = is_torn(&file, before).map_err(|error| Failure::Io("read", error))?;
        let written = if torn { (&file).write_all(b"\n") } else { Ok(()) };
        let written = written.and_then(|()| (&file).write_all(line));
        if written.is_err() {
            // A part of a line is worse than none. Nobody else has written: the lock is ours.
            let _ = file.set_len(before);
        }
        let _ = file.unlock();
        written.map_err(|error| Failure::Io("write", error))
    }

    /// The current file, under a lock that ends with the handle.
    fn locked(&mut self) -> Result<File, Failure> {
        // Whoever renames holds the lock, so that after a few tries the file is the one at the path.
        for _ in 0..3 {
            let file = match self.open.take() {
                Some(file) => file,
                None => self.create()?,
            };
            if !try_lock(&file).map_err(|error| Failure::Io("lock", error))? {
                self.open = Some(file);
                return Err(Failure::Locked);
            }
            if is_at(&file, &self.path) {
                let same = file.try_clone().map_err(|error| Failure::Io("open", error))?;
                self.open = Some(same);
                return Ok(file);
            }
        }
        Err(Failure::Locked)
    }

    fn create(&self) -> Result<File, Failure> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)
                .map_err(|error| Failure::Io("create the folder of", error))?;
        }
        let file = OpenOptions::new().create(true).append(true).read(true).open(&self.path);
        file.map_err(|error| Failure::Io("open", error))
    }

    /// Gives each file the next number; the one that has the last is removed.
    fn rotate(&self) -> io::Result<()> {
        let last = self.max_files.get() - 1;
        // Also those from a time when there were more.
        let mut first_free = (1..).find(|number| !self.numbered(*number).exists()).unwrap_or(1);
        while first_free > last.max(1) {
            first_free -= 1;
            fs::remove_file(self.numbered(first_free))?;
        }
        if last == 0 {
            return fs::remove_file(&self.path);
        }
        for number in (1..first_free).rev() {
            fs::rename(self.numbered(number), self.numbered(number + 1))?;
        }
        fs::rename(&self.path, self.numbered(1))
    }

    /// `traces.jsonl` becomes `traces.1.jsonl`: what reads `*.jsonl` finds both.
    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.file_stem().map_or_else(OsString::new, OsString::from);
        name.push(format!(".{number}"));
        if let Some(extension) = self.path.extension() {
            name.push(".");
            name.push(extension);
        }
        self.path.with_file_name(name)
    }
}

fn len(file: &File) -> Result<u64, Failure> {
    let metadata = file.metadata().map_err(|error| Failure::Io("look at", error))?;
    Ok(metadata.len())
}

/// Whether the file ends within a line: its writer was killed.
fn is_torn(mut file: &File, len: u64) -> io::Result<bool> {
    if len == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(len - 1))?;
    Ok(file.read(&mut last)? == 1 && last != [b'\n'])
}
