//! Queries of `sqlx` that nobody has annotated: each is a client span of its own.

use std::{sync::Once, time::Duration};

use spandrel::{
    SpanKind,
    metrics::{self, PoolState},
    testing,
    trace::SpanData,
};
use spandrel_tests::databases::Database;
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, Row as _, SqliteConnection,
    sqlite::SqlitePoolOptions,
};
use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// The subscriber of the process: SQLite answers on a thread of its own.
pub(crate) fn subscribe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().with(spandrel::tracing::layer()).init());
}

fn attribute(span: &SpanData, key: &str) -> String {
    span.attribute(key).map(ToString::to_string).unwrap_or_default()
}

#[spandrel::instrument(skip_all)]
async fn store(connection: &mut SqliteConnection) {
    sqlx::query("CREATE TABLE orders (id INTEGER, card TEXT)")
        .execute(&mut *connection)
        .await
        .unwrap();
    sqlx::query("INSERT INTO orders VALUES (1, '4111 1111 1111 1111'), (2, 'secret')")
        .execute(&mut *connection)
        .await
        .unwrap();
    let rows = sqlx::query("SELECT id FROM orders WHERE card IN ('secret', \"other\", 'third')")
        .fetch_all(connection)
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
}

#[spandrel::test]
fn a_query_to_sqlite_is_a_span_below_its_function(test: testing::Test) {
    runtime(async {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        store(&mut connection).await;
        connection.close().await.unwrap();
    });

    let store = test.span("store");
    let children = test.children_of(&store);
    let names: Vec<_> = children.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["CREATE orders", "INSERT orders", "SELECT orders"]);
    let [_, inserted, selected] = &children[..] else { unreachable!("there are three") };
    for span in &children {
        assert_eq!(span.kind, SpanKind::Client);
        assert_eq!(attribute(span, "db.system.name"), "sqlite");
        assert!(!format!("{span:?}").contains("secret"), "{span:?}");
    }
    assert_eq!(attribute(inserted, "db.query.text"), "INSERT INTO orders VALUES (?, ?), (?, ?)");
    assert_eq!(attribute(inserted, "db.response.affected_rows"), "2");
    let text = "SELECT id FROM orders WHERE card IN (?)";
    assert_eq!(attribute(selected, "db.query.text"), text);
    assert_eq!(attribute(selected, "db.query.summary"), "SELECT orders");
    assert_eq!(attribute(selected, "db.response.returned_rows"), "1");
    assert!(store.events.is_empty(), "the query is no event besides: {:?}", store.events);
}

#[spandrel::traced]
async fn wait(connection: &mut PgConnection, seconds: f64) -> i32 {
    let row = sqlx::query("SELECT 7 AS seven, pg_sleep($1)").bind(seconds).fetch_one(connection);
    row.await.unwrap().get("seven")
}

#[spandrel::test]
fn a_query_to_postgres_lasts_as_long_as_it_took(test: testing::Test) {
    let Some(database) = Database::postgres() else { return };
    let options = format!("postgres://postgres@127.0.0.1:{}/postgres", database.port());
    let before = testing::metrics();

    let answered = runtime(async {
        let mut connection = PgConnection::connect(&options).await.unwrap();
        let answered = wait(&mut connection, 0.25).await;
        connection.close().await.unwrap();
        answered
    });

    assert_eq!(answered, 7);
    let wait = test.span("wait");
    let [query] = &test.children_of(&wait)[..] else { panic!("{:?}", test.spans()) };
    assert_eq!((&*query.name, query.kind), ("SELECT", SpanKind::Client));
    assert_eq!(attribute(query, "db.system.name"), "postgresql");
    assert_eq!(attribute(query, "db.query.text"), "SELECT ? AS seven, pg_sleep($1)");
    assert_eq!(attribute(query, "db.response.returned_rows"), "1");
    assert!(query.duration() >= Duration::from_millis(250), "{:?}", query.duration());
    assert!(query.duration() <= wait.duration(), "{:?} {:?}", query.duration(), wait.duration());
    let labels = [("db.system.name", "postgresql"), ("db.query.summary", "SELECT")];
    let added = testing::metrics().since(&before);
    let measured = added.distribution("db.client.operation.duration", &labels).unwrap();
    assert!(measured.count == 1 && measured.sum >= 0.25, "{measured:?}");
    let starts_within = query.start_unix_nanos >= wait.start_unix_nanos;
    assert!(starts_within, "it began when the query did: {query:?} {wait:?}");
}

#[spandrel::instrument(skip_all)]
async fn repeat(connection: &mut SqliteConnection) {
    for name in ["one", "two", "three"] {
        let parametrised = "SELECT ?\n  AS name, type FROM sqlite_master WHERE name = ?";
        sqlx::query(parametrised).bind(name).bind(name).execute(&mut *connection).await.unwrap();
        let written = format!("SELECT type FROM sqlite_master WHERE name = '{name}'");
        sqlx::query(sqlx::AssertSqlSafe(written)).execute(&mut *connection).await.unwrap();
        sqlx::query("SELECT ?").bind(name).execute(&mut *connection).await.unwrap();
    }
}

