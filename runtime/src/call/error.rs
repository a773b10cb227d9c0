//! What a span says about an error, and that it says it once.
//!
//! An error that travels up through instrumented functions is recorded as an exception by the
//! innermost. A caller whose direct callee has just failed, and whose own error contains that
//! failure (in its text or along `source()`), sets status and `error.type` only.

use std::{borrow::Cow, cell::RefCell, error::Error, fmt, fmt::Write as _};

#[cfg(feature = "sentry")]
use crate::trace::failure;
use crate::{
    logs,
    outcome::Outcome,
    trace::{
        local::Local,
        record::{layout::Kind, view::STATUS_ERROR},
    },
};

/// Says how a returned value counts; implement it for a type of one's own.
///
/// ```
/// use spandrel::{AsOutcome, Outcome};
///
/// enum Answer {
///     Found(u64),
///     Broken,
/// }
///
/// impl AsOutcome for Answer {
///     fn as_outcome(&self) -> Outcome {
///         match self {
///             Answer::Found(_) => Outcome::Ok,
///             Answer::Broken => Outcome::Error,
///         }
///     }
/// }
/// ```
pub trait AsOutcome {
    /// How a call that returned this value ended.
    fn as_outcome(&self) -> Outcome;
}

/// Tells more about an error than its text.
///
/// ```
/// use std::{borrow::Cow, fmt};
/// use spandrel::ErrorInfo;
///
/// #[derive(Debug)]
/// enum OrderError {
///     Unknown(u64),
///     Storage,
/// }
/// # impl fmt::Display for OrderError {
/// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("order") }
/// # }
///
/// impl ErrorInfo for OrderError {
///     fn error_type(&self) -> Cow<'static, str> {
///         match self {
///             OrderError::Unknown(_) => "unknown_order".into(),
///             OrderError::Storage => "storage".into(),
///         }
///     }
///
///     fn is_expected(&self) -> bool {
///         matches!(self, OrderError::Unknown(_))
///     }
/// }
/// ```
pub trait ErrorInfo: fmt::Display {
    /// A name of few distinct values: the attribute `error.type`.
    fn error_type(&self) -> Cow<'static, str>;

    /// Whether the error is an ordinary answer: the call counts as ok, `error.type` is still set.
    fn is_expected(&self) -> bool {
        false
    }
}

/// An error about to be recorded.
#[derive(Debug)]
pub(crate) struct Report<'e> {
    pub(crate) error_type: &'e str,
    /// `None`: the text is not wanted, or there is none.
    pub(crate) message: Option<fmt::Arguments<'e>>,
    pub(crate) source: Option<&'e (dyn Error + 'e)>,
}

/// The error that this thread recorded last.
struct Last {
    /// The parent of the span that failed.
    parent: u64,
    message: String,
}

/// Longer messages are compared by their beginning.
const MOST_COMPARED: usize = 1_024;

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last { parent: 0, message: String::new() }) };
}

impl Report<'_> {
    /// Writes the error to the records of a span.
    pub(crate) fn record(&self, span: u64, parent: u64) {
        let mut message = Bounded(String::new());
        // A `Display` of the user's that fails or panics leaves the text as far as it came.
        let text = self.message;
        if let Some(text) = text {
            let write = std::panic::AssertUnwindSafe(|| message.write_fmt(text));
            let _ = std::panic::catch_unwind(write);
        }
        let message = message.0;
        let recorded = self.message.is_none() || self.was_recorded_below(span, &message);
        Local.mark_late(span);
        Local.put_extra(Kind::ATTRS, 0, 0, span, &[], &|writer| {
            writer.set_keyed("error.type", self.error_type);
        });
        Local.put_extra(Kind::STATUS, 0, STATUS_ERROR, span, &[], &|writer| {
            writer.name_str(&message);
        });
        #[cfg(feature = "sentry")]
        if !recorded && failure::is_watched() {
            self.note(span, &message);
        }
        let exceptions = logs::exceptions();
        if !recorded && exceptions.as_logs() {
            logs::exception(span, self.error_type, &message);
        }
        if !recorded && exceptions.as_events() {
            let now = [crate::time::ticks()];
            Local.put_extra(Kind::EVENT, 0, 0, span, &now, &|writer| {
                writer.name_str("exception");
                writer.set_keyed("exception.type", self.error_type);
                writer.set_keyed("exception.message", message.as_str());
            });
        }
        let _ = LAST.try_with(|last| *last.borrow_mut() = Last { parent, message });
    }

    /// Leaves word of it for whoever tracks errors.
    #[cfg(feature = "sentry")]
    fn note(&self, span: u64, message: &str) {
        use failure::{Failure, Kind};

        let failure = Failure::here(Kind::Error, self.error_type, message);
        Failure { span, ..failure.caused_by(self.source) }.note();
    }

    fn was_recorded_below(&self, span: u64, message: &str) -> bool {
        let seen = LAST.try_with(|last| {
            let last = last.borrow();
            last.parent == span
                && (message.contains(&last.message) || self.has_source(&last.message))
        });
        seen.unwrap_or(false)
    }

    fn has_source(&self, message: &str) -> bool {
        let mut source = self.source;
        while let Some(error) = source {
            let mut text = Bounded(String::new());
            let _ = write!(text, "{error}");
            if text.0 == message {
                return true;
            }
            source = error.source();
        }
        false
    }
}

/// Text up to [`MOST_COMPARED`] bytes.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MOST_COMPARED.saturating_sub(self.0.len());
        let end = text.floor_char_boundary(room.min(text.len()));
        self.0.push_str(&text[..end]);
        if end < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}
