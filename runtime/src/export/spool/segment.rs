//! One file of the spool.
//!
//! ```text
//! file:  "spandrel" | version 1 | encoding | 6 × 0 | entry …
//! entry: state | length | spans | checksum | payload
//! ```
//!
//! Numbers are of 32 bits, little-endian; the state is one byte, 0 for what waits and 1 for what is
//! done with, and the only thing that is ever written again. The checksum is over length, spans and
//! payload. An entry that was cut off, or does not fit its checksum, ends the file: what a process
//! that was killed had begun to write was never counted as spooled.
//!
//! Whoever uses a file holds a lock on it, which ends with the process, however that ends. So a file
//! without one belongs to nobody, and anybody may send what is in it. (A forked child that lives on
//! has inherited the lock: what its parent was writing waits until the child has ended, too.)

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek as _, SeekFrom, Write as _},
    mem,
    path::{Path, PathBuf},
};

use super::crc::crc32c;
use crate::export::{
    locked_file::{is_at, try_lock},
    otlp::batch::Encoding,
};

const MAGIC: &[u8; 8] = b"spandrel";
const VERSION: u8 = 1;
pub(super) const FILE_HEADER: u64 = 16;
pub(super) const ENTRY_HEADER: u64 = 13;
const WAITS: u8 = 0;
const IS_DONE: u8 = 1;
/// No payload is nearly as large: what says so is no entry.
const MOST_PAYLOAD: u32 = 64 * 1024 * 1024;

/// A file that is appended to.
#[derive(Debug)]
pub(super) struct Writing {
    path: PathBuf,
    file: File,
    len: u64,
}

/// A file whose entries are sent, one after the other.
#[derive(Debug)]
pub(super) struct Reading {
    path: PathBuf,
    file: File,
    encoding: u8,
    /// Where the next entry begins.
    next: u64,
    /// The entry that was shown last, if it waits.
    shown: Option<u64>,
    said_damage: bool,
}

/// What stands next in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// An entry that waits, and how many spans it has.
    Entry(u32),
    /// Nothing more.
    End,
    /// Something that is no entry, and how many spans it says to have.
    Torn(u32),
}

struct Header {
    state: u8,
    len: u32,
    spans: u32,
    checksum: u32,
}

impl Writing {
    /// Creates a file; where that was `Interrupted`, another one can be had.
    pub(super) fn create(path: PathBuf, encoding: Encoding) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create_new(true).write(true).read(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            // What a program does is nobody else's business.
            options.mode(0o600);
        }
        let mut file = options.open(&path)?;
        let mut header = [0; FILE_HEADER as usize];
        header[..8].copy_from_slice(MAGIC);
        header[8] = VERSION;
        header[9] = code(encoding);
        // Whoever cleans up may have been faster, and taken the file for one that was left behind.
        if !try_lock(&file)? || !is_at(&file, &path) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if let Err(error) = file.write_all(&header) {
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        Ok(Self { path, file, len: FILE_HEADER })
    }

    /// Appends an entry, whole or not at all.
    pub(super) fn append(&mut self, spans: u32, payload: &[u8]) -> io::Result<()> {
        let len = u32::try_from(payload.len()).ok().filter(|len| *len <= MOST_PAYLOAD);
        let len = len.ok_or_else(|| io::Error::other("the request is too large"))?;
        let checksum = checksum(len, spans, payload);
        let mut header = [WAITS; ENTRY_HEADER as usize];
        header[1..5].copy_from_slice(&len.to_le_bytes());
        header[5..9].copy_from_slice(&spans.to_le_bytes());
        header[9..13].copy_from_slice(&checksum.to_le_bytes());
        let written = self.file.write_all(&header).and_then(|()| self.file.write_all(payload));
        if let Err(error) = written {
            // Room for others, and a clean end.
            let _ = self.file.set_len(self.len);
            let _ = self.file.seek(SeekFrom::Start(self.len));
            return Err(error);
        }
        self.len += ENTRY_HEADER + u64::from(len);
        Ok(())
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == FILE_HEADER
    }

