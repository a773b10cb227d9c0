//! Where events go and what of them: what a user says, and what is left of it once it is checked.

use std::{fmt, sync::Arc};

use sentry_core::{protocol::Event, types::Dsn};

use super::personal::Shown;

/// Tracks errors with Sentry, as configured in code; see [the module](super).
///
/// What is not said here is taken from `SENTRY_DSN`, `SENTRY_ENVIRONMENT`, `SENTRY_RELEASE` and
/// `SENTRY_SAMPLE_RATE`.
///
/// ```no_run
/// use spandrel::sentry::Sentry;
///
/// # fn main() -> Result<(), spandrel::Error> {
/// let sentry = Sentry::new().sample_rate(0.5).before_send(|mut event| {
///     event.server_name = None;
///     Some(event)
/// });
/// let telemetry = spandrel::builder!().sentry(sentry).init()?;
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Sentry {
    pub(crate) dsn: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) release: Option<String>,
    pub(crate) sample_rate: Option<f32>,
    pub(crate) shows: Shown,
    pub(crate) backtraces: bool,
    pub(crate) failed_statuses: Statuses,
    pub(crate) before_send: Option<BeforeSend>,
}

pub(super) type BeforeSend = Arc<dyn Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync>;

/// Which answers of a server count as failed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) enum Statuses {
    #[default]
    ServerErrors,
    These(Arc<[u16]>),
}

impl Statuses {
    pub(super) fn has(&self, status: i64) -> bool {
        match self {
            Self::ServerErrors => (500..600).contains(&status),
            Self::These(these) => these.iter().any(|one| i64::from(*one) == status),
        }
    }
}

impl Sentry {
    /// All events, with backtraces, to where `SENTRY_DSN` says.
    #[must_use]
    pub fn new() -> Self {
        Self {
            dsn: None,
            environment: None,
            release: None,
            sample_rate: None,
            shows: Shown::default(),
            backtraces: true,
            failed_statuses: Statuses::ServerErrors,
            before_send: None,
        }
    }

    /// The address and key of the project.
    #[must_use]
    pub fn dsn(mut self, dsn: &str) -> Self {
        self.dsn = Some(dsn.to_owned());
        self
    }

    /// The environment of events; by default `deployment.environment.name` of the resource.
    #[must_use]
    pub fn environment(mut self, environment: &str) -> Self {
        self.environment = Some(environment.to_owned());
        self
    }

    /// The release of events; by default `name@version` of the service.
    #[must_use]
    pub fn release(mut self, release: &str) -> Self {
        self.release = Some(release.to_owned());
        self
    }

    /// The part of the events that is sent, from 0 to 1; the sampler of traces has no say in it.
    #[must_use]
    pub fn sample_rate(mut self, rate: f32) -> Self {
        self.sample_rate = Some(rate);
        self
    }

    /// Whether all attributes of a span are sent, and not only those that are about no person.
    ///
    /// By default the [module](crate::sentry) says which ones are.
    #[must_use]
    pub fn personal_data(mut self, is_sent: bool) -> Self {
        self.shows.all = is_sent;
        self
    }

    /// Sends attributes of these names, too: captured arguments, for example.
    ///
    /// ```
    /// let sentry = spandrel::sentry::Sentry::new().attributes(&["order.id", "attempt"]);
    /// # drop(sentry);
    /// ```
    #[must_use]
    pub fn attributes(mut self, names: &[&str]) -> Self {
        self.shows.named = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Whether an error is sent with a backtrace (default); a panic always is.
    ///
    /// One costs the failing function some microseconds.
    #[must_use]
    pub fn backtraces(mut self, are_taken: bool) -> Self {
        self.backtraces = are_taken;
        self
    }

    /// The statuses of a server's answers that count as failed; by default 500 to 599.
    #[must_use]
    pub fn failed_statuses(mut self, statuses: &[u16]) -> Self {
        self.failed_statuses = Statuses::These(statuses.into());
        self
    }

    /// Looks at each event before it is sent, and may change or drop it.
    ///
    /// Called on the thread that sends; an event during which it panics is dropped.
    #[must_use]
    pub fn before_send(
        mut self,
        look: impl Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static,
    ) -> Self {
        self.before_send = Some(Arc::new(look));
        self
    }

    /// Checks everything; `None` if there is no DSN.
    pub(crate) fn check(self) -> Result<Option<Checked>, InvalidSentry> {
        let rate = self.sample_rate.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&rate) {
            return Err(InvalidSentry(format!(
                "`{rate}` is no sample rate for Sentry; write a number from 0 to 1"
            )));
        }
        let Some(dsn) = self.dsn.as_deref().map(str::trim).filter(|dsn| !dsn.is_empty()) else {
            return Ok(None);
        };
        // The text may hold a secret key: it is not repeated.
        let dsn = dsn.parse::<Dsn>().map_err(|error| {
            InvalidSentry(format!(
                "the DSN for Sentry is not understood ({error}); write `https://KEY@HOST/PROJECT`"
            ))
        })?;
        Ok(Some(Checked { dsn, rate, settings: self }))
    }
}

impl Default for Sentry {
    fn default() -> Self {
        Self::new()
    }
}

/// What was said, checked.
#[derive(Clone)]
pub(crate) struct Checked {
    pub(super) dsn: Dsn,
    pub(super) rate: f32,
    pub(super) settings: Sentry,
}

impl Checked {
    pub(crate) fn takes_backtraces(&self) -> bool {
        self.settings.backtraces
    }
}

/// Why the settings for Sentry cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSentry(String);

impl fmt::Display for InvalidSentry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidSentry {}

/// Shows no key.
impl fmt::Debug for Sentry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sentry")
            .field("environment", &self.environment)
            .field("release", &self.release)
            .field("sample_rate", &self.sample_rate)
            .finish_non_exhaustive()
    }
}
