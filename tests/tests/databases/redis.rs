//! Commands to a real Redis: each is a client span, and says nothing of keys and values.

use redis::{AsyncTypedCommands as _, TypedCommands as _};
use spandrel::{SpanKind, redis_1::TracedConnection, testing, trace::SpanData, traced};
use spandrel_tests::databases::Database;

fn attribute(span: &SpanData, key: &str) -> String {
    span.attribute(key).map(ToString::to_string).unwrap_or_default()
}

fn client(database: &Database) -> redis::Client {
    redis::Client::open(format!("redis://127.0.0.1:{}/2", database.port())).unwrap()
}

/// What is asked of Redis below the span `outer`, by name, text and status.
fn assert_commands(test: &testing::Test, port: u16, expected: &[(&str, &str, &str)]) {
    let children = test.children_of(&test.span("outer"));
    let found: Vec<_> = children
        .iter()
        .map(|span| (&*span.name, attribute(span, "db.query.text"), attribute(span, "error.type")))
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, text, status)| (*name, (*text).to_owned(), (*status).to_owned()))
        .collect();
    assert_eq!(found, expected);
    for span in &children {
        assert_eq!(span.kind, SpanKind::Client);
        assert_eq!(attribute(span, "db.system.name"), "redis");
        assert_eq!(attribute(span, "db.operation.name"), &*span.name);
        assert_eq!(attribute(span, "db.namespace"), "2");
        assert_eq!(attribute(span, "server.address"), "127.0.0.1");
        assert_eq!(attribute(span, "server.port"), port.to_string());
        let everything = format!("{span:?}");
        assert!(!everything.contains("secret") && !everything.contains("user:ann"), "{span:?}");
    }
}

/// The server's port tells the metrics of the tests apart.
fn assert_measured(before: &testing::Metrics, port: u16) {
    let added = testing::metrics().since(before);
    for (operation, _, error) in EXPECTED {
        let error = (!error.is_empty()).then_some(error);
        let texts = [
            ("db.system.name", "redis"),
            ("db.operation.name", operation),
            ("db.namespace", "2"),
            ("server.address", "127.0.0.1"),
        ];
        let labels = (("server.port", port), (("error.type", error), texts));
        let found = added.distribution("db.client.operation.duration", &labels);
        assert!(found.is_some_and(|found| found.count == 1 && found.sum > 0.0), "{operation}");
    }
}

const EXPECTED: [(&str, &str, &str); 6] = [
    ("SET", "SET ? ?", ""),
    ("GET", "GET ?", ""),
    ("INCRBY", "INCRBY ? ?", "ERR"),
    ("LPUSH", "LPUSH ? ?", "WRONGTYPE"),
    ("PIPELINE GET", "GET ?; GET ?; GET ?", ""),
    ("MULTI", "SET ? ?; DEL ?", ""),
];

fn pipeline() -> redis::Pipeline {
    let mut pipeline = redis::pipe();
    pipeline.get("user:ann").get("b").get("c");
    pipeline
}

fn transaction() -> redis::Pipeline {
    let mut transaction = redis::pipe();
    transaction.atomic().set("user:ann", "secret").ignore().del("c").ignore();
    transaction
}

#[spandrel::test]
fn commands_of_a_synchronous_connection_are_spans(test: testing::Test) {
    #[traced]
    fn outer(connection: &mut TracedConnection<redis::Connection>) {
        connection.set("user:ann", "secret").unwrap();
        assert_eq!(connection.get("user:ann").unwrap().as_deref(), Some("secret"));
        connection.incr("user:ann", 1).unwrap_err();
        connection.lpush("user:ann", "secret").unwrap_err();
        pipeline().query::<Vec<Option<String>>>(connection).unwrap();
        transaction().exec(connection).unwrap();
    }
    let Some(database) = Database::redis() else { return };
    let client = client(&database);
    let connection = client.get_connection().unwrap();
    let before = testing::metrics();

    outer(&mut TracedConnection::new(connection, client.get_connection_info()));

    assert_commands(&test, database.port(), &EXPECTED);
    assert_measured(&before, database.port());
    let sizes: Vec<_> = test
        .children_of(&test.span("outer"))
        .iter()
        .map(|span| attribute(span, "db.operation.batch.size"))
        .collect();
    assert_eq!(sizes, ["", "", "", "", "3", "2"]);
}

#[spandrel::test]
async fn commands_of_an_asynchronous_connection_are_spans(test: testing::Test) {
    #[traced]
    async fn outer(mut connection: TracedConnection<redis::aio::MultiplexedConnection>) {
        connection.set("user:ann", "secret").await.unwrap();
        assert_eq!(connection.get("user:ann").await.unwrap().as_deref(), Some("secret"));
        connection.incr("user:ann", 1).await.unwrap_err();
        connection.lpush("user:ann", "secret").await.unwrap_err();
        pipeline().query_async::<Vec<Option<String>>>(&mut connection).await.unwrap();
        transaction().exec_async(&mut connection).await.unwrap();
    }
    let Some(database) = Database::redis() else { return };
    let client = client(&database);
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let before = testing::metrics();

    outer(TracedConnection::new(connection, client.get_connection_info())).await;

    assert_commands(&test, database.port(), &EXPECTED);
    assert_measured(&before, database.port());
}

#[spandrel::test]
fn a_server_that_is_gone_is_an_error_of_the_connection(test: testing::Test) {
    #[traced]
    fn outer(connection: &mut TracedConnection<redis::Connection>) {
        connection.get("user:ann").unwrap_err();
    }
    let Some(database) = Database::redis() else { return };
    let client = client(&database);
    let connection = client.get_connection().unwrap();
    drop(database);

    outer(&mut TracedConnection::new(connection, client.get_connection_info()));

    let [span] = &test.children_of(&test.span("outer"))[..] else { panic!("{:?}", test.spans()) };
    assert_eq!(span.outcome, spandrel::Outcome::Error, "{span:?}");
    assert!(
        ["connection_dropped", "io_error"].contains(&&*attribute(span, "error.type")),
        "{span:?}"
    );
}
