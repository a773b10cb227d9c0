//! Collects encoded spans, and puts them together as one `ExportTraceServiceRequest`; log records,
//! whose requests have the same form, likewise.
//!
//! Spans of different scopes come interleaved, and a request lists them by scope. The spans are
//! written one behind the other into one buffer, each linked to the next of its scope; a request is
//! then written scope by scope. Against writing each span where it belongs, and beginning a scope
//! anew at each change, that costs an eighth more instructions (1,180 to 1,040 for a span with two
//! attributes; computing all lengths in a pass of its own would cost half as much again). It saves
//! three things: a scope stands once in a request (an interleaved program would send a quarter more
//! bytes, which every receiver unpacks again), all lengths from the span upwards are known when they
//! are written, and the memory is one buffer whatever the number of scopes.

#[cfg(feature = "otlp")]
use super::{encode, wire};
use super::{json, signal::Signal};
use crate::{
    export::{
        OwnCrate,
        encoding_sink::{Push, Requests},
    },
    trace::SpanView,
    value::Value,
};

/// How a request is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `ExportTraceServiceRequest` as JSON, by the mapping of the OTLP specification.
    #[cfg_attr(not(feature = "otlp"), default)]
    Json,
    #[cfg(feature = "otlp")]
    #[default]
    Protobuf,
}

/// Spans of one request in the making.
#[derive(Debug)]
pub(crate) struct Batch {
    resource: Resource,
    scopes: Scopes,
    /// Scopes that have spans in this batch, in the order of their first span.
    active: Vec<u32>,
    spans: Vec<Entry>,
    encoded: Vec<u8>,
    /// Bytes of the whole request, as it stands.
    bytes: usize,
    max_bytes: usize,
}

/// The resource, encoded once: what stands around the scopes of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resource {
    signal: Signal,
    encoding: Encoding,
    /// The field `resource` of a `ResourceSpans`.
    pub(super) head: Vec<u8>,
    /// Its field `schema_url`.
    pub(super) tail: Vec<u8>,
}

/// The spans of one scope, in a request that is complete.
pub(super) struct ScopeSpans<'a> {
    /// The field `scope`.
    pub(super) head: &'a [u8],
    /// All bytes of its fields, where lengths count.
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "JSON writes no lengths"))]
    pub(super) bytes: usize,
    batch: &'a Batch,
    first: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    len: u32,
    next: u32,
}

/// The scopes seen so far; there are as many as the program has modules.
#[derive(Debug)]
struct Scopes {
    signal: Signal,
    encoding: Encoding,
    own_crate: Option<OwnCrate>,
    known: Vec<Scope>,
    /// Finds a scope by the address of its name.
    recent: [u32; Self::RECENT],
}

#[derive(Debug)]
struct Scope {
    name: &'static str,
    /// Where the site knows it.
    version: Option<&'static str>,
    /// The field `scope` of a `ScopeSpans`.
    head: Vec<u8>,
    /// Bytes of the `ScopeSpans` in this batch; 0: no spans yet.
    bytes: usize,
    first: u32,
    last: u32,
}

const NONE: u32 = u32::MAX;

impl Batch {
    pub(crate) fn new(resource: Resource, own_crate: Option<OwnCrate>, max_bytes: usize) -> Self {
        let mut batch = Self {
            scopes: Scopes {
                signal: resource.signal,
                encoding: resource.encoding,
                own_crate,
                known: Vec::new(),
                recent: [NONE; Scopes::RECENT],
            },
            resource,
            active: Vec::new(),
            spans: Vec::new(),
            encoded: Vec::new(),
            bytes: 0,
            max_bytes,
        };
        batch.clear();
        batch
    }

    fn clear(&mut self) {
        for at in self.active.drain(..) {
            self.scopes.known[at as usize].bytes = 0;
        }
        self.spans.clear();
        self.encoded.clear();
        self.bytes = self.resource.head.len() + self.resource.tail.len() + WIDEST;
    }
}

impl Batch {
    /// Adds what the closure encodes, in a scope.
    #[inline]
    pub(super) fn push_encoded(
        &mut self,
        name: &'static str,
        version: Option<&'static str>,
        encode: impl FnOnce(Encoding, &mut Vec<u8>),
    ) -> Push {
        let start = self.encoded.len();
        let encoding = self.resource.encoding;
        encode(encoding, &mut self.encoded);
        let len = self.encoded.len() - start;

        let at = self.scopes.find(name, version);
        let scope = &mut self.scopes.known[at as usize];
        // The lengths of request and scope are counted at their widest; a few bytes too many.
        let more =
            encoding.framed(len) + if scope.bytes == 0 { scope.head.len() + WIDEST } else { 0 };
        if self.bytes + more > self.max_bytes {
            self.encoded.truncate(start);
            self.encoded.shrink_to(self.max_bytes);
            return if self.spans.is_empty() { Push::TooLarge } else { Push::Full };
        }

        // A batch is far below 4 GiB: it fits the queue.
        let entry = self.spans.len() as u32;
        self.spans.push(Entry { start: start as u32, len: len as u32, next: NONE });
        if scope.bytes == 0 {
            self.active.push(at);
            scope.bytes = scope.head.len();
            scope.first = entry;
        } else {
            self.spans[scope.last as usize].next = entry;
        }
        scope.last = entry;
        scope.bytes += encoding.framed(len);
        self.bytes += more;
        Push::Taken
    }
}

