//! Tail bias: which traces are kept although the sampler said no.

use std::time::Duration;

use super::{Code, Setting};
use crate::{
    init::env::{Reader, Rejected, parse, table},
    trace::TailBias,
};

/// What tail bias looks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tail {
    pub(crate) errors: Setting<bool>,
    pub(crate) slower_than: Setting<Option<Duration>>,
}

impl Tail {
    pub(super) fn read(reader: &mut Reader<'_>, code: &Code) -> Self {
        let errors = reader.boolean(table::KEEP_ERRORS);
        let slower_than = reader.read(table::KEEP_SLOW, |text| {
            parse::time(text).map(Some).ok_or_else(Rejected::not_understood)
        });
        Self {
            errors: Setting::pick(code.tail_bias.map(TailBias::keeps_errors), errors, false),
            slower_than: Setting::pick(code.tail_bias.map(TailBias::threshold), slower_than, None),
        }
    }

    /// `None` if nothing is kept.
    pub(crate) fn bias(&self) -> Option<TailBias> {
        TailBias::new(self.errors.value, self.slower_than.value)
    }
}
