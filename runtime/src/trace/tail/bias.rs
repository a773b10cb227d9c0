//! Which traces are kept although the sampler said no.

use std::{fmt, time::Duration};

/// Keeps traces that turned out to matter although the sampler said no (`SPANDREL_KEEP_ERRORS`,
/// `SPANDREL_KEEP_SLOW`).
///
/// ```no_run
/// use std::time::Duration;
/// use spandrel::trace::{TailBias, sampler::Sampler};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let telemetry = spandrel::builder!()
///     .sampler(Sampler::ratio(0.01)?.parent_based())
///     .tail_bias(TailBias::errors().or_slower_than(Duration::from_millis(500)))
///     .init()?;
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
///
/// Off by default, for it has a price: a trace that the sampler turned down is recorded all the
/// same, tentatively, and costs its threads what a recorded one costs. The background thread holds
/// its spans, within the recorder's [`Memory`](crate::trace::Memory), until their fate is known.
///
/// What is decided about is the **local trace**: the first span of the trace in this process and
/// everything below it. Two requests with one caller are two local traces, each with a fate of its
/// own. A local trace is kept whole
/// - as soon as one of its spans has failed: an outcome of `error` or `panicked`, or an error that
///   was said by hand. A failure that was said to be [`Ok`](crate::trace::Status::Ok) is none.
/// - when its first span has ended and was slow.
///
/// Otherwise it is dropped soon after its first span has ended; spans that end later share that
/// fate, as those of a kept trace do.
///
/// Some things follow from that, and are meant:
/// - **Other processes do not know.** They are told that the trace is not sampled, and the spans
///   that are kept say so in their trace flags. A caller or callee that drops its part leaves ours
///   without parents or children, unless tail bias keeps theirs too.
/// - A processor or collector that drops what is not sampled drops a kept trace, too.
/// - **Kept traces carry no sampling probability** (`ot=th`), so that whoever counts by it counts
///   none of them.
/// - An exception of the sampler that says `always_off` for a noisy function holds: what begins
///   there is not recorded. `traceidratio(0)` instead lets its failures through.
/// - A first span that runs for so long that the spans below it exceed the memory loses the oldest
///   of them. Those are counted as `tail_memory_full` if the trace is kept after all.
/// - Spans of a trace that is dropped appear in the report as `not_kept`; nothing is lost by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TailBias {
    errors: bool,
    slow: Option<Duration>,
}

impl TailBias {
    /// Keeps traces with a span that failed.
    #[must_use]
    pub const fn errors() -> Self {
        Self { errors: true, slow: None }
    }

    /// Keeps traces whose first span in this process took as long as this, or longer.
    #[must_use]
    pub const fn slower_than(threshold: Duration) -> Self {
        Self { errors: false, slow: Some(threshold) }
    }

    /// Keeps traces with a span that failed, too.
    #[must_use]
    pub const fn or_errors(self) -> Self {
        Self { errors: true, ..self }
    }

    /// Keeps traces whose first span in this process took as long as this, or longer, too.
    #[must_use]
    pub const fn or_slower_than(self, threshold: Duration) -> Self {
        Self { slow: Some(threshold), ..self }
    }

    /// `None` if nothing is kept.
    pub(crate) fn new(errors: bool, slow: Option<Duration>) -> Option<Self> {
        (errors || slow.is_some()).then_some(Self { errors, slow })
    }

    pub(crate) const fn keeps_errors(self) -> bool {
        self.errors
    }

    pub(crate) const fn threshold(self) -> Option<Duration> {
        self.slow
    }
}

/// As the lines say it that explain the configuration.
impl fmt::Display for TailBias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.errors, self.slow) {
            (true, None) => f.write_str("errors"),
            (true, Some(slow)) => write!(f, "errors, slower than {slow:?}"),
            (false, Some(slow)) => write!(f, "slower than {slow:?}"),
            (false, None) => f.write_str("none"),
        }
    }
}
