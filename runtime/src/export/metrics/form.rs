//! What a reader writes.

#[cfg(feature = "console")]
use crate::export::MetricsTable;
#[cfg(any(feature = "file", feature = "otlp"))]
use crate::export::otlp::metrics::{Request, Requests};
use crate::{export::worker::Payload, metrics::data::Snapshot};

/// The form in which metrics are delivered.
pub(crate) enum Form {
    #[cfg(any(feature = "file", feature = "otlp"))]
    Otlp(Requests),
    /// A table for people.
    #[cfg(feature = "console")]
    Table,
}

/// A snapshot, ready to be delivered.
pub(super) struct Written {
    pub(super) payloads: Vec<Payload<Vec<u8>>>,
    /// Points that no request could hold.
    pub(super) too_large: u32,
}

impl Form {
    pub(super) fn write(&self, snapshot: &Snapshot) -> Written {
        match self {
            #[cfg(any(feature = "file", feature = "otlp"))]
            Self::Otlp(requests) => {
                let (requests, too_large) = requests.write(snapshot);
                let payloads = requests.into_iter().map(|Request { body, points }| Payload {
                    bytes: body.len(),
                    content: body,
                    spans: points,
                });
                Written { payloads: payloads.collect(), too_large }
            }
            #[cfg(feature = "console")]
            Self::Table => {
                let points = snapshot.points();
                let text = MetricsTable::new(snapshot).to_string().into_bytes();
                let payload = Payload { bytes: text.len(), content: text, spans: points };
                Written { payloads: Vec::from_iter((points > 0).then_some(payload)), too_large: 0 }
            }
        }
    }
}