    /// Whether it is still where it was created: somebody may have emptied the folder.
    pub(super) fn is_there(&self) -> bool {
        is_at(&self.file, &self.path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Writing {
    /// A forked child has the file, too: only this ends the lock.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl Reading {
    /// Opens a file; `None`: somebody else has it, or it is gone.
    pub(super) fn open(path: PathBuf) -> io::Result<Option<Self>> {
        // Not for appending: the states are written in place.
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        if !try_lock(&file)? || !is_at(&file, &path) {
            return Ok(None);
        }
        let mut reading =
            Self { path, file, encoding: 0, next: FILE_HEADER, shown: None, said_damage: false };
        let mut header = [0; FILE_HEADER as usize];
        if reading.len()? < FILE_HEADER {
            // Its process was killed as it began.
            return Ok(Some(reading));
        }
        reading.file.read_exact(&mut header)?;
        if header[..8] != *MAGIC || header[8] != VERSION {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no file of a spool"));
        }
        reading.encoding = header[9];
        Ok(Some(reading))
    }

    /// Reads the entry that waits next, or the one that was shown last if that still waits.
    pub(super) fn show(&mut self, payload: &mut Vec<u8>) -> io::Result<Next> {
        let mut at = self.shown.unwrap_or(self.next);
        loop {
            let len = self.len()?;
            let Some(header) = self.header(at)? else {
                // The end, or what is left of a header.
                self.next = len.max(at);
                return Ok(if len > at { Next::Torn(0) } else { Next::End });
            };
            let end = header.end(at);
            self.next = end.min(len);
            if header.state == IS_DONE && end <= len {
                at = end;
                continue;
            }
            payload.clear();
            if header.len <= MOST_PAYLOAD {
                (&self.file).take(header.len.into()).read_to_end(payload)?;
            }
            let is_whole = payload.len() as u64 == u64::from(header.len)
                && checksum(header.len, header.spans, payload) == header.checksum;
            if !is_whole {
                self.shown = None;
                return Ok(Next::Torn(header.plausible_spans(len)));
            }
            self.shown = Some(at);
            return Ok(Next::Entry(header.spans));
        }
    }

    /// Notes that the entry that was shown last is done with.
    pub(super) fn forget(&mut self) -> io::Result<()> {
        let Some(at) = self.shown.take() else { return Ok(()) };
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(&[IS_DONE])
    }

    /// How many spans wait, as far as can be read.
    pub(super) fn waiting(&mut self) -> u64 {
        let (mut at, mut spans) = (FILE_HEADER, 0);
        let len = self.len().unwrap_or(0);
        while let Ok(Some(header)) = self.header(at)
            && header.end(at) <= len
        {
            let is_forgotten = at < self.shown.unwrap_or(self.next);
            if header.state == WAITS && !is_forgotten {
                spans += u64::from(header.plausible_spans(len));
            }
            at = header.end(at);
        }
        spans
    }

    /// Whether this was asked before.
    pub(super) fn was_said_to_be_damaged(&mut self) -> bool {
        mem::replace(&mut self.said_damage, true)
    }

    pub(super) fn has(&self, encoding: Encoding) -> bool {
        self.encoding == code(encoding)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn header(&mut self, at: u64) -> io::Result<Option<Header>> {
        self.file.seek(SeekFrom::Start(at))?;
        let mut bytes = [0; ENTRY_HEADER as usize];
        match self.file.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let [state, rest @ ..] = bytes;
        let number =
            |at: usize| u32::from_le_bytes([rest[at], rest[at + 1], rest[at + 2], rest[at + 3]]);
        Ok(Some(Header { state, len: number(0), spans: number(4), checksum: number(8) }))
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl Header {
    /// Not more than the payload could hold: a damaged header may say anything.
    fn plausible_spans(&self, file_len: u64) -> u32 {
        const LEAST_SPAN: u64 = 32;
        let most = u64::from(self.len).min(file_len) / LEAST_SPAN;
        self.spans.min(u32::try_from(most).unwrap_or(u32::MAX))
    }

    /// Where the entry ends that begins there.
    fn end(&self, at: u64) -> u64 {
        at + ENTRY_HEADER + u64::from(self.len)
    }
}

fn code(encoding: Encoding) -> u8 {
    match encoding {
        Encoding::Protobuf => 0,
        Encoding::Json => 1,
    }
}

fn checksum(len: u32, spans: u32, payload: &[u8]) -> u32 {
    let numbers = crc32c(crc32c(0, &len.to_le_bytes()), &spans.to_le_bytes());
    crc32c(numbers, payload)
}
