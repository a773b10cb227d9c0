//! What the errors of `hyper` mean.

use hyper::Error;

use super::{Class, Classify, of_sources};

/// By its kind; of one that wraps another error, by that.
impl Classify for Error {
    fn classify(&self) -> Class {
        if self.is_timeout() {
            Class::Timeout
        } else if self.is_closed() {
            Class::NotSent
        } else if self.is_user() || self.is_parse() {
            Class::Permanent
        } else if self.is_canceled() || self.is_incomplete_message() {
            Class::Transient
        } else {
            of_sources(self).unwrap_or(Class::Transient)
        }
    }
}

/// [`NotSent`](Class::NotSent) if there was no connection, else by what is behind it.
#[cfg(feature = "hyper-1")]
impl Classify for hyper_util::client::legacy::Error {
    fn classify(&self) -> Class {
        if self.is_connect() {
            Class::NotSent
        } else {
            of_sources(self).unwrap_or(Class::Transient)
        }
    }
}
