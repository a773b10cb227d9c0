//! What an answer of Redis means.

use redis::{RedisError, RedisResult, ServerError, Value};

use crate::{call::Ending, outcome::Outcome};

/// What Redis answers: one value, or one for each command.
pub(super) trait Answer {
    /// The first error that it says.
    fn error(&self) -> Option<&ServerError>;
}

impl Answer for Value {
    fn error(&self) -> Option<&ServerError> {
        match self {
            Self::ServerError(error) => Some(error),
            _ => None,
        }
    }
}

impl Answer for Vec<Value> {
    fn error(&self) -> Option<&ServerError> {
        self.iter().find_map(|value| match value {
            // The answers within a transaction.
            Value::Array(values) => values.iter().find_map(Value::error),
            value => value.error(),
        })
    }
}

/// Notes how a command ended. Of an error only the code is told: its text may repeat arguments.
pub(super) fn look<T: Answer>(mut ending: Ending<'_>, result: &RedisResult<T>) {
    let code = match result {
        Ok(answer) => answer.error().map(ServerError::code),
        Err(error) => error.code(),
    };
    match (code, result) {
        (Some(code), _) => {
            ending.attribute("db.response.status_code", || code);
            ending.failed(code);
        }
        (None, Err(error)) => ending.failed(kind(error)),
        (None, Ok(_)) => ending.set(Outcome::Ok),
    }
}

fn kind(error: &RedisError) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connection_refusal() {
        "connection_refused"
    } else if error.is_connection_dropped() {
        "connection_dropped"
    } else if error.is_io_error() {
        "io_error"
    } else {
        "redis::RedisError"
    }
}
