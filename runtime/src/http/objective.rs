//! What requests shall achieve, route by route.

use std::time::Duration;

use super::measure::Objective;
#[cfg(feature = "tower")]
use super::route;

/// Sets an objective for a route, which `http.server.slo.good` and `.target` report about.
///
/// It is about requests that a layer of ours has seen and about those of
/// [`record_request`](crate::http::record_request).
///
/// ```
/// use std::time::Duration;
/// use spandrel::http::{self, Slo};
///
/// http::objective("/orders/{id}", Slo::latency(Duration::from_millis(300)).target(0.99));
/// ```
///
/// A route that does not begin with a slash but has one is a procedure of gRPC; the objective is
/// reported under `rpc.method` then, not `http.route`:
///
/// ```
/// # use std::time::Duration;
/// # use spandrel::http::{self, Slo};
/// http::objective("shop.Orders/Place", Slo::latency(Duration::from_millis(300)));
/// ```
pub fn objective(route: &str, slo: Slo) {
    let (seconds, target) = (slo.latency.as_secs_f64(), slo.target);
    #[cfg(feature = "tower")]
    if Objective::is_of_procedure(route) {
        // The program knows it before anybody has called it.
        route::procedure(route);
    }
    Objective { route: route.to_owned(), seconds, target }.establish();
}

/// What the requests of a route shall achieve: how fast, and how many of them.
///
/// A request is good that did not fail (an error of the server, a panic, a client that gave up) and
/// took no longer.
///
/// ```
/// use std::time::Duration;
/// use spandrel::http::Slo;
///
/// let slo = Slo::latency(Duration::from_millis(300)).target(0.999);
/// # let _ = slo;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slo {
    latency: Duration,
    target: f64,
}

impl Slo {
    /// Requests shall take no longer; 99 % of them, unless told otherwise.
    #[must_use]
    pub const fn latency(latency: Duration) -> Self {
        Self { latency, target: 0.99 }
    }

    /// The share of requests that shall be good.
    ///
    /// # Panics
    /// The share is not between 0 and 1.
    #[must_use]
    pub const fn target(self, target: f64) -> Self {
        assert!(target > 0.0 && target < 1.0, "a target is a share between 0 and 1");
        Self { target, ..self }
    }
}
