//! The Zipkin exporter: where to, how long.

use std::time::Duration;

use super::{
    Setting, Source,
    batch::{duration, timeout},
    endpoint::Endpoint,
};
use crate::init::env::{Reader, table};

/// The Zipkin exporter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Zipkin {
    pub(crate) endpoint: Setting<Endpoint>,
    /// How long a request may take; `None` for no limit.
    pub(crate) timeout: Setting<Option<Duration>>,
}

impl Zipkin {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let endpoint = reader.read(table::ZIPKIN_ENDPOINT, |text| Endpoint::parse(text, None));
        endpoint.iter().for_each(|endpoint| endpoint.warn_of_guessed_scheme(reader));
        let time = reader.read(table::ZIPKIN_TIMEOUT, duration);
        Self {
            endpoint: endpoint.unwrap_or_else(|| Setting::by_default(Endpoint::local_zipkin())),
            timeout: timeout(None, time, Duration::from_secs(10)),
        }
    }

    /// The exporter that does all this.
    #[cfg(feature = "zipkin")]
    pub(crate) fn exporter(&self, batch: &super::Batch) -> crate::export::Zipkin {
        let timeouts = [self.timeout.value, batch.export_timeout.value];
        let timeout = timeouts.into_iter().flatten().min();
        crate::export::Zipkin::new()
            .endpoint(self.endpoint.value.url())
            .timeout(timeout.unwrap_or(Duration::from_millis(u32::MAX.into())))
            .batching(batch.batching())
    }

    /// Who named a receiver, if somebody did.
    pub(super) fn endpoint_source(&self) -> Option<Source> {
        Some(self.endpoint.source).filter(|source| *source != Source::Default)
    }
}
