//! Keeps on disk what cannot be delivered now, within a bound, and finds it again.
//!
//! A folder holds segments ([`segment`]), named by when they were begun. Requests are appended to one
//! that is ours; the oldest one that is nobody's is sent first, entry by entry, and removed when it is
//! done with. That is all there is to adopt what a process left behind that was killed, and to share
//! a folder. When the folder is full, the oldest segment is removed and its spans are counted.
//!
//! An entry is marked after it was delivered, so that a crash in between sends it once more: at
//! least once, not exactly. Nothing is forced to the disk; what is written survives the process and
//! not a power failure.

mod crc;
mod deliver;
mod segment;

use std::{
    collections::HashSet,
    fs::{self, DirBuilder},
    io,
    path::{Path, PathBuf},
    process,
};

pub(super) use self::deliver::Spooling;
use self::segment::{ENTRY_HEADER, FILE_HEADER, Next, Reading, Writing};
use crate::{diag, export::otlp::batch::Encoding, time};

/// Segments of one folder.
#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    max_bytes: u64,
    encoding: Encoding,
    writing: Option<Writing>,
    reading: Option<Reading>,
    /// Segments that are done with, or not for us, and cannot be removed.
    left_alone: HashSet<PathBuf>,
    begun: u32,
    lost: u64,
    said_full: bool,
}

const EXTENSION: &str = "spool";
/// A spool has room for so many segments: this much of it is dropped at once.
const SEGMENTS: u64 = 16;

impl Spool {
    pub(super) fn new(folder: PathBuf, max_bytes: u64, encoding: Encoding) -> Self {
        Self {
            folder,
            max_bytes,
            encoding,
            writing: None,
            reading: None,
            left_alone: HashSet::new(),
            begun: 0,
            lost: 0,
            said_full: false,
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Appends a request, whole or not at all.
    pub(super) fn append(&mut self, spans: u32, payload: &[u8]) -> io::Result<()> {
        let appended = self.try_append(spans, payload);
        if appended.is_err()
            // The folder may be another one by then, or the disk.
            && let Some(own) = self.writing.take()
            && own.is_empty()
        {
            let _ = fs::remove_file(own.path());
        }
        appended
    }

    fn try_append(&mut self, spans: u32, payload: &[u8]) -> io::Result<()> {
        let bytes = ENTRY_HEADER + payload.len() as u64;
        self.make_room(FILE_HEADER + bytes)?;
        let most = self.max_bytes / SEGMENTS;
        let has_room = |own: &mut Writing| own.len() + bytes <= most && own.is_there();
        let writing = match self.writing.take_if(has_room) {
            Some(writing) => writing,
            None => {
                self.writing = None;
                self.begin()?
            }
        };
        self.writing.insert(writing).append(spans, payload)
    }

    /// Shows the oldest request that nobody else has; how many spans it holds.
    pub(super) fn oldest(&mut self, payload: &mut Vec<u8>) -> Option<u32> {
        loop {
            let reading = match &mut self.reading {
                Some(reading) => reading,
                None => {
                    let oldest = self.open_oldest()?;
                    self.reading.insert(oldest)
                }
            };
            match reading.show(payload) {
                Ok(Next::Entry(spans)) => return Some(spans),
                Ok(Next::End) => {}
                Ok(Next::Torn(spans)) => {
                    self.lost += u64::from(spans);
                    if !reading.was_said_to_be_damaged() {
                        diag::warn(format_args!(
                            "a part of {} is damaged, as after a crash; at least {spans} spans in \
                             it are lost",
                            reading.path().display()
                        ));
                    }
                    continue;
                }
                Err(error) => {
                    let spans = reading.waiting();
                    let path = reading.path().display();
                    diag::warn(format_args!("cannot read {path}, {spans} spans are lost: {error}"));
                    self.lost += spans;
                }
            }
            if let Some(done) = self.reading.take() {
                self.remove(done);
            }
        }
    }

    /// Notes that the request that was shown last is done with.
    pub(super) fn forget(&mut self) {
        let Some(reading) = &mut self.reading else { return };
        if let Err(error) = reading.forget() {
            diag::warn(format_args!(
                "cannot mark spans in {} as delivered, so that they may be delivered once more: \
                 {error}",
                reading.path().display()
            ));
        }
    }

    /// How many spans were lost since this was asked last.
    pub(super) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    fn begin(&mut self) -> io::Result<Writing> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        builder.create(&self.folder)?;
        loop {
            self.begun = self.begun.wrapping_add(1);
            let (now, process, number) = (time::unix_nanos(), process::id(), self.begun);
            let name = format!("{now:016x}-{process:08x}-{number:08x}.{EXTENSION}");
            match Writing::create(self.folder.join(name), self.encoding) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                created => return created,
            }
        }
    }

