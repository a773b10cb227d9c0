//! What the OTLP exporter keeps on disk while it cannot deliver.

use std::path::PathBuf;

use super::{Exporter, Setting, file};
use crate::init::env::{Reader, table};

/// The spool of the OTLP exporter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spool {
    /// `None`: nothing is kept.
    pub(crate) folder: Setting<Option<PathBuf>>,
    pub(crate) max_bytes: Setting<u64>,
}

const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Two segments of the largest request each.
const LEAST_BYTES: u64 = 4 * 1024 * 1024;

impl Spool {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let folder = reader.read(table::SPOOL_DIR, |text| Ok(Some(PathBuf::from(text))));
        let bytes = reader.read(table::SPOOL_BYTES, |text| file::bytes(text, LEAST_BYTES));
        Self {
            folder: Setting::pick(None, folder, None),
            max_bytes: Setting::pick(None, bytes, MAX_BYTES),
        }
    }

    /// Says so if somebody wants a spool and there is nothing to spool.
    pub(super) fn warn_if_unused(
        &self,
        reader: &mut Reader<'_>,
        exporters: &Setting<Vec<Exporter>>,
    ) {
        if self.folder.value.is_some() && !exporters.value.contains(&Exporter::Otlp) {
            reader.inform(format!(
                "the spool ({}) has no effect: the exporter `otlp` is not in use ({})",
                self.folder.source, exporters.source
            ));
        }
    }
}
