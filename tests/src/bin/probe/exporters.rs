//! Exporters that behave, and others.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use spandrel::{
    export::{ExportError, SpanExporter},
    trace::SpanData,
};

/// Counts what it gets.
#[derive(Clone, Default)]
pub(crate) struct Counting(Arc<AtomicU64>);

impl Counting {
    pub(crate) fn spans(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl SpanExporter for Counting {
    fn export(&mut self, batch: &[SpanData]) -> Result<(), ExportError> {
        self.0.fetch_add(batch.len() as u64, Relaxed);
        Ok(())
    }
}

/// Keeps what it gets.
#[derive(Clone, Default)]
pub(crate) struct Keeping(Arc<Mutex<Vec<SpanData>>>);

impl Keeping {
    pub(crate) fn spans(&self) -> Vec<SpanData> {
        self.0.lock().expect("nobody panics with it").clone()
    }
}

impl SpanExporter for Keeping {
    fn export(&mut self, batch: &[SpanData]) -> Result<(), ExportError> {
        self.0.lock().expect("nobody panics with it").extend_from_slice(batch);
        Ok(())
    }
}

/// Never comes back.
pub(crate) struct Hanging;

impl SpanExporter for Hanging {
    fn export(&mut self, _: &[SpanData]) -> Result<(), ExportError> {
        loop {
            thread::park();
        }
    }
}

/// Panics at each batch.
pub(crate) struct Panicking;

impl SpanExporter for Panicking {
    fn export(&mut self, _: &[SpanData]) -> Result<(), ExportError> {
        panic!("this exporter always panics")
    }
}
