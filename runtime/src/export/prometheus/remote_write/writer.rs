//! Reads from time to time, keeps what cannot be sent yet, and sends in order.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use ureq::{
    http::{HeaderName, HeaderValue, header},
    tls::TlsConfig,
};

use super::{
    config::{Choice, Settings, Version},
    request::{Request, Requests},
    series,
};
use crate::{
    diag,
    export::{
        Compression,
        delivery::{
            self, Dialect, Http, Post, Sender, Target as Receiver, Terms, Verdict, shown_text,
        },
        prometheus::{Exposition, Names, Target},
        stats::Stats,
        trouble::Trouble,
        worker::{Deliver, Delivery, Pace, Payload},
    },
    metrics::{self, data::Snapshot},
    time,
    trace::loss::LossReason,
};

/// The most bytes that wait for a receiver; the oldest are dropped first.
const MOST_WAITING_BYTES: usize = 4 * 1024 * 1024;

/// What a receiver of version 2 says, and one of version 1 does not.
const CONFIRMATION: &str = "x-prometheus-remote-write-samples-written";

static VERSION_1: Dialect =
    Dialect { media_type: "application/x-protobuf", confirmed_by: None, ..DIALECT };
static VERSION_2: Dialect = Dialect {
    media_type: "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    confirmed_by: Some(CONFIRMATION),
    ..DIALECT
};
const DIALECT: Dialect = Dialect {
    media_type: "",
    user_agent: concat!("Spandrel/", env!("CARGO_PKG_VERSION")),
    partial_success: |_| (0, String::new()),
    refusal: shown_text,
    hint: |status| match status {
        404 | 405 => Some("the endpoint needs its path, `/api/v1/write` for Prometheus"),
        _ => None,
    },
    may_pass: |status| status == 429 || status >= 500,
    confirmed_by: None,
};

/// Reads, keeps and sends.
pub(super) struct Writer<P> {
    collect: Box<dyn Fn() -> Snapshot + Send>,
    exposition: Exposition,
    has_native: bool,
    one: Sender<P>,
    two: Sender<P>,
    /// The version that is spoken, once that is known.
    settled: Option<Version>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    interval: Duration,
    timeout: Duration,
    /// When to read.
    next: Instant,
    down: Option<Down>,
    trouble: Trouble,
    stats: Arc<Stats>,
}

/// A request that was not taken yet, in the versions that it may be sent in.
struct Waiting {
    one: Option<Request>,
    two: Option<Request>,
}

/// The receiver has no time, or cannot be reached.
struct Down {
    attempts: u32,
    /// Nothing is tried before.
    until: Instant,
}

impl Writer<Http> {
    pub(super) fn over_http(settings: &Settings, target: Target, stats: Arc<Stats>) -> Self {
        let http = |dialect: &'static Dialect, version: &'static str| {
            let mut headers = settings.headers.clone();
            headers.push((header::CONTENT_ENCODING, HeaderValue::from_static("snappy")));
            let name = HeaderName::from_static("x-prometheus-remote-write-version");
            headers.push((name, HeaderValue::from_static(version)));
            let (url, tls) = (settings.url.clone(), TlsConfig::default());
            Http::new(Receiver { url, headers, tls, dialect })
        };
        let posts = (http(&VERSION_1, "0.1.0"), http(&VERSION_2, "2.0.0"));
        Self::new(settings, Box::new(metrics::collect), target, posts, stats)
    }
}

