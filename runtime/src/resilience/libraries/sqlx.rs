//! What the errors of `sqlx` mean.

use sqlx::{
    Error,
    error::{DatabaseError, ErrorKind},
};

use super::{Class, Classify, of_sources};

/// By its kind, and what a database said by its code.
///
/// Serialization failures and deadlocks (`40001`, `40P01`) are transient, as is `SQLITE_BUSY`; violated
/// constraints and everything else about the statement are permanent.
impl Classify for Error {
    fn classify(&self) -> Class {
        match self {
            Self::PoolTimedOut => Class::NotSent,
            Self::Io(error) => error.classify(),
            Self::Tls(_) => of_sources(self).unwrap_or(Class::Permanent),
            Self::Database(error) => of_database(&**error),
            _ => Class::Permanent,
        }
    }
}

fn of_database(error: &dyn DatabaseError) -> Class {
    if !matches!(error.kind(), ErrorKind::Other) {
        return Class::Permanent;
    }
    error.code().map_or(Class::Permanent, |code| of_code(&code))
}

/// What a SQLSTATE means, or a number of SQLite.
fn of_code(code: &str) -> Class {
    match code {
        // Not accepting connections: starting up, shutting down, or there are too many.
        "57P03" | "53300" | "08001" | "08004" => Class::NotSent,
        // A statement that was cancelled: by the time limit, as a rule.
        "57014" => Class::Timeout,
        // The connection was ended, a lock is held, an object is in use.
        "57P01" | "57P02" | "57P05" | "55P03" | "55006" => Class::Transient,
        // A constraint that was deferred to the end of the transaction.
        "40002" => Class::Permanent,
        _ if code.len() == 5 && code.get(..2).is_some_and(is_transient_group) => Class::Transient,
        _ if code.len() < 5 && is_busy_sqlite(code) => Class::Transient,
        _ => Class::Permanent,
    }
}

/// Connections, transactions that were rolled back, resources, the system below.
fn is_transient_group(group: &str) -> bool {
    matches!(group, "08" | "40" | "53" | "58")
}

/// `SQLITE_BUSY` and `SQLITE_LOCKED`, which the low byte of their extended codes tells.
fn is_busy_sqlite(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_databases_mean_what_their_manuals_say() {
        let cases = [
            ("40001", Class::Transient),
            ("40P01", Class::Transient),
            ("40002", Class::Permanent),
            ("08006", Class::Transient),
            ("53300", Class::NotSent),
            ("57P03", Class::NotSent),
            ("57014", Class::Timeout),
            ("57P01", Class::Transient),
            ("55P03", Class::Transient),
            ("23505", Class::Permanent),
            ("42P01", Class::Permanent),
            ("5", Class::Transient),
            ("517", Class::Transient),
            ("6", Class::Transient),
            ("1", Class::Permanent),
            ("2067", Class::Permanent),
            ("", Class::Permanent),
            ("ééé", Class::Permanent),
            ("4é01", Class::Permanent),
        ];
        for (code, class) in cases {
            assert_eq!(of_code(code), class, "{code}");
        }
    }
}
