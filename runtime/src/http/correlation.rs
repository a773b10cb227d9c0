//! The headers that name a request across services.

use http::{HeaderMap, HeaderName, HeaderValue, header::Entry};

use crate::trace::correlation::CorrelationId;

pub(super) static X_CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
#[cfg(feature = "tower")]
pub(super) static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a request is called by its header.
///
/// A header that is there and no good is replaced, not passed over for the next: otherwise the
/// request would have another name here than where it came from.
#[cfg(feature = "tower")]
pub(super) fn named(header: Option<&HeaderValue>) -> Option<CorrelationId> {
    let id = header?.to_str().ok().and_then(CorrelationId::parse);
    Some(id.unwrap_or_else(CorrelationId::new))
}

/// Names a message, unless it has a name already.
pub(super) fn name(headers: &mut HeaderMap, header: &HeaderName, id: &CorrelationId) {
    if let Ok(Entry::Vacant(vacant)) = headers.try_entry(header)
        && let Ok(value) = HeaderValue::from_bytes(id.as_ascii())
    {
        // Too many headers: then it goes without.
        let _ = vacant.try_insert(value);
    }
}
