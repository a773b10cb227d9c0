//! What the errors of `reqwest` mean.

use reqwest::{Error, Response};

use super::{Class, Classify, http::of_answer, of_sources};

/// By what went wrong: a connection that was not made was [`NotSent`](Class::NotSent), statuses are as
/// those of [`http`], and what cannot be asked, followed or decoded will be the same next time.
///
/// The error of `error_for_status` has no headers: where `Retry-After` matters, classify the
/// [`Response`].
impl Classify for Error {
    fn classify(&self) -> Class {
        if let Some(status) = self.status() {
            status.classify()
        } else if self.is_builder() || self.is_redirect() || self.is_upgrade() {
            Class::Permanent
        } else if self.is_connect() {
            Class::NotSent
        } else if self.is_timeout() {
            Class::Timeout
        } else if self.is_decode() {
            // A body that broke off is told from one that makes no sense by what is behind it.
            of_sources(self).unwrap_or(Class::Permanent)
        } else {
            of_sources(self).unwrap_or(Class::Transient)
        }
    }
}

/// By status and `Retry-After`.
impl Classify for Response {
    fn classify(&self) -> Class {
        of_answer(self.status(), self.headers())
    }
}

/// As the error of `reqwest` that it is, or by what the middleware's error says of itself.
impl Classify for reqwest_middleware::Error {
    fn classify(&self) -> Class {
        match self {
            Self::Reqwest(error) => error.classify(),
            Self::Middleware(error) => super::super::classify_chain(error.as_ref()),
        }
    }
}
