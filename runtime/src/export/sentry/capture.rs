//! What the program itself says: errors that it has handled, and whom its work is about.

use std::{any::type_name_of_val, error::Error, fmt};

use crate::trace::{
    Attached, Context,
    failure::{self, About, Failure, Kind, weight_of_pairs},
};

/// Tags of one scope, and bytes up to which it takes another.
const MOST_TAGS: usize = 128;
const MOST_TAG_BYTES: usize = 64 * 1024;

/// Reports an error that the program has handled; see [`Captured::with`].
///
/// It is reported in the current span and trace, also where no function is instrumented. Without a
/// DSN it costs a load and a test.
///
/// ```
/// use spandrel::sentry;
///
/// if let Err(error) = std::fs::read("/no/such/file") {
///     sentry::capture(&error).with("attempt", 3);
/// }
/// ```
pub fn capture<E: Error + ?Sized>(error: &E) -> Captured {
    Captured(failure::is_watched().then(|| {
        let failure = Failure::here(Kind::Captured, type_name_of_val(error), error);
        failure.caused_by(error.source())
    }))
}

/// An error about to be reported, once this is dropped.
#[derive(Debug)]
pub struct Captured(Option<Failure>);

impl Captured {
    /// Says more about it; a value whose key is on the deny-list is not sent.
    ///
    /// The first 8 KiB of a text are sent, and up to 128 values or 128 KiB.
    ///
    /// ```
    /// let error = "x".parse::<u64>().unwrap_err();
    /// spandrel::sentry::capture(&error).with("order", 17).with("shard", "eu-1");
    /// ```
    #[allow(clippy::must_use_candidate, reason = "dropped, it is reported")]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        if let Some(failure) = &mut self.0 {
            failure.add(key, &value);
        }
        self
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        if let Some(failure) = self.0.take() {
            failure.note();
        }
    }
}

/// Whom and what the work is about, for events that happen during it.
///
/// It travels with the context: into functions, futures and tasks that carry it.
///
/// ```
/// use spandrel::{FutureExt, sentry::Scope};
///
/// # async fn handle() {}
/// let work = handle().in_context(Scope::new().user("u-17").tag("plan", "gold").context());
/// # drop(work);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it holds within `enter` or `context` only"]
pub struct Scope(About);

impl Scope {
    /// Begins with what is known of the current work.
    pub fn new() -> Self {
        Self(Context::peek().about().map(|about| (*about).clone()).unwrap_or_default())
    }

    /// Names the user, by an id that means nothing to others.
    pub fn user(mut self, id: impl fmt::Display) -> Self {
        self.0.user = Some(failure::text(&id));
        self
    }

    /// Adds a tag, by which events can be searched; of two of one key the later counts.
    ///
    /// There is room for 128 of them, or 64 KiB.
    pub fn tag(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.0.tags.retain(|(known, _)| known != key);
        if self.0.tags.len() < MOST_TAGS && weight_of_pairs(&self.0.tags) < MOST_TAG_BYTES {
            self.0.tags.push((failure::text(key), failure::text(&value)));
        }
        self
    }

    /// Holds on this thread until the guard is dropped.
    pub fn enter(self) -> Attached {
        self.context().attach()
    }

    /// The current context, in which it holds: for [`FutureExt`](crate::FutureExt).
    #[must_use]
    pub fn context(self) -> Context {
        Context::current().with_about(self.0)
    }
}