impl<P: Post> Writer<P> {
    pub(super) fn new(
        settings: &Settings,
        collect: Box<dyn Fn() -> Snapshot + Send>,
        target: Target,
        (one, two): (P, P),
        stats: Arc<Stats>,
    ) -> Self {
        let terms = Terms {
            to: delivery::shown(&settings.url),
            items: "samples",
            timeout: settings.timeout,
            first_wait: Terms::FIRST_WAIT,
            compression: Compression::None,
        };
        Self {
            collect,
            exposition: Exposition::new(target, Names::Underscores),
            has_native: settings.has_native_histograms,
            one: Sender::new(one, terms.clone()),
            two: Sender::new(two, terms),
            settled: match settings.version {
                Choice::Auto => None,
                Choice::Only(version) => Some(version),
            },
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            interval: settings.interval,
            timeout: settings.timeout,
            next: time::now() + settings.interval,
            down: None,
            trouble: Trouble::of("samples"),
            stats,
        }
    }

    /// Reads all metrics, and puts them behind what waits.
    fn read(&mut self, pace: &dyn Pace) {
        self.next = pace.now() + self.interval;
        let snapshot = (self.collect)();
        let may_be = |version| self.settled.is_none_or(|settled| settled == version);
        let requests =
            |version| may_be(version).then(|| Requests::new(version, snapshot.unix_nanos));
        let (mut one, mut two) = (requests(Version::One), requests(Version::Two));
        self.exposition.families(&snapshot, Names::Underscores, |families| {
            series::each(families, self.exposition.target(), self.has_native, &mut |sample| {
                one.iter_mut().for_each(|requests| requests.push(sample));
                two.iter_mut().for_each(|requests| requests.push(sample));
            });
        });
        let some = |requests: Option<Requests>| {
            requests.map_or_else(Vec::new, Requests::finish).into_iter().map(Some).collect()
        };
        let (mut one, mut two): (Vec<_>, Vec<_>) = (some(one), some(two));
        let most = one.len().max(two.len());
        one.resize(most, None);
        two.resize(most, None);
        for (one, two) in one.into_iter().zip(two) {
            let waiting = Waiting { one, two };
            self.waiting_bytes += waiting.bytes();
            self.waiting.push_back(waiting);
        }
        while self.waiting_bytes > MOST_WAITING_BYTES
            && let Some(oldest) = self.forget_first()
        {
            self.stats.add_lost(LossReason::QueueFull, oldest.samples().into());
        }
        self.publish_depth();
    }

    /// Sends what waits, until all is gone or something has to be tried again.
    fn send(&mut self, pace: &dyn Pace) {
        while let Some(first) = self.waiting.front() {
            let (samples, began) = (first.samples(), pace.now());
            let verdict = self.try_first(pace);
            self.stats.add_export(pace.now().saturating_duration_since(began));
            match verdict {
                Verdict::Accepted { .. } => {
                    self.stats.add_exported(samples.into());
                    self.trouble.worked(self.one.to(), samples);
                    self.came_up();
                    self.forget_first();
                }
                Verdict::Fatal { why } => {
                    self.stats.add_lost(LossReason::ExportFailed, samples.into());
                    self.trouble.failed(self.one.to(), samples, &why);
                    self.down = None;
                    self.forget_first();
                }
                Verdict::Retry { why, after } => {
                    self.went_down(&why, after, pace);
                    break;
                }
            }
        }
        self.publish_depth();
    }

    /// Sends the first request; where it is not known which version is spoken, as the one, and if
    /// that does not work, as the other.
    fn try_first(&mut self, pace: &dyn Pace) -> Verdict {
        let left = pace.deadline().map(|end| end.saturating_duration_since(pace.now()));
        let within = left.map_or(self.timeout, |left| left.min(self.timeout));
        let Some(Waiting { one, two }) = self.waiting.front() else {
            return Verdict::Accepted { rejected: 0, note: String::new() };
        };
        if within.is_zero() {
            return Verdict::Retry {
                why: "the time for shutting down was over".into(),
                after: None,
            };
        }
        let mut refused = None;
        if let Some(two) = two {
            match self.two.try_once(&two.body, within, pace) {
                Verdict::Fatal { why } if self.settled.is_none() => {
                    diag::debug(format_args!("{} speaks no version 2: {why}", self.two.to()));
                    refused = Some(why);
                }
                verdict => {
                    if matches!(verdict, Verdict::Accepted { .. }) {
                        self.settled = Some(Version::Two);
                    }
                    return verdict;
                }
            }
        }
        let Some(one) = one else {
            // It was read when the other version was spoken, which cannot change.
            return Verdict::Fatal { why: refused.unwrap_or_default() };
        };
        let verdict = self.one.try_once(&one.body, within, pace);
        if matches!(verdict, Verdict::Accepted { .. }) {
            self.settled = Some(Version::One);
        }
        verdict
    }

