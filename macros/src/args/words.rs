//! Closed sets: one of a few words, bare or quoted.

use syn::{Ident, LitStr, ext::IdentExt as _, parse::ParseStream};

use super::{Constant, forms::Assigned, nearest};

/// A word of a closed set.
#[derive(Clone, Debug)]
pub(crate) struct Word<W>(pub(crate) W);

/// The name of an argument; `self` too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) Ident);

impl syn::parse::Parse for Name {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected the name of an argument"));
        }
        input.call(Ident::parse_any).map(Self)
    }
}

/// A closed set of words.
pub(crate) trait Set: Copy + Sized + 'static {
    const WHAT: &'static str;
    const WORDS: &'static [(&'static str, Self)];
}

macro_rules! set {
    ($(#[$meta:meta])* $what:literal: $Set:ident { $($Variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $Set { $($Variant,)* }

        impl Set for $Set {
            const WHAT: &'static str = $what;
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$Variant),)*];
        }

        impl $Set {
            /// The name of the variant, for those the runtime has too.
            #[allow(dead_code, reason = "only some sets have a twin in the runtime")]
            pub(crate) const fn variant(self) -> &'static str {
                match self { $(Self::$Variant => stringify!($Variant),)* }
            }
        }
    };
}

set! {
    /// What a span stands for.
    "span kind": Kind {
        Client = "client",
        Consumer = "consumer",
        Internal = "internal",
        Producer = "producer",
        Server = "server",
    }
}

set! {
    /// How verbose a span is.
    "level": Level {
        Trace = "trace",
        Debug = "debug",
        Info = "info",
        Warn = "warn",
        Error = "error",
    }
}

set! {
    /// How a value that is returned, or an error, is recorded.
    "form": Shown {
        Debug = "Debug",
        Display = "Display",
        None = "none",
    }
}

set! {
    /// What is left of a redacted value.
    "redaction": Redaction {
        Hashed = "hash",
        Length = "len",
        Masked = "mask",
    }
}

set! {
    /// How chance changes a wait.
    "jitter": Jitter {
        Full = "full",
        None = "none",
        Equal = "equal",
        Decorrelated = "decorrelated",
    }
}

set! {
    /// Which policy said no.
    "rejection": Refusal {
        CircuitOpen = "circuit_open",
        Timeout = "timeout",
        BulkheadFull = "bulkhead_full",
        RateLimited = "rate_limited",
        Chaos = "chaos",
    }
}

set! {
    /// What a rejection is that a retry may wait for.
    "rejection": Waitable {
        CircuitOpen = "circuit_open",
        RateLimited = "rate_limited",
        BulkheadFull = "bulkhead_full",
    }
}

impl Refusal {
    /// The constant of the runtime that stands for it.
    pub(crate) fn constant(self) -> Constant {
        let name = match self {
            Self::CircuitOpen => "CIRCUIT_OPEN",
            Self::Timeout => "TIMEOUT",
            Self::BulkheadFull => "BULKHEAD_FULL",
            Self::RateLimited => "RATE_LIMITED",
            Self::Chaos => "CHAOS",
        };
        Constant::Variant("RejectedKinds", name)
    }
}

impl Waitable {
    /// The constant of the runtime that stands for it.
    pub(crate) fn constant(self) -> Constant {
        match self {
            Self::CircuitOpen => Refusal::CircuitOpen.constant(),
            Self::RateLimited => Refusal::RateLimited.constant(),
            Self::BulkheadFull => Refusal::BulkheadFull.constant(),
        }
    }
}

set! {
    /// What a call means to a circuit breaker whose caller did not wait for it.
    "meaning": OnCancel {
        Ignore = "ignore",
        FailureIfSlow = "failure_if_slow",
    }
}

set! {
    /// How a limit finds its height.
    "algorithm": Adaptive {
        Aimd = "aimd",
        Gradient = "gradient",
    }
}

set! {
    /// What a timeout does to a function that cannot be dropped.
    "way": Sync {
        Cooperative = "cooperative",
        Thread = "thread",
    }
}

set! {
    /// Who decides while Redis does not answer.
    "answer": WhileAway {
        Local = "local",
        Open = "open",
        Closed = "closed",
    }
}

impl<W: Set> syn::parse::Parse for Word<W> {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (text, span) = if input.peek(LitStr) {
            let literal = input.parse::<LitStr>()?;
            (literal.value(), literal.span())
        } else if input.peek(Ident::peek_any) {
            let ident = input.call(Ident::parse_any)?;
            (ident.unraw().to_string(), ident.span())
        } else {
            (String::new(), input.span())
        };
        let found = W::WORDS.iter().find(|(word, _)| *word == text);
        match found {
            Some((_, word)) => Ok(Self(*word)),
            None => {
                let words: Vec<_> = W::WORDS.iter().map(|(word, _)| *word).collect();
                Err(syn::Error::new(span, nearest::message(W::WHAT, &text, &words)))
            }
        }
    }
}

impl<W: Set> Assigned for Word<W> {
    const EXAMPLE: &'static str = match W::WORDS {
        [(word, _), ..] => word,
        [] => "…",
    };

    fn parse(_key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse()
    }
}
