//! The metrics of the semantic conventions: requests served and sent, and their objectives.

use std::sync::{
    PoisonError, RwLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::metrics::{Counter, Gauge, Histogram, LabelRef};

const SCOPE: &str = "spandrel::http";

/// Those that the conventions advise, in seconds.
const SECONDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

static SERVED: Histogram =
    Histogram::new("http.server.request.duration", "Duration of HTTP server requests")
        .unit("s")
        .scope(SCOPE)
        .bounds(SECONDS);

static GOOD: Counter = Counter::new("http.server.slo.good", "Requests that met an objective")
    .unit("{request}")
    .scope(SCOPE);

static TARGET: Gauge =
    Gauge::new("http.server.slo.target", "Share of requests that shall meet an objective")
        .unit("1")
        .scope(SCOPE);

/// A request that was served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Served {
    pub(super) method: &'static str,
    /// Empty: none.
    pub(super) route: &'static str,
    /// Empty: unknown.
    pub(super) scheme: &'static str,
    /// 0: it never came to one.
    pub(super) status: u16,
    /// Empty: it did not fail.
    pub(super) error_type: &'static str,
    pub(super) seconds: f64,
}

impl Served {
    pub(super) fn record(&self) {
        SERVED.with(&self.labels()).record(self.seconds);
        judge(self.route, self.error_type, self.seconds);
    }

    fn labels(&self) -> impl crate::metrics::Labels {
        (
            ("http.request.method", self.method),
            (
                ("url.scheme", some(self.scheme)),
                (
                    ("http.route", some(self.route)),
                    (
                        ("http.response.status_code", some_status(self.status)),
                        ("error.type", some(self.error_type)),
                    ),
                ),
            ),
        )
    }
}

/// Counts a request, or a call of a procedure, where it met an objective.
fn judge(route: &str, error_type: &str, seconds: f64) {
    if !HAS_OBJECTIVES.load(Relaxed) || route.is_empty() {
        return;
    }
    let objectives = OBJECTIVES.read().unwrap_or_else(PoisonError::into_inner);
    for objective in objectives.iter().filter(|known| known.route == route) {
        if error_type.is_empty() && seconds <= objective.seconds {
            GOOD.with(&objective.labels()).add(1);
        }
    }
}

/// What the requests of a route shall achieve.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Objective {
    pub(super) route: String,
    pub(super) seconds: f64,
    pub(super) target: f64,
}

static OBJECTIVES: RwLock<Vec<Objective>> = RwLock::new(Vec::new());
static HAS_OBJECTIVES: AtomicBool = AtomicBool::new(false);

impl Objective {
    /// From now on requests are judged by it.
    pub(super) fn establish(self) {
        TARGET.with(&self.labels()).set(self.target);
        // The good ones are there from the beginning, at 0.
        GOOD.with(&self.labels()).add(0);
        let mut objectives = OBJECTIVES.write().unwrap_or_else(PoisonError::into_inner);
        objectives.retain(|known| known.route != self.route || known.seconds != self.seconds);
        objectives.push(self);
        HAS_OBJECTIVES.store(true, Relaxed);
    }

    fn labels(&self) -> impl crate::metrics::Labels {
        let key = if Self::is_of_procedure(&self.route) { "rpc.method" } else { "http.route" };
        (
            (key, self.route.as_str()),
            (("slo", LabelRef::from("latency")), ("slo.threshold", LabelRef::of_f64(self.seconds))),
        )
    }

    /// Paths begin with a slash, and procedures have one between service and method.
    pub(super) fn is_of_procedure(route: &str) -> bool {
        !route.starts_with('/') && route.contains('/')
    }
}