    fn went_down(&mut self, why: &str, after: Option<Duration>, pace: &dyn Pace) {
        let attempts = self.down.as_ref().map_or(0, |down| down.attempts);
        if attempts == 0 {
            diag::warn(format_args!("{} takes no samples, so they wait: {why}", self.one.to()));
        }
        let until = pace.now() + self.one.wait(attempts, after);
        self.down = Some(Down { attempts: attempts.saturating_add(1), until });
    }

    fn came_up(&mut self) {
        if self.down.take().is_some() {
            diag::warn(format_args!("{} takes samples again", self.one.to()));
        }
        if let Some(settled) = self.settled {
            // What waits need not be kept twice.
            for waiting in &mut self.waiting {
                match settled {
                    Version::One if waiting.one.is_some() => waiting.two = None,
                    Version::Two if waiting.two.is_some() => waiting.one = None,
                    _ => {}
                }
            }
            self.waiting_bytes = self.waiting.iter().map(Waiting::bytes).sum();
        }
    }

    fn forget_first(&mut self) -> Option<Waiting> {
        let first = self.waiting.pop_front()?;
        self.waiting_bytes = self.waiting_bytes.saturating_sub(first.bytes());
        Some(first)
    }

    fn publish_depth(&self) {
        let samples = self.waiting.iter().map(|one| u64::from(one.samples())).sum();
        self.stats.set_queued(samples, self.waiting_bytes as u64);
    }
}

impl Waiting {
    fn bytes(&self) -> usize {
        [&self.one, &self.two].into_iter().flatten().map(|request| request.body.len()).sum()
    }

    fn samples(&self) -> u32 {
        self.one.as_ref().or(self.two.as_ref()).map_or(0, |request| request.samples)
    }
}

impl<P: Post> Deliver<()> for Writer<P> {
    /// Somebody flushes: reads, and sends for as long as there is time.
    fn deliver(&mut self, _payload: &mut Payload<()>, pace: &dyn Pace) -> Delivery {
        self.read(pace);
        let give_up = pace.now() + self.timeout;
        loop {
            self.send(pace);
            let Some(down) = &self.down else { return Delivery::Accepted { rejected: 0 } };
            if down.until >= give_up || !pace.pause_until(down.until) {
                break;
            }
        }
        if pace.deadline().is_some() {
            // Nobody comes back to it.
            let lost: u64 = self.waiting.iter().map(|one| u64::from(one.samples())).sum();
            self.stats.add_lost(LossReason::Shutdown, lost);
            self.waiting.clear();
            self.waiting_bytes = 0;
            self.publish_depth();
        }
        Delivery::Failed
    }

    fn wakes_at(&self) -> Option<Instant> {
        Some(self.down.as_ref().map_or(self.next, |down| down.until.min(self.next)))
    }

    fn idle(&mut self, pace: &dyn Pace) {
        if pace.now() >= self.next {
            self.read(pace);
        }
        if self.down.as_ref().is_none_or(|down| pace.now() >= down.until) {
            self.send(pace);
        }
    }

    fn interrupter(&self) -> Option<Box<dyn FnOnce() + Send>> {
        let (one, two) = (self.one.interrupter(), self.two.interrupter());
        Some(Box::new(move || one.into_iter().chain(two).for_each(|interrupt| interrupt())))
    }
}
