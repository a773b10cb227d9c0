//! What is known of the request that is being answered, wherever its context goes.

/// A request, as those know it who work on it. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// What names the request across services.
    pub(crate) correlation_id: Box<str>,
    pub(crate) method: Box<str>,
    /// The pattern of the path, of which there are few: `/orders/{id}`.
    pub(crate) route: Box<str>,
}
