//! The headers that name a request across services.

use http::{HeaderMap, HeaderName, HeaderValue, header::Entry};

use crate::trace::correlation::CorrelationId;

pub(super) static X_CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
#[cfg(feature = "tower")]
static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a request is called by its headers.
///
/// A header that is there and no good is replaced, not passed over for the next: otherwise the
/// request would have another name here than where it came from.
#[cfg(feature = "tower")]
pub(super) fn named(headers: &HeaderMap, header: &HeaderName) -> Option<CorrelationId> {
    let value = headers.get(header).or_else(|| headers.get(&X_REQUEST_ID))?;
    let id = value.to_str().ok().and_then(CorrelationId::parse);
    Some(id.unwrap_or_else(CorrelationId::new))
}

/// Names a message, unless it has a name already.
pub(super) fn name(headers: &mut HeaderMap, header: &HeaderName, id: &CorrelationId) {
    if let Ok(Entry::Vacant(vacant)) = headers.try_entry(header)
        && let Ok(value) = HeaderValue::from_str(id)
    {
        // Too many headers: then it goes without.
        let _ = vacant.try_insert(value);
    }
}
