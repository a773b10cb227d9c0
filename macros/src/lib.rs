//! The attribute macros of Spandrel.
//!
//! Use them through the `spandrel` crate, which re-exports them beside the runtime they call.
//!
//! # How an expansion comes to be
//!
//! ```text
//! parse       what stands there: a function, a block, its attributes       (no `quote!`)
//!   └ args    options, each with the type it has
//! attributes  what each attribute makes of its options: one file each
//! plan        what is to be generated, decided once: the printers ask nothing
//! expand      the plan as tokens                                           (no `syn::parse`)
//! ```
//!
//! Whichever of our attributes the compiler expands first gathers its siblings, and one function
//! comes out: the order in which they are written carries no meaning.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod args;
mod engine;
mod errors;
mod expand;
mod parse;
mod plan;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use crate::engine::Entry;

/// The table of attributes: a name, the type in the file of that name, its place from the outside.
macro_rules! attributes {
    ($($name:ident: $type:ident, rank $rank:literal;)*) => {
        mod attributes {
            $(pub(crate) mod $name;)*
        }

        pub(crate) const TABLE: &[Entry] =
            &[$(Entry::new::<attributes::$name::$type>(stringify!($name), $rank)),*];

        $(
            #[doc = include_str!(concat!("../docs/", stringify!($name), ".md"))]
            #[proc_macro_attribute]
            pub fn $name(args: TokenStream, item: TokenStream) -> TokenStream {
                engine::attribute(stringify!($name), args.into(), item.into()).into()
            }
        )*
    };
}

attributes! {
    traced: Traced, rank 10;
    instrument: Instrument, rank 10;
    timed: Timed, rank 20;
    counted: Counted, rank 30;
    resilient: Resilient, rank 40;
    fallback: Fallback, rank 50;
    timeout: Timeout, rank 60;
    retry: Retry, rank 70;
    hedge: Hedge, rank 80;
    circuit_breaker: CircuitBreaker, rank 90;
    rate_limit: RateLimit, rank 100;
    bulkhead: Bulkhead, rank 110;
    chaos: Chaos, rank 120;
    scripted: Scripted, rank 130;
}

#[doc = include_str!("../docs/span.md")]
#[proc_macro]
pub fn span(input: TokenStream) -> TokenStream {
    engine::span(input.into()).into()
}

#[doc = include_str!("../docs/test.md")]
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    engine::test(args.into(), &item.into()).into()
}

#[doc = include_str!("../docs/policy.md")]
#[proc_macro]
pub fn policy(input: TokenStream) -> TokenStream {
    engine::policy(input.into()).into()
}

#[doc = include_str!("../docs/classify.md")]
#[proc_macro_derive(Classify, attributes(classify))]
pub fn classify(item: TokenStream) -> TokenStream {
    engine::classify(item.into()).into()
}

#[doc = include_str!("../docs/labels.md")]
#[proc_macro_derive(Labels, attributes(label, labels))]
pub fn labels(item: TokenStream) -> TokenStream {
    engine::labels(item.into()).into()
}

#[doc = include_str!("../docs/label_value.md")]
#[proc_macro_derive(LabelValue, attributes(label, labels))]
pub fn label_value(item: TokenStream) -> TokenStream {
    engine::label_value(item.into()).into()
}
