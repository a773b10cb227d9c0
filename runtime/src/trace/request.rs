//! What is known of the request that is being answered, wherever its context goes.

use super::correlation::CorrelationId;

/// A request, as those know it who work on it. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// What names the request across services.
    pub(crate) correlation_id: Option<CorrelationId>,
    pub(crate) method: &'static str,
    /// The pattern of the path, of which there are few: `/orders/{id}`.
    pub(crate) route: &'static str,
}