    /// The oldest segment that can be had; ours is sealed if nothing else is left.
    fn open_oldest(&mut self) -> Option<Reading> {
        for (path, _) in self.segments() {
            if self.left_alone.contains(&path) {
                continue;
            }
            self.writing.take_if(|own| own.path() == path);
            match Reading::open(path.clone()) {
                Ok(Some(segment)) if segment.has(self.encoding) => return Some(segment),
                Ok(Some(_)) => {
                    diag::warn(format_args!(
                        "{} holds spans in another encoding of OTLP, and stays until there is no \
                         room; set the protocol that wrote it, to have them sent",
                        path.display()
                    ));
                    self.left_alone.insert(path);
                }
                Ok(None) => {}
                Err(error) => {
                    diag::warn(format_args!("cannot use {}: {error}", path.display()));
                    self.left_alone.insert(path);
                }
            }
        }
        self.said_full = false;
        None
    }

    /// Removes the oldest segments until so many bytes fit in.
    fn make_room(&mut self, bytes: u64) -> io::Result<()> {
        if bytes > self.max_bytes {
            return Err(io::Error::other("the request is larger than the spool"));
        }
        let segments = self.segments();
        let mut used: u64 = segments.iter().map(|(_, bytes)| bytes).sum();
        for (path, len) in segments {
            if used + bytes <= self.max_bytes {
                return Ok(());
            }
            self.writing.take_if(|own| own.path() == path);
            let segment = match self.reading.take_if(|reading| reading.path() == path) {
                Some(reading) => Some(reading),
                None => match Reading::open(path.clone()) {
                    // Somebody else has it.
                    Ok(None) => continue,
                    Ok(segment) => segment,
                    // It is no segment. Whatever it is, it takes the room of segments.
                    Err(error) if error.kind() == io::ErrorKind::InvalidData => None,
                    Err(error) => return Err(error),
                },
            };
            let spans = segment.map_or(0, |mut segment| segment.waiting());
            fs::remove_file(&path)?;
            self.lost += spans;
            used -= len;
            if !self.said_full {
                self.said_full = true;
                diag::warn(format_args!(
                    "the spool {} is full, its oldest spans are dropped: {spans} now",
                    self.folder.display()
                ));
            }
        }
        if used + bytes <= self.max_bytes {
            return Ok(());
        }
        Err(io::Error::other("the spool is full, and what is in it belongs to other processes"))
    }

    fn remove(&mut self, segment: Reading) {
        let path = segment.path().to_owned();
        // While the lock is held: nobody else may see it as new.
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            diag::warn(format_args!(
                "cannot remove {}, so that its spans may be delivered once more: {error}",
                path.display()
            ));
            self.left_alone.insert(path);
        }
        drop(segment);
    }

    /// The segments, oldest first, and their sizes.
    fn segments(&self) -> Vec<(PathBuf, u64)> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let mut segments: Vec<_> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let path = entry.path();
                let is_segment = path.extension().is_some_and(|own| own == EXTENSION);
                Some((path, entry.metadata().ok()?.len())).filter(|_| is_segment)
            })
            .collect();
        segments.sort();
        segments
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
