//! Error tracking: what the environment says about it.

use super::{Features, Setting};
use crate::{
    init::env::{Reader, Rejected, table},
    sensitive::Sensitive,
};

/// What is said about Sentry outside of code.
#[derive(Debug)]
pub(crate) struct Sentry {
    /// `None`: nothing is sent.
    pub(crate) dsn: Setting<Option<Sensitive<String>>>,
    pub(crate) environment: Setting<Option<String>>,
    pub(crate) release: Setting<Option<String>>,
    pub(crate) sample_rate: Setting<Option<f32>>,
}

impl Sentry {
    pub(super) fn read(reader: &mut Reader<'_>, features: Features) -> Self {
        let dsn = reader.read(table::SENTRY_DSN, |text| Ok(Some(Sensitive::new(text.to_owned()))));
        if dsn.is_some() && !features.sentry {
            reader.inform(format!(
                "`{}` has no effect: the feature `sentry` is not compiled in",
                table::SENTRY_DSN.name
            ));
        }
        let mut text = |variable| reader.read(variable, |text| Ok(Some(text.to_owned())));
        let (environment, release) = (text(table::SENTRY_ENVIRONMENT), text(table::SENTRY_RELEASE));
        let sample_rate = reader.read(table::SENTRY_SAMPLE_RATE, |text| {
            let rate = text.parse::<f32>().ok().filter(|rate| (0.0..=1.0).contains(rate));
            rate.map(Some).ok_or_else(|| {
                Rejected::because("is no rate").instead("a number from 0 to 1, such as `0.25`")
            })
        });
        Self {
            dsn: Setting::pick(None, dsn, None),
            environment: Setting::pick(None, environment, None),
            release: Setting::pick(None, release, None),
            sample_rate: Setting::pick(None, sample_rate, None),
        }
    }

    /// Something is said, though perhaps not where to.
    #[cfg(feature = "sentry")]
    pub(crate) fn is_wanted(&self) -> bool {
        self.environment.value.is_some()
            || self.release.value.is_some()
            || self.sample_rate.value.is_some()
    }

    /// What the program says, with what else is known.
    #[cfg(feature = "sentry")]
    pub(crate) fn beside(
        &self,
        code: crate::export::sentry::Sentry,
    ) -> crate::export::sentry::Sentry {
        let dsn = self.dsn.value.as_ref().map(|dsn| dsn.expose().clone());
        crate::export::sentry::Sentry {
            dsn: code.dsn.clone().or(dsn),
            environment: code.environment.clone().or_else(|| self.environment.value.clone()),
            release: code.release.clone().or_else(|| self.release.value.clone()),
            sample_rate: code.sample_rate.or(self.sample_rate.value),
            ..code
        }
    }
}
