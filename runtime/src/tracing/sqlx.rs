//! Queries of `sqlx`: each an event when it is over, which becomes the span that was never opened.
//!
//! The event says how long the query took, so the span begins when the query did. It is a child of
//! what was current where the query ran. `sqlx` runs queries to SQLite on a thread of its own, to
//! which it takes the current span of `tracing`: ours goes along if `tracing` is shown it.
//!
//! Whether a query failed is not said: the event comes when `sqlx` drops what counts its rows.

use std::{
    fmt,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
    thread,
    time::Duration,
};

use tracing_core::{
    Event, Metadata,
    field::{Field as TheirField, Visit},
};

use super::callsite::{Role, role_in_event};
use crate::{
    call::group,
    mirror::Reflection,
    operation,
    outcome::Outcome,
    site::{Field, Meta, Site, SpanKind, Traced, text},
    sql::Dialect,
    time,
    trace::{Writer, active::Active, span::say},
    value::Value,
};

/// Under which the events come.
const TARGET: &str = "sqlx::query";

/// The databases that there are drivers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    MySql,
    Postgres,
    Sqlite,
    /// None of the statements so far has told which one it is.
    Unknown,
}

const FIELDS: [Field; 3] =
    Field::list(["db.query.text", "db.response.returned_rows", "db.response.affected_rows"]);

static MYSQL: Site = site(&[text("db.system.name", "mysql")]);
static POSTGRES: Site = site(&[text("db.system.name", "postgresql")]);
static SQLITE: Site = site(&[text("db.system.name", "sqlite")]);
static UNKNOWN: Site = site(&[text("db.system.name", "other_sql")]);

const fn site(constants: &'static [(&'static str, Value<'static>)]) -> Site {
    let meta = Meta::block("query", TARGET, file!(), line!());
    let traced = Traced::new()
        .kind(SpanKind::Client)
        .target(TARGET)
        .dynamic_name("query")
        .constants(constants)
        .fields(&FIELDS);
    Site::new(meta).traced(traced).reflected(Reflection::Never)
}

/// Whether events of this place tell of queries, or ask whether anybody wants to hear of them.
///
/// They are wanted like spans of the usual level, whatever level `sqlx` gives them.
pub(super) fn is_query(metadata: &Metadata<'_>) -> bool {
    metadata.target() == TARGET && !metadata.is_span()
}

/// What a field of such an event means: statements are told by what [`describe`] writes.
pub(super) fn role(field: &str) -> Role {
    match field {
        "summary" | "db.statement" => Role::Statement,
        _ => role_in_event(field),
    }
}

/// Writes the statement of an event without its values.
pub(super) fn describe(event: &Event<'_>, writer: &mut Writer) {
    let mut query = Query::default();
    event.record(&mut query);
    let statement = query.statement();
    if !statement.is_empty() {
        let dialect = System::of(statement).dialect(statement);
        group::write_keyed_statement(writer, statement, dialect);
    }
}

/// Records the query that an event tells of; `false`: it tells of something else.
pub(super) fn record(event: &Event<'_>) -> bool {
    let mut query = Query::default();
    event.record(&mut query);
    let Some(elapsed) = query.elapsed else { return false };
    let statement = query.statement();
    let system = System::of(statement);
    let site = system.site();
    let end = time::ticks();
    let start = time::ticks_before(end, elapsed);
    let summary = group::summary(statement, system.dialect(statement));
    let write = |writer: &mut Writer| {
        group::write_statement(writer, 0, statement, system.dialect(statement));
        writer.set(1, &query.rows_returned);
        writer.set(2, &query.rows_affected.filter(|rows| *rows > 0));
        writer.name(format_args!("{summary}"));
    };
    let mut span = Active::begin(site, site.word(), |fields| fields.write_at(start, write));
    span.enter();
    operation::db_call_ended(
        elapsed,
        &[
            ("db.system.name", operation::label(system.name())),
            ("db.query.summary", operation::label(&operation::text_of(format_args!("{summary}")))),
        ],
    );
    span.swap();
    if span.is_recording() {
        if let Some(threshold) = &query.slow_threshold {
            span.mark_late();
            say::event(span.span(), "slow statement", &[("slow.threshold", threshold)]);
        }
        // The event is the same for a query that failed or was dropped: without a status nothing is
        // claimed, and whoever asked has the error.
        span.end_at(Outcome::Ok, end);
    }
    true
}

impl System {
    fn of(statement: &str) -> Self {
        /// What statements have betrayed so far, bit by bit.
        static SEEN: AtomicU8 = AtomicU8::new(0);
        const MYSQL: u8 = 1;
        const POSTGRES: u8 = 2;

        let thread = thread::current();
        if thread.name().is_some_and(|name| name.starts_with("sqlx-sqlite")) {
            return Self::Sqlite;
        }
        let betrayed = match Dialect::of(statement) {
            Dialect::MySql => MYSQL,
            Dialect::Ansi => POSTGRES,
            Dialect::Unknown => 0,
        };
        let seen = match betrayed {
            0 => SEEN.load(Relaxed),
            betrayed => {
                SEEN.fetch_or(betrayed, Relaxed);
                betrayed
            }
        };
        match seen {
            MYSQL => Self::MySql,
            POSTGRES => Self::Postgres,
            _ => Self::Unknown,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::MySql => "mysql",
            Self::Postgres => "postgresql",
            Self::Sqlite => "sqlite",
            Self::Unknown => "other_sql",
        }
    }

    fn site(self) -> &'static Site {
        match self {
            Self::MySql => &MYSQL,
            Self::Postgres => &POSTGRES,
            Self::Sqlite => &SQLITE,
            Self::Unknown => &UNKNOWN,
        }
    }

    /// What decides which texts are values: by this statement, whatever others have betrayed.
    fn dialect(self, statement: &str) -> Dialect {
        match self {
            Self::Sqlite => Dialect::of_system(self.name(), statement),
            Self::MySql | Self::Postgres | Self::Unknown => Dialect::of(statement),
        }
    }
}

/// What an event says.
#[derive(Debug, Default)]
struct Query {
    /// The first words of the statement, or all of a short one.
    summary: String,
    /// The statement, if it is not short.
    statement: String,
    rows_affected: Option<u64>,
    rows_returned: Option<u64>,
    elapsed: Option<Duration>,
    slow_threshold: Option<String>,
}

impl Query {
    fn statement(&self) -> &str {
        match self.statement.trim() {
            "" => self.summary.trim(),
            statement => statement,
        }
    }
}

impl Visit for Query {
    fn record_str(&mut self, field: &TheirField, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.statement),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &TheirField, value: u64) {
        match field.name() {
            "rows_affected" => self.rows_affected = Some(value),
            "rows_returned" => self.rows_returned = Some(value),
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &TheirField, value: f64) {
        if field.name() == "elapsed_secs" {
            self.elapsed = Duration::try_from_secs_f64(value).ok();
        }
    }

    fn record_debug(&mut self, field: &TheirField, value: &dyn fmt::Debug) {
        match field.name() {
            "slow_threshold" => self.slow_threshold = Some(format!("{value:?}")),
            "summary" => self.summary = format!("{value:?}"),
            "db.statement" => self.statement = format!("{value:?}"),
            _ => {}
        }
    }
}
