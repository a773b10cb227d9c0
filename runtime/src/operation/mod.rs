//! Measures calls that follow a convention, whether or not they are recorded as spans.
//!
//! The series of a call's labels is looked up when it begins; a call that fails is told apart by its
//! `error.type`, which takes a second look-up. A call that was begun is measured in the span of its
//! function, which makes it the exemplar.

mod convention;
mod exchange;
mod future;
mod labels;
#[cfg(feature = "stream")]
mod stream;

use std::time::Duration;

use self::{
    convention::durations,
    exchange::{Entered, Exchange},
    labels::{Given, More},
};
use crate::{
    call::Ending,
    metrics::{BoundHistogram, Histogram, LabelRef},
    outcome::Outcome,
    site::{self, Convention, Site},
    time,
};

pub(crate) use exchange::{noticed, say_chunk, say_model, say_usage, tool_ended};
#[cfg(feature = "tracing")]
pub(crate) use labels::Summarised;
pub use labels::{label, summary_of, text_of};

/// A call that is measured; dropped unfinished, it has panicked.
#[derive(Debug)]
#[must_use]
pub struct Operation {
    on: Option<On>,
    /// A synchronous call is the current one of its thread.
    entered: Option<Entered>,
}

#[derive(Debug)]
struct On {
    durations: &'static Histogram,
    series: BoundHistogram,
    start: u64,
    outcome: Option<Outcome>,
    error_type: Option<Box<str>>,
    exchange: Option<Exchange>,
}

/// The right to look up the series of a call; generated code spends it after evaluating the values
/// of its labels.
#[derive(Debug)]
pub struct Finder(&'static Site);

/// What a call is measured in.
#[derive(Debug)]
pub struct Series(Option<(&'static Histogram, BoundHistogram)>);

impl Finder {
    /// The series of the site's own labels and these.
    pub fn find(self, captured: &[(&'static str, LabelRef<'_>)]) -> Series {
        let Some(follows) = self.0.follows() else { return Series(None) };
        let constants = self.0.constants();
        let durations = durations(follows.convention, self.0.kind(), constants);
        let constants = constants.get(..follows.labels).unwrap_or(constants);
        Series(Some((durations, durations.with(&Given { constants, captured }))))
    }
}

impl Operation {
    /// Begins a synchronous call.
    #[inline(always)]
    pub fn enter(site: &'static Site, find: impl FnOnce(Finder) -> Series) -> Self {
        let mut operation = Self::begin(site, find);
        operation.entered = operation.exchange().map(Exchange::enter);
        operation
    }

    /// Begins a call that is polled.
    #[inline(always)]
    pub fn begin(site: &'static Site, find: impl FnOnce(Finder) -> Series) -> Self {
        let word = site.word();
        if word & site::MEASURED == 0 || site.settle(word) & site::MEASURED == 0 {
            return Self { on: None, entered: None };
        }
        Self::begin_in(site, find(Finder(site)).0)
    }

    #[inline(never)]
    fn begin_in(site: &'static Site, series: Option<(&'static Histogram, BoundHistogram)>) -> Self {
        let is_exchange = site.follows().is_some_and(|by| by.convention == Convention::Genai);
        let on = series.map(|(durations, series)| {
            let start = time::ticks();
            let exchange = is_exchange.then(|| Exchange::new(start, series.labels()));
            On { durations, series, start, outcome: None, error_type: None, exchange }
        });
        Self { on, entered: None }
    }

    /// Where the outcome is noted, if anybody wants to know.
    #[inline(always)]
    pub fn ending(&mut self) -> Option<Ending<'_>> {
        let on = self.on.as_mut()?;
        Some(Ending::new(0, 0, None, &mut on.outcome).noting(&mut on.error_type))
    }

    /// The call has returned.
    #[inline(always)]
    pub fn finish(&mut self) {
        if self.on.is_some() {
            self.end(Outcome::Ok);
        }
    }

    #[inline(never)]
    fn end(&mut self, otherwise: Outcome) {
        drop(self.entered.take());
        let Some(on) = self.on.take() else { return };
        let nanos = time::nanos_between(on.start, time::ticks());
        let outcome = on.outcome.unwrap_or(otherwise);
        let error_type = match outcome {
            Outcome::Ok => None,
            Outcome::Error => Some(on.error_type.as_deref().unwrap_or("_OTHER")),
            outcome => Some(outcome.as_str()),
        };
        on.exchange.iter().for_each(Exchange::ended);
        let model = on.exchange.as_ref().and_then(Exchange::model);
        let series = match (error_type, &model) {
            (None, None) => on.series,
            (error_type, model) => on.durations.with(&More {
                known: on.series.labels(),
                more: [("error.type", error_type), ("gen_ai.response.model", model.as_deref())],
            }),
        };
        series.record(Duration::from_nanos(nanos));
    }

    fn exchange(&self) -> Option<&Exchange> {
        self.on.as_ref()?.exchange.as_ref()
    }
}

impl Drop for Operation {
    #[inline(always)]
    fn drop(&mut self) {
        if self.on.is_some() {
            self.end(Outcome::Panicked);
        }
    }
}

/// Measures a call of a database that is over and was told of by its library.
#[cfg(feature = "tracing")]
pub(crate) fn db_call_ended(elapsed: Duration, labels: &[(&'static str, LabelRef<'_>)]) {
    convention::DB.with(labels).record(elapsed);
}