#[spandrel::test]
fn a_query_that_comes_again_is_a_span_like_the_first(test: testing::Test) {
    let before = testing::metrics();
    runtime(async {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        repeat(&mut connection).await;
        connection.close().await.unwrap();
    });

    let queries = test.children_of(&test.span("repeat"));
    assert_eq!(queries.len(), 9, "{:?}", test.spans());
    for turn in queries.chunks(3) {
        for (query, text, summary) in [
            (
                &turn[0],
                "SELECT ? AS name, type FROM sqlite_master WHERE name = ?",
                "SELECT sqlite_master",
            ),
            (&turn[1], "SELECT type FROM sqlite_master WHERE name = ?", "SELECT sqlite_master"),
            (&turn[2], "SELECT ?", "SELECT"),
        ] {
            assert_eq!(attribute(query, "db.query.text"), text);
            assert_eq!(attribute(query, "db.query.summary"), summary);
            assert_eq!(query.name, summary);
            assert_eq!(attribute(query, "db.system.name"), "sqlite");
        }
    }
    let labels = [("db.system.name", "sqlite"), ("db.query.summary", "SELECT sqlite_master")];
    let added = testing::metrics().since(&before);
    let measured = added.distribution("db.client.operation.duration", &labels).unwrap();
    assert_eq!(measured.count, 6);
}

#[spandrel::test]
fn a_slow_statement_says_what_is_slow(test: testing::Test) {
    runtime(async {
        let options = "sqlite::memory:".parse::<sqlx::sqlite::SqliteConnectOptions>().unwrap();
        let options = options.log_slow_statements(log::LevelFilter::Warn, Duration::from_nanos(1));
        let mut connection = options.connect().await.unwrap();
        ask(&mut connection).await;
        connection.close().await.unwrap();
    });

    let [query] = &test.children_of(&test.span("ask"))[..] else { panic!("{:?}", test.spans()) };
    assert_eq!(query.events[0].name, "slow statement");
}

#[spandrel::test]
fn no_log_has_the_values_of_a_statement(test: testing::Test) {
    runtime(async {
        let options = "sqlite::memory:".parse::<sqlx::sqlite::SqliteConnectOptions>().unwrap();
        let options = options.log_slow_statements(log::LevelFilter::Warn, Duration::from_nanos(1));
        let mut connection = options.connect().await.unwrap();
        store(&mut connection).await;
        connection.close().await.unwrap();
    });

    let logs = test.logs();
    assert!(!format!("{logs:?}").contains("secret"), "{logs:?}");
    let slow: Vec<_> = logs.iter().filter(|log| log.target == "sqlx::query").collect();
    let [_, _, selected] = &slow[..] else { panic!("there are three: {logs:?}") };
    let attribute = |key| selected.attribute(key).map(ToString::to_string);
    let text = "SELECT id FROM orders WHERE card IN (?)";
    assert_eq!(attribute("db.query.text").as_deref(), Some(text));
    assert_eq!(attribute("db.query.summary").as_deref(), Some("SELECT orders"));
    assert_eq!(attribute("rows_returned").as_deref(), Some("1"));
    assert_eq!((attribute("db.statement"), attribute("summary")), (None, None));
    assert!(selected.message.contains("slow statement"), "{selected:?}");
}

#[spandrel::test]
fn a_query_that_arrives_by_the_log_crate_shows_no_values(test: testing::Test) {
    subscribe();
    let bridge = tracing_log::LogTracer::new();
    let statement = "SELECT a FROM b WHERE c = 'secret'";
    let args = format!("summary=\"SELECT a FROM b …\" db.statement={statement:?} rows_returned=1");

    tell(&bridge, &args, statement);

    let told = test.span("tell");
    let logs = test.logs();
    let all = format!("{logs:?} {told:?}");
    assert!(!all.contains("secret"), "{all}");
    assert_eq!(logs[0].message, "rows_returned=1");
    let text = logs[0].attribute("db.query.text").map(ToString::to_string);
    assert_eq!(text.as_deref(), Some("SELECT a FROM b WHERE c = ?"));
    assert_eq!(told.events[0].name, "rows_returned=1");
    assert_eq!((&*logs[1].message, &*told.events[1].name), ("query", "query"));
}

#[spandrel::traced(skip_all)]
fn tell(bridge: &dyn log::Log, message: &str, other: &str) {
    for message in [format_args!("{message}"), format_args!("{other}; rows returned: 1")] {
        let mut record = log::Record::builder();
        record.level(log::Level::Info).target("sqlx::query");
        bridge.log(&record.args(message).build());
    }
}

#[spandrel::instrument(skip_all)]
async fn ask(connection: &mut SqliteConnection) {
    sqlx::query("SELECT 1").execute(connection).await.unwrap();
}

/// Runs with a runtime of `tokio` within the test's context.
fn runtime<F: Future>(future: F) -> F::Output {
    subscribe();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

#[test]
fn a_pool_of_connections_is_measured_by_asking_it() {
    let metrics = runtime(async {
        let pool = SqlitePoolOptions::new().max_connections(3).connect("sqlite::memory:");
        let pool = pool.await.unwrap();
        let asked = pool.clone();
        metrics::pool("pool of queries", move || {
            let idle = asked.num_idle() as u64;
            PoolState::new(idle, u64::from(asked.size()) - idle).with_max(3)
        });
        let connection = pool.acquire().await.unwrap();
        let metrics = testing::metrics();
        drop(connection);
        metrics
    });

    let name = ("db.client.connection.pool.name", "pool of queries");
    let count = |state| {
        let labels = [name, ("db.client.connection.state", state)];
        metrics.count("db.client.connection.count", &labels)
    };
    assert_eq!((count("idle"), count("used")), (Some(0.0), Some(1.0)));
    assert_eq!(metrics.count("db.client.connection.max", &[name]), Some(3.0));
}