impl Requests for Batch {
    type Item<'a> = SpanView<'a>;

    fn push(&mut self, span: &SpanView<'_>) -> Push {
        self.push_encoded(span.target(), span.scope_version(), |encoding, out| match encoding {
            Encoding::Json => json::span(out, span),
            #[cfg(feature = "otlp")]
            Encoding::Protobuf => encode::span(out, span),
        })
    }

    fn spans(&self) -> u32 {
        self.spans.len() as u32
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        out.clear();
        let scopes = self.active.iter().map(|at| {
            let Scope { head, bytes, first, .. } = &self.scopes.known[*at as usize];
            ScopeSpans { head, bytes: *bytes, batch: self, first: *first }
        });
        match self.resource.encoding {
            Encoding::Json => json::request(out, self.bytes, &self.resource, scopes),
            #[cfg(feature = "otlp")]
            Encoding::Protobuf => encode::request(out, &self.resource, scopes),
        }
        self.clear();
    }
}

/// What stands around a scope or a request, at most: tag and length of a message below 256 MiB, or
/// brackets and a comma.
const WIDEST: usize = 5;

impl Encoding {
    /// Bytes of a span of this length with what stands around it.
    #[inline]
    fn framed(self, len: usize) -> usize {
        match self {
            Self::Json => len + 1,
            #[cfg(feature = "otlp")]
            Self::Protobuf => wire::field_len(len),
        }
    }
}

impl<'a> ScopeSpans<'a> {
    /// The spans, encoded.
    pub(super) fn spans(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (batch, mut next) = (self.batch, self.first);
        std::iter::from_fn(move || {
            let entry = batch.spans.get(next as usize)?;
            next = entry.next;
            let start = entry.start as usize;
            batch.encoded.get(start..start + entry.len as usize)
        })
    }
}

impl Resource {
    /// Encodes the attributes of the process, and the schema that their names follow, for spans.
    pub(crate) fn new<'a>(
        encoding: Encoding,
        attributes: impl IntoIterator<Item = (&'a str, Value<'a>)>,
        schema_url: &str,
    ) -> Self {
        Self::of(Signal::Traces, encoding, attributes, schema_url)
    }

    /// The same, for requests that hold something else.
    pub(crate) fn of<'a>(
        signal: Signal,
        encoding: Encoding,
        attributes: impl IntoIterator<Item = (&'a str, Value<'a>)>,
        schema_url: &str,
    ) -> Self {
        let attributes = attributes.into_iter();
        let (head, tail) = match encoding {
            Encoding::Json => json::resource(signal, attributes, schema_url),
            #[cfg(feature = "otlp")]
            Encoding::Protobuf => encode::resource(attributes, schema_url),
        };
        Self { signal, encoding, head, tail }
    }
}

impl Scopes {
    const RECENT: usize = 64;

    #[inline]
    fn find(&mut self, name: &'static str, version: Option<&'static str>) -> u32 {
        let slot = (name.as_ptr().addr() >> 3 ^ name.len()) % Self::RECENT;
        let at = self.recent[slot];
        match self.known.get(at as usize) {
            Some(scope) if std::ptr::eq(scope.name, name) && scope.version == version => at,
            _ => self.find_by_text(name, version, slot),
        }
    }

    #[cold]
    fn find_by_text(
        &mut self,
        name: &'static str,
        version: Option<&'static str>,
        slot: usize,
    ) -> u32 {
        let is_it = |scope: &Scope| scope.name == name && scope.version == version;
        let known = self.known.iter().position(is_it);
        let at = known.unwrap_or_else(|| {
            let head = self.head(name, version);
            self.known.push(Scope { name, version, head, bytes: 0, first: NONE, last: NONE });
            self.known.len() - 1
        }) as u32;
        self.recent[slot] = at;
        at
    }

    fn head(&self, name: &str, version: Option<&str>) -> Vec<u8> {
        let own = || self.own_crate.as_ref().and_then(|own| own.version_of(name));
        let version = version.or_else(own).unwrap_or_default();
        match self.encoding {
            Encoding::Json => json::scope(self.signal, name, version),
            #[cfg(feature = "otlp")]
            Encoding::Protobuf => encode::scope(name, version),
        }
    }
}

#[cfg(test)]
mod tests;
