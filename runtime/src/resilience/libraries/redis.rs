//! What the errors of `redis` mean.

use redis::{RedisError, RetryMethod};

use super::{Class, Classify};

/// By what the library says of repeating it; no connection is [`NotSent`](Class::NotSent).
impl Classify for RedisError {
    fn classify(&self) -> Class {
        if self.is_connection_refusal() {
            return Class::NotSent;
        }
        if self.is_timeout() {
            return Class::Timeout;
        }
        match self.retry_method() {
            RetryMethod::NoRetry => Class::Permanent,
            _ => Class::Transient,
        }
    }
}
