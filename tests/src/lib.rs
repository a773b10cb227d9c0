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
    #[doc = include_str!("../../macros/docs/counted.md")]
    struct Counted;
    #[doc = include_str!("../../macros/docs/instrument.md")]
    struct Instrument;
    #[doc = include_str!("../../macros/docs/span.md")]
    struct Span;
    #[doc = include_str!("../../macros/docs/test.md")]
    struct Test;
    #[doc = include_str!("../../macros/docs/traced.md")]
    struct Traced;
}
