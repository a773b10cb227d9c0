//! From what is said about error tracking to what watches.

use std::sync::Arc;

use super::{config::Settings, exit, logs::Outputs, sinks::Chosen};
use crate::{
    diag,
    error::Error,
    export::sentry::{self, Checked, Crumbs, Sentry, SentrySink},
    trace::failure,
};

/// Error tracking that was chosen.
pub(super) struct Tracking {
    checked: Checked,
    pub(super) sink: Chosen,
}

impl Tracking {
    /// `None`: there is no DSN, so nothing is sent.
    pub(super) fn new(
        code: Option<Sentry>,
        settings: &Settings,
        logs: &mut Outputs,
    ) -> Result<Option<Self>, Error> {
        let is_in_code = code.is_some();
        let said = settings.sentry.beside(code.unwrap_or_default());
        let checked = match said.check() {
            Ok(checked) => checked,
            Err(error) if is_in_code => return Err(Error::configuration(error)),
            // The variables are those of other programs, too.
            Err(error) => {
                diag::warn(format_args!("{error}; no error is tracked"));
                return Ok(None);
            }
        };
        let Some(checked) = checked else {
            // Whoever has only compiled it in, perhaps through another crate, hears nothing.
            if is_in_code || settings.sentry.is_wanted() {
                diag::info(format_args!(
                    "no error is tracked with Sentry: `SENTRY_DSN` is not set"
                ));
            }
            return Ok(None);
        };
        if !settings.enabled.value {
            return Ok(None);
        }
        let crumbs = Crumbs::new();
        logs.crumbs = Some(crumbs.clone());
        let (resource, own) = (settings.resource.clone(), checked.clone());
        let make = move |bytes, stats: Arc<_>| {
            let sink = SentrySink::new(&own, &resource, crumbs.clone(), bytes, stats);
            Some(Box::new(sink) as Box<dyn crate::trace::drain::Sink>)
        };
        Ok(Some(Self { checked, sink: Chosen::new("sentry", Box::new(make)) }))
    }

    /// Failures are noted from now on.
    pub(super) fn begin(checked: &Checked) {
        failure::watch(checked.takes_backtraces());
        sentry::watch_panics(exit::flush_in_panic);
    }

    pub(super) fn into_parts(self) -> (Checked, Chosen) {
        (self.checked, self.sink)
    }
}
