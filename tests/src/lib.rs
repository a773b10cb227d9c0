//! Tests that need the finished crates: interplay, compile errors, hostile crates, real counterparts.

pub mod counterparts;
pub mod databases;
pub mod prometheus;
pub mod tracker;

/// The guides, whose examples are doctests too.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../docs/migrating-from-fastrace.md")]
    struct Fastrace;
    #[doc = include_str!("../../docs/migrating-from-tracing.md")]
    struct Tracing;
    #[doc = include_str!("../../docs/migrating-from-tracing-opentelemetry.md")]
    struct TracingOpentelemetry;
}

/// The pages of the attributes; their examples are doctests of this package, which has the runtime.
#[cfg(doctest)]
mod attributes {
    #[doc = include_str!("../../macros/docs/bulkhead.md")]
    struct Bulkhead;
    #[doc = include_str!("../../macros/docs/chaos.md")]
    struct Chaos;
    #[doc = include_str!("../../macros/docs/circuit_breaker.md")]
    struct CircuitBreaker;
    #[doc = include_str!("../../macros/docs/classify.md")]
    struct Classify;
    #[doc = include_str!("../../macros/docs/counted.md")]
    struct Counted;
    #[doc = include_str!("../../macros/docs/fallback.md")]
    struct Fallback;
    #[doc = include_str!("../../macros/docs/hedge.md")]
    struct Hedge;
    #[doc = include_str!("../../macros/docs/instrument.md")]
    struct Instrument;
    #[doc = include_str!("../../macros/docs/policy.md")]
    struct Policy;
    #[doc = include_str!("../../macros/docs/rate_limit.md")]
    struct RateLimit;
    #[doc = include_str!("../../macros/docs/resilient.md")]
    struct Resilient;
    #[doc = include_str!("../../macros/docs/retry.md")]
    struct Retry;
    #[doc = include_str!("../../macros/docs/span.md")]
    struct Span;
    #[doc = include_str!("../../macros/docs/test.md")]
    struct Test;
    #[doc = include_str!("../../macros/docs/timeout.md")]
    struct Timeout;
    #[doc = include_str!("../../macros/docs/traced.md")]
    struct Traced;
}
