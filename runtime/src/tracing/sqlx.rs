//! Queries of `sqlx`: each an event when it is over, which becomes the span that was never opened.
//!
//! The event says how long the query took, so the span begins when the query did. It is a child of
//! what was current where the query ran. `sqlx` runs queries to SQLite on a thread of its own, to
//! which it takes the current span of `tracing`: ours goes along if `tracing` is shown it.
//!
//! Whether a query failed is not said: the event comes when `sqlx` drops what counts its rows.

use std::{
    cell::Cell,
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
    sql::{Dialect, Statement},
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
    let query = Query::of(event);
    query.with_statement(event, |text| {
        if !text.is_empty() {
            let (_, statement) = System::of(text);
            group::write_keyed_statement(writer, &statement);
        }
    });
}

/// Records the query that an event tells of; `false`: it tells of something else.
pub(super) fn record(event: &Event<'_>) -> bool {
    let query = Query::of(event);
    let Some(elapsed) = query.elapsed else { return false };
    query.with_statement(event, |text| query.record(elapsed, text));
    true
}

impl System {
    /// The database of a statement, and the statement as that reads it: by its own text, whatever
    /// others have betrayed.
    fn of(text: &str) -> (Self, Statement<'_>) {
        /// What statements have betrayed so far, bit by bit.
        static SEEN: AtomicU8 = AtomicU8::new(0);
        const MYSQL: u8 = 1;
        const POSTGRES: u8 = 2;

        if is_on_thread_of_sqlite() {
            return (Self::Sqlite, Statement::for_system(text, Self::Sqlite.name()));
        }
        let statement = Statement::new(text, None);
        let betrayed = match statement.dialect() {
            Dialect::MySql => MYSQL,
            Dialect::Ansi => POSTGRES,
            Dialect::Unknown => 0,
        };
        let seen = match (betrayed, SEEN.load(Relaxed)) {
            (0, seen) => seen,
            (betrayed, seen) => {
                if seen & betrayed == 0 {
                    SEEN.fetch_or(betrayed, Relaxed);
                }
                betrayed
            }
        };
        let system = match seen {
            MYSQL => Self::MySql,
            POSTGRES => Self::Postgres,
            _ => Self::Unknown,
        };
        (system, statement)
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
}

/// Whether `sqlx` has made this thread to run queries to SQLite.
fn is_on_thread_of_sqlite() -> bool {
    thread_local! {
        static IS: Cell<Option<bool>> = const { Cell::new(None) };
    }

    if let Some(is) = IS.get() {
        return is;
    }
    let is = thread::current().name().is_some_and(|name| name.starts_with("sqlx-sqlite"));
    IS.set(Some(is));
    is
}

/// What an event says, but for the statement.
#[derive(Debug, Default)]
struct Query {
    /// The statement has a field of its own: in the other one are but its first words.
    is_long: bool,
    rows_affected: Option<u64>,
    rows_returned: Option<u64>,
    elapsed: Option<Duration>,
    slow_threshold: Option<String>,
}

const SHORT: &str = "summary";
const LONG: &str = "db.statement";

impl Query {
    fn of(event: &Event<'_>) -> Self {
        let mut query = Self::default();
        event.record(&mut query);
        query
    }

    /// Shows the statement where it stands, which is nowhere but in the event.
    fn with_statement(&self, event: &Event<'_>, show: impl FnOnce(&str)) {
        let field = if self.is_long { LONG } else { SHORT };
        let mut statement = InField { field, show: Some(show) };
        event.record(&mut statement);
        if let Some(show) = statement.show {
            show("");
        }
    }

    fn record(&self, elapsed: Duration, text: &str) {
        let (system, statement) = System::of(text);
        let site = system.site();
        let end = time::ticks();
        let start = time::ticks_before(end, elapsed);
        let summary = statement.summary();
        let write = |writer: &mut Writer| {
            group::write_statement(writer, 0, &statement);
            writer.set(1, &self.rows_returned);
            writer.set(2, &self.rows_affected.filter(|rows| *rows > 0));
            writer.name(format_args!("{summary}"));
        };
        let mut span = Active::begin(site, site.word(), |fields| fields.write_at(start, write));
        span.enter();
        let summary = operation::Summarised::new(statement);
        operation::db_call_ended(
            elapsed,
            &[
                ("db.system.name", operation::label(system.name())),
                ("db.query.summary", operation::label(&summary)),
            ],
        );
        span.swap();
        if span.is_recording() {
            if let Some(threshold) = &self.slow_threshold {
                span.mark_late();
                say::event(span.span(), "slow statement", &[("slow.threshold", threshold)]);
            }
            // The event is the same for a query that failed or was dropped: without a status
            // nothing is claimed, and whoever asked has the error.
            span.end_at(Outcome::Ok, end);
        }
    }
}

impl Visit for Query {
    fn record_str(&mut self, field: &TheirField, value: &str) {
        if field.name() == LONG {
            self.is_long = !value.trim().is_empty();
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
            LONG => self.record_str(field, &format!("{value:?}")),
            _ => {}
        }
    }
}

/// Shows the text of a field.
struct InField<F> {
    field: &'static str,
    show: Option<F>,
}

impl<F: FnOnce(&str)> Visit for InField<F> {
    fn record_str(&mut self, field: &TheirField, value: &str) {
        if field.name() == self.field
            && let Some(show) = self.show.take()
        {
            show(value.trim());
        }
    }

    fn record_debug(&mut self, field: &TheirField, value: &dyn fmt::Debug) {
        if field.name() == self.field {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}
