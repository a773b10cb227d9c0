//! Carriers: what headers are read from and written to.
//!
//! The propagators know names and grammars of headers, a carrier knows how its kind of message holds
//! them. Names reach a carrier in lower case; a carrier finds them in any case.

mod environment;
mod hash_map;
#[cfg(feature = "http")]
mod header_map;

pub use environment::Environment;

/// A message that context is read from.
///
/// ```
/// use spandrel::trace::propagation::{Extractor, Propagators};
///
/// struct Record(Vec<(String, String)>); // a message of your broker
///
/// impl Extractor for Record {
///     fn get(&self, key: &str) -> Option<&str> {
///         self.get_all(key).first().copied()
///     }
///
///     fn get_all(&self, key: &str) -> Vec<&str> {
///         let found = self.0.iter().filter(|(name, _)| name.eq_ignore_ascii_case(key));
///         found.map(|(_, value)| value.as_str()).collect()
///     }
///
///     fn keys(&self) -> Vec<&str> {
///         self.0.iter().map(|(name, _)| name.as_str()).collect()
///     }
/// }
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let record = Record(vec![("Traceparent".into(), header.into())]);
/// assert!(Propagators::default().extract(&record).is_some());
/// ```
#[diagnostic::on_unimplemented(
    message = "context cannot be read from `{Self}`",
    note = "`HashMap<String, String>`, `Environment` and, with feature `http`, `http::HeaderMap` \
            are carriers; implement `Extractor` for your own message type"
)]
pub trait Extractor {
    /// The value under a key, the first if there are several.
    fn get(&self, key: &str) -> Option<&str>;

    /// All values under a key, in their order.
    ///
    /// A carrier that can hold several must say so: two `traceparent` headers are no context. One
    /// that it cannot show as text counts too; any text outside ASCII stands for it.
    fn get_all(&self, key: &str) -> Vec<&str> {
        self.get(key).into_iter().collect()
    }

    /// All keys, for formats that put data into names.
    fn keys(&self) -> Vec<&str>;
}

/// A message that context is written to.
///
/// ```
/// use spandrel::trace::propagation::{Injector, Propagators, RemoteContext, TraceParent};
///
/// struct Record(Vec<(String, String)>);
///
/// impl Injector for Record {
///     fn set(&mut self, key: &str, value: String) {
///         self.remove(key);
///         self.0.push((key.to_owned(), value));
///     }
///
///     fn remove(&mut self, key: &str) {
///         self.0.retain(|(name, _)| !name.eq_ignore_ascii_case(key));
///     }
/// }
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let context = RemoteContext::from(TraceParent::parse(header)?);
/// let mut record = Record(Vec::new());
/// Propagators::default().inject(&context, &mut record);
/// assert_eq!(record.0, [("traceparent".to_owned(), header.to_owned())]);
/// # Ok::<(), spandrel::trace::propagation::Malformed>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "context cannot be written to `{Self}`",
    note = "`HashMap<String, String>`, `std::process::Command` and, with feature `http`, \
            `http::HeaderMap` are carriers; implement `Injector` for your own message type"
)]
pub trait Injector {
    /// Sets a key to one value, whatever it had before.
    fn set(&mut self, key: &str, value: String);

    /// Makes sure that a key is not sent, so that a stale value does not go with a new context.
    fn remove(&mut self, key: &str);
}
