//! An exporter that prints each span as one line.

use spandrel::{
    export::{ExportError, SpanExporter},
    trace::SpanData,
};

/// Prints each span as one line on stdout.
///
/// Enough for an example whose output is read by a test; people read `builder!().console()`.
#[derive(Debug)]
pub struct Lines;

impl SpanExporter for Lines {
    fn export(&mut self, batch: &[SpanData]) -> Result<(), ExportError> {
        for span in batch {
            let parent = span.parent_span_id.map_or("none".to_owned(), |id| id.to_string());
            print!("span {} {}", span.name, span.outcome);
            print!(" trace={} id={} parent={parent}", span.trace_id, span.span_id);
            for (key, value) in &span.attributes {
                print!(" {key}={value}");
            }
            println!();
        }
        Ok(())
    }
}
