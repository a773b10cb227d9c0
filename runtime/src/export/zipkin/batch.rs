//! Collects encoded spans: a request is a list of them.

use super::encode::Encoder;
use crate::{
    export::{
        OwnCrate,
        encoding_sink::{Push, Requests},
    },
    resource::Resource,
    trace::SpanView,
};

/// Spans of one request in the making.
pub(crate) struct Batch {
    encoder: Encoder,
    /// The list, without its end.
    list: Vec<u8>,
    spans: u32,
    max_bytes: usize,
}

impl Batch {
    pub(crate) fn new(resource: &Resource, own_crate: Option<OwnCrate>, max_bytes: usize) -> Self {
        let encoder = Encoder::new(resource, own_crate);
        Self { encoder, list: Vec::new(), spans: 0, max_bytes }
    }
}

impl Requests for Batch {
    type Item<'a> = SpanView<'a>;

    fn push(&mut self, span: &SpanView<'_>) -> Push {
        let before = self.list.len();
        self.list.push(if self.spans == 0 { b'[' } else { b',' });
        self.encoder.span(&mut self.list, span);
        // One more for the end of the list.
        if self.list.len() + 1 > self.max_bytes {
            self.list.truncate(before);
            self.list.shrink_to(self.max_bytes);
            return if self.spans == 0 { Push::TooLarge } else { Push::Full };
        }
        self.spans += 1;
        Push::Taken
    }

    fn spans(&self) -> u32 {
        self.spans
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        out.clear();
        out.reserve_exact(self.list.len() + 1);
        out.append(&mut self.list);
        out.push(b']');
        self.spans = 0;
    }
}
