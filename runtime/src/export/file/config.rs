//! Where to, and how much of the disk: what a user says.

use std::{num::NonZeroU32, path::PathBuf};

use crate::export::Batching;

/// Writes spans to a file, or to stdout: lines of OTLP in JSON.
///
/// Each line is one `ExportTraceServiceRequest`, as the [OTLP file exporter][spec] of OpenTelemetry
/// writes them; collectors read such files (`otlpjsonfile`), and so does whatever takes OTLP over
/// HTTP with JSON, line by line.
///
/// ```
/// use spandrel::export::OtlpFile;
///
/// let exporter = OtlpFile::to("/var/log/shop/traces.jsonl").max_bytes(16 * 1024 * 1024);
/// # drop(exporter);
/// ```
///
/// A file that would grow beyond its bound is renamed (`traces.jsonl` to `traces.1.jsonl`, that one
/// to `traces.2.jsonl` and so on) and the oldest of them is removed: the disk holds no more than
/// bytes × files. Several processes may write to one path; each line is written whole, under a lock
/// on the file. A file that somebody else renames or removes is begun anew.
///
/// A batch is with the operating system when it counts as delivered: it survives the end of the
/// process, however violent. Nothing is forced to the disk (`fsync`), so that a power failure costs
/// the last seconds. What cannot be written, because the disk is full or read-only, is dropped and
/// counted as `export_failed`, said once on stderr, and tried again with the next batch.
///
/// [spec]: https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
#[derive(Clone, Debug)]
pub struct OtlpFile {
    /// `None` is stdout.
    pub(crate) path: Option<PathBuf>,
    pub(crate) max_bytes: u64,
    pub(crate) max_files: NonZeroU32,
    pub(crate) batching: Batching,
}

impl OtlpFile {
    /// The default of [`OtlpFile::max_bytes`].
    pub(crate) const MAX_BYTES: u64 = 64 * 1024 * 1024;
    /// The default of [`OtlpFile::max_files`].
    pub(crate) const MAX_FILES: NonZeroU32 = NonZeroU32::new(4).unwrap();

    /// To this file (`SPANDREL_FILE`), which is created if need be, with its folders.
    #[must_use]
    pub fn to(path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()), ..Self::stdout() }
    }

    /// To stdout; nothing is bounded or renamed there.
    #[must_use]
    pub const fn stdout() -> Self {
        Self {
            path: None,
            max_bytes: Self::MAX_BYTES,
            max_files: Self::MAX_FILES,
            batching: Batching::new(),
        }
    }

    /// The most bytes of one file, 64 MiB by default (`SPANDREL_FILE_BYTES`).
    ///
    /// A span that alone is larger than a file is dropped and counted as `too_large`.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The most files, the current one included; 4 by default (`SPANDREL_FILE_COUNT`).
    #[must_use]
    pub const fn max_files(mut self, files: NonZeroU32) -> Self {
        self.max_files = files;
        self
    }

    /// How spans are collected before they are written; each batch is a line.
    #[must_use]
    pub const fn batching(mut self, batching: Batching) -> Self {
        self.batching = batching;
        self
    }
}