fn some(text: &'static str) -> Option<&'static str> {
    (!text.is_empty()).then_some(text)
}

fn some_status(status: u16) -> Option<u16> {
    (status > 0).then_some(status)
}

#[cfg(feature = "tower")]
mod layers {
    use std::sync::OnceLock;

    use super::{SCOPE, SECONDS, Served, judge, some};
    use crate::metrics::{BoundHistogram, BoundUpDownCounter, Histogram, UpDownCounter};

    /// Bounds of ours: those that follow the largest value, one stranger could move for all routes.
    const BYTES: &[f64] = &[
        0.0,
        64.0,
        256.0,
        1_024.0,
        4_096.0,
        16_384.0,
        65_536.0,
        262_144.0,
        1_048_576.0,
        4_194_304.0,
        16_777_216.0,
        67_108_864.0,
        268_435_456.0,
        1_073_741_824.0,
    ];

    static ACTIVE: UpDownCounter =
        UpDownCounter::new("http.server.active_requests", "Requests that are being served")
            .unit("{request}")
            .scope(SCOPE);

    static REQUEST_SIZE: Histogram =
        Histogram::new("http.server.request.body.size", "Size of HTTP server request bodies")
            .unit("By")
            .scope(SCOPE)
            .bounds(BYTES);

    static RESPONSE_SIZE: Histogram =
        Histogram::new("http.server.response.body.size", "Size of HTTP server response bodies")
            .unit("By")
            .scope(SCOPE)
            .bounds(BYTES);

    static CALLED: Histogram =
        Histogram::new("rpc.server.call.duration", "Duration of incoming remote procedure calls")
            .unit("s")
            .scope(SCOPE)
            .bounds(SECONDS);

    impl Served {
        /// The same with the sizes of its bodies, where they are known.
        pub(in crate::http) fn record_all(
            &self,
            found: &Found,
            request: Option<u64>,
            response: u64,
        ) {
            let series = found.of(self);
            series.durations.record(self.seconds);
            series.response_sizes.record(response);
            if let Some(bytes) = request {
                REQUEST_SIZE.with(&self.labels()).record(bytes);
            }
            judge(self.route, self.error_type, self.seconds);
        }
    }

    /// The series of a route, which need not be looked up for each request.
    #[derive(Debug)]
    pub(in crate::http) struct Found {
        ended: [OnceLock<Series>; FOUND],
        /// By scheme, of which a server mostly has one.
        active: OnceLock<(&'static str, BoundUpDownCounter)>,
    }

    /// A route answers in few ways; what is rarer is looked up.
    const FOUND: usize = 4;

    #[derive(Clone, Copy, Debug)]
    struct Series {
        scheme: &'static str,
        status: u16,
        error_type: &'static str,
        durations: BoundHistogram,
        response_sizes: BoundHistogram,
    }

    impl Found {
        pub(in crate::http) const fn new() -> Self {
            Self { ended: [const { OnceLock::new() }; FOUND], active: OnceLock::new() }
        }

        /// Where the requests of the route's method that are being served are counted.
        pub(in crate::http) fn active(
            &self,
            method: &'static str,
            scheme: &'static str,
        ) -> BoundUpDownCounter {
            let (known, series) = self.active.get_or_init(|| (scheme, active(method, scheme)));
            if *known == scheme { *series } else { active(method, scheme) }
        }

        fn of(&self, served: &Served) -> Series {
            for slot in &self.ended {
                let series = slot.get_or_init(|| Series::of(served));
                if series.is_of(served) {
                    return *series;
                }
            }
            Series::of(served)
        }
    }

    impl Series {
        #[cold]
        fn of(served: &Served) -> Self {
            let labels = served.labels();
            Self {
                scheme: served.scheme,
                status: served.status,
                error_type: served.error_type,
                durations: super::SERVED.with(&labels),
                response_sizes: RESPONSE_SIZE.with(&labels),
            }
        }

        fn is_of(&self, served: &Served) -> bool {
            self.status == served.status
                && self.scheme == served.scheme
                && self.error_type == served.error_type
        }
    }

    #[cold]
    fn active(method: &'static str, scheme: &'static str) -> BoundUpDownCounter {
        ACTIVE.with(&(("http.request.method", method), ("url.scheme", scheme)))
    }

    /// A remote procedure was called.
    pub(in crate::http) fn called(
        method: &str,
        status: Option<&'static str>,
        error_type: &'static str,
        seconds: f64,
    ) {
        let labels = (
            ("rpc.system.name", "grpc"),
            (
                ("rpc.method", method),
                (("rpc.response.status_code", status), ("error.type", some(error_type))),
            ),
        );
        CALLED.with(&labels).record(seconds);
        judge(method, error_type, seconds);
    }
}
#[cfg(any(feature = "tower", feature = "reqwest"))]
mod sending {
    use super::{SCOPE, SECONDS, some, some_status};
    use crate::metrics::Histogram;

    static SENT: Histogram =
        Histogram::new("http.client.request.duration", "Duration of HTTP client requests")
            .unit("s")
            .scope(SCOPE)
            .bounds(SECONDS);

    static CALLED: Histogram =
        Histogram::new("rpc.client.call.duration", "Duration of outgoing remote procedure calls")
            .unit("s")
            .scope(SCOPE)
            .bounds(SECONDS);

    /// A request that was sent.
    #[derive(Clone, Copy, Debug)]
    pub(in crate::http) struct Sent<'a> {
        pub(in crate::http) method: &'static str,
        /// Of the path, if the program has named it; of a remote procedure, its name.
        pub(in crate::http) template: Option<&'a str>,
        pub(in crate::http) host: Option<&'a str>,
        pub(in crate::http) port: Option<u16>,
        /// 0: none came.
        pub(in crate::http) status: u16,
        pub(in crate::http) error_type: &'static str,
        pub(in crate::http) seconds: f64,
    }

    impl Sent<'_> {
        pub(in crate::http) fn record(&self) {
            let ended = (
                ("http.response.status_code", some_status(self.status)),
                ("error.type", some(self.error_type)),
            );
            let server = (("server.address", self.host), (("server.port", self.port), ended));
            let labels =
                (("http.request.method", self.method), (("url.template", self.template), server));
            SENT.with(&labels).record(self.seconds);
        }

        pub(in crate::http) fn record_call(&self, status: Option<&'static str>) {
            let ended =
                (("rpc.response.status_code", status), ("error.type", some(self.error_type)));
            let server = (("server.address", self.host), (("server.port", self.port), ended));
            let labels = (("rpc.system.name", "grpc"), (("rpc.method", self.template), server));
            CALLED.with(&labels).record(self.seconds);
        }
    }
}
#[cfg(any(feature = "tower", feature = "reqwest"))]
pub(super) use sending::Sent;

#[cfg(feature = "tower")]
pub(super) use layers::{Found, called};
