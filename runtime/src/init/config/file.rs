//! The exporter to files: where to, and how much of the disk.

use std::{num::NonZeroU32, path::PathBuf};

use super::{Setting, Source, batch::at_least_one};
use crate::init::env::{Reader, Rejected, parse, table};

/// The exporter to files.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct File {
    /// `None` is stdout.
    pub(crate) path: Setting<Option<PathBuf>>,
    pub(crate) max_bytes: Setting<u64>,
    pub(crate) max_files: Setting<NonZeroU32>,
}

const MIB: u64 = 1024 * 1024;
const MAX_BYTES: u64 = 64 * MIB;
/// With less, hardly a batch fits a file.
const LEAST_BYTES: u64 = MIB;
const MAX_FILES: NonZeroU32 = NonZeroU32::new(4).unwrap();

impl File {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let path = reader.read(table::FILE, |text| Ok(Some(PathBuf::from(text))));
        let bytes = reader.read(table::FILE_BYTES, |text| bytes(text, LEAST_BYTES));
        let files = reader.read(table::FILE_COUNT, at_least_one);
        Self {
            path: Setting::pick(None, path, None),
            max_bytes: Setting::pick(None, bytes, MAX_BYTES),
            max_files: Setting::pick(None, files, MAX_FILES),
        }
    }

    /// Who named a file, if somebody did.
    pub(super) fn path_source(&self) -> Option<Source> {
        Some(self.path.source).filter(|source| *source != Source::Default)
    }
}

#[cfg(feature = "file")]
impl File {
    /// The exporter that does all this.
    pub(crate) fn exporter(&self, batch: &super::Batch) -> crate::export::OtlpFile {
        let exporter = match &self.path.value {
            Some(path) => crate::export::OtlpFile::to(path),
            None => crate::export::OtlpFile::stdout(),
        };
        exporter
            .max_bytes(self.max_bytes.value)
            .max_files(self.max_files.value)
            .batching(batch.batching())
    }
}

/// A bound on the disk, which has to be at least so many whole MiB.
pub(super) fn bytes(text: &str, least: u64) -> Result<u64, Rejected> {
    let bytes = parse::size(text).ok_or_else(Rejected::not_understood)?;
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    if bytes < least {
        let least = format!("at least `{}MiB`", least / MIB);
        return Err(Rejected::because("is too little").instead(least));
    }
    Ok(bytes)
}
