//! What the errors of well-known libraries mean, and what they are told of a rejection.
//!
//! Each library is behind its feature. A chain of sources is read with those that are on: what a
//! wrapped error means is known where its library is.

#[cfg(feature = "axum-0-8")]
mod axum;
#[cfg(feature = "http")]
mod http;
#[cfg(any(feature = "hyper-1", feature = "reqwest"))]
mod hyper;
#[cfg(feature = "redis-1")]
mod redis;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "sqlx-0-9")]
mod sqlx;
#[cfg(feature = "tonic-0-14")]
mod tonic;

use std::error::Error;

use super::{Class, Classify, Rejected};

/// What an error means if its type is known here; its sources are somebody else's matter.
pub(super) fn known(error: &(dyn Error + 'static)) -> Option<Class> {
    fn of<E: Classify + Error + 'static>(error: &(dyn Error + 'static)) -> Option<Class> {
        error.downcast_ref::<E>().map(Classify::classify)
    }
    type Look = fn(&(dyn Error + 'static)) -> Option<Class>;
    // Those that know more come first: their sources are errors of the others.
    const LOOKS: &[Look] = &[
        of::<Rejected>,
        #[cfg(feature = "reqwest")]
        of::<::reqwest::Error>,
        #[cfg(feature = "reqwest")]
        of::<::reqwest_middleware::Error>,
        #[cfg(feature = "tonic-0-14")]
        of::<::tonic::Status>,
        #[cfg(feature = "tonic-0-14")]
        tonic::of_connect,
        #[cfg(feature = "hyper-1")]
        of::<::hyper_util::client::legacy::Error>,
        #[cfg(any(feature = "hyper-1", feature = "reqwest"))]
        of::<::hyper::Error>,
        #[cfg(feature = "sqlx-0-9")]
        of::<::sqlx::Error>,
        #[cfg(feature = "redis-1")]
        of::<::redis::RedisError>,
        of::<std::io::Error>,
    ];
    LOOKS.iter().find_map(|look| look(error))
}

/// What the first source of an error means that can tell.
#[cfg(any(feature = "hyper-1", feature = "reqwest", feature = "sqlx-0-9", feature = "tonic-0-14"))]
fn of_sources(error: &(dyn Error + 'static)) -> Option<Class> {
    error.source().and_then(super::class::told)
}
