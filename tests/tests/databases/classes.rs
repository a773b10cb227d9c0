//! What errors of databases mean to whoever might try again: errors of real servers.

use std::{error::Error, net::TcpListener, time::Duration};

use redis::TypedCommands as _;
use spandrel::resilience::{Class, Classify, classify_chain};
use spandrel_tests::databases::Database;
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, SqliteConnection,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

fn run<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// It means the same by itself and in a box.
fn assert_class<E: Classify + Error + Send + Sync + 'static>(error: E, class: Class, case: &str) {
    assert_eq!(error.classify(), class, "{case}: {error:?}");
    let boxed: Box<dyn Error + Send + Sync> = error.into();
    assert_eq!(classify_chain(&*boxed), class, "{case}, boxed");
}

async fn postgres(
    connection: &mut PgConnection,
    statement: &'static str,
) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(statement).execute(connection).await.map(drop)
}

#[test]
fn errors_of_postgresql_mean_what_their_codes_say() {
    let Some(database) = Database::postgres() else { return };
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", database.port());
    run(async {
        let mut one = PgConnection::connect(&url).await.unwrap();
        let mut other = PgConnection::connect(&url).await.unwrap();
        postgres(&mut one, "CREATE TABLE stock (id INT PRIMARY KEY, left_over INT NOT NULL CHECK (left_over >= 0));
                            INSERT INTO stock VALUES (1, 5)").await.unwrap();
        let cases = [
            ("INSERT INTO stock VALUES (1, 1)", Class::Permanent),
            ("INSERT INTO stock VALUES (2, NULL)", Class::Permanent),
            ("UPDATE stock SET left_over = -1", Class::Permanent),
            ("SELECT * FROM nowhere", Class::Permanent),
            ("SELEKT 1", Class::Permanent),
            ("SELECT 1 / 0", Class::Permanent),
            ("SET statement_timeout = 50; SELECT pg_sleep(10)", Class::Timeout),
        ];
        for (statement, class) in cases {
            assert_class(postgres(&mut one, statement).await.unwrap_err(), class, statement);
        }
        postgres(&mut one, "SET statement_timeout = 0").await.unwrap();

        // Two transactions that cannot both have been first.
        let begin = "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT * FROM stock";
        postgres(&mut one, begin).await.unwrap();
        postgres(&mut other, begin).await.unwrap();
        postgres(&mut one, "UPDATE stock SET left_over = 4; COMMIT").await.unwrap();
        let late = postgres(&mut other, "UPDATE stock SET left_over = 3").await.unwrap_err();
        assert_class(late, Class::Transient, "serialization failure");
        postgres(&mut other, "ROLLBACK").await.unwrap();

        postgres(&mut one, "BEGIN; UPDATE stock SET left_over = 2").await.unwrap();
        let locked = "SET lock_timeout = 50; UPDATE stock SET left_over = 1";
        let locked = postgres(&mut other, locked).await.unwrap_err();
        assert_class(locked, Class::Transient, "lock timeout");
        postgres(&mut one, "ROLLBACK").await.unwrap();

        let end =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
        postgres(&mut one, end).await.unwrap();
        let ended = postgres(&mut other, "SELECT 1").await.unwrap_err();
        assert_class(ended, Class::Transient, "terminated");
    });
}

#[test]
fn a_deadlock_of_postgresql_is_transient() {
    let Some(database) = Database::postgres() else { return };
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", database.port());
    run(async {
        let mut one = PgConnection::connect(&url).await.unwrap();
        let mut other = PgConnection::connect(&url).await.unwrap();
        postgres(&mut one, "CREATE TABLE t (id INT); INSERT INTO t VALUES (1), (2)").await.unwrap();
        postgres(&mut one, "BEGIN; UPDATE t SET id = id WHERE id = 1").await.unwrap();
        postgres(&mut other, "BEGIN; UPDATE t SET id = id WHERE id = 2").await.unwrap();
        let (one, other) = tokio::join!(
            async {
                let done = postgres(&mut one, "UPDATE t SET id = id WHERE id = 2").await;
                drop(one);
                done
            },
            async {
                let done = postgres(&mut other, "UPDATE t SET id = id WHERE id = 1").await;
                drop(other);
                done
            }
        );
        // The server chooses which of them.
        let victim = one.err().or(other.err()).unwrap();
        assert_class(victim, Class::Transient, "deadlock");
    });
}

#[test]
fn who_gets_no_connection_has_sent_nothing() {
    run(async {
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = format!("postgres://postgres@{gone}/postgres");
        let refused = PgConnection::connect(&url).await.unwrap_err();
        assert_class(refused, Class::NotSent, "refused");

        let options = SqlitePoolOptions::new().max_connections(1);
        let pool = options.acquire_timeout(Duration::from_millis(50)).connect("sqlite::memory:");
        let pool = pool.await.unwrap();
        let _held = pool.acquire().await.unwrap();
        assert_class(pool.acquire().await.unwrap_err(), Class::NotSent, "a pool");
        let closed = PgPoolOptions::new().connect_lazy(&url).unwrap();
        closed.close().await;
        assert_class(closed.acquire().await.unwrap_err(), Class::Permanent, "a closed pool");
    });
}

#[test]
fn errors_of_sqlite_mean_what_their_numbers_say() {
    let path = std::env::temp_dir().join(format!("spandrel-classes-{}.db", std::process::id()));
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        .busy_timeout(Duration::ZERO);
    run(async {
        let mut one: SqliteConnection = options.connect().await.unwrap();
        let mut other: SqliteConnection = options.connect().await.unwrap();
        let table = "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)";
        sqlx::raw_sql(table).execute(&mut one).await.unwrap();
        let twice = sqlx::raw_sql("INSERT INTO t VALUES (1)").execute(&mut one).await.unwrap_err();
        assert_class(twice, Class::Permanent, "twice");
        let nowhere = sqlx::raw_sql("SELECT * FROM x").execute(&mut one).await.unwrap_err();
        assert_class(nowhere, Class::Permanent, "no table");
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut one).await.unwrap();
        let busy = sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap_err();
        assert_class(busy, Class::Transient, "busy");
    });
    let _ = std::fs::remove_file(path);
}

#[test]
fn errors_of_redis_mean_what_the_server_says() {
    let Some(mut database) = Database::redis() else { return };
    let client = redis::Client::open(format!("redis://127.0.0.1:{}/", database.port())).unwrap();
    let mut connection = client.get_connection().unwrap();
    connection.set("text", "x").unwrap();
    assert_class(connection.lpush("text", "y").unwrap_err(), Class::Permanent, "wrong type");
    let unknown = redis::cmd("NONSENSE").exec(&mut connection).unwrap_err();
    assert_class(unknown, Class::Permanent, "unknown command");
    database.kill();
    assert_class(connection.get("text").unwrap_err(), Class::Transient, "cut");
    let refused = client.get_connection().map(drop).unwrap_err();
    assert_class(refused, Class::NotSent, "refused");
}
