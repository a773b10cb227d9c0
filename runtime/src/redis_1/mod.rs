//! Spans for commands to Redis, of programs that use `redis` 1, and limits and modes shared through it.
//!
//! [`SharedRateLimiter`] is one limit for many processes, and [`SharedModes`] holds policies by hand in
//! all of them.
//!
//! `redis` tells nobody what it does. [`TracedConnection`] goes around any of its connections and is
//! one itself, synchronous or not: each command, pipeline or transaction is a client span by the
//! semantic conventions. Commands appear by their names and the number of their arguments; neither
//! keys nor values are recorded, and of an error only its code.
//!
//! ```no_run
//! use redis::TypedCommands as _;
//! use spandrel::redis_1::TracedConnection;
//!
//! let client = redis::Client::open("redis://127.0.0.1/")?;
//! let connection = client.get_connection()?;
//! let mut connection = TracedConnection::new(connection, client.get_connection_info());
//! connection.set("greeting", "hello")?;
//! # Ok::<(), redis::RedisError>(())
//! ```
//!
//! The same with a connection of an asynchronous program:
//!
//! ```no_run
//! use redis::AsyncTypedCommands as _;
//! use spandrel::redis_1::TracedConnection;
//!
//! # async fn run() -> redis::RedisResult<()> {
//! let client = redis::Client::open("redis://127.0.0.1/")?;
//! let connection = client.get_multiplexed_async_connection().await?;
//! let mut connection = TracedConnection::new(connection, client.get_connection_info());
//! connection.set("greeting", "hello").await?;
//! # Ok(())
//! # }
//! ```

mod batch;
mod limit;
mod link;
mod modes;
mod outcome;

use std::sync::Arc;

use redis::{
    Cmd, ConnectionAddr, ConnectionInfo, ConnectionLike, Pipeline, RedisFuture, RedisResult, Value,
    aio,
};

#[doc(hidden)]
pub use self::limit::DeclaredLimit;
use self::{batch::Batch, outcome::look};
pub use self::{
    limit::{SharedRateLimiter, SharedRateStatistics, WhileAway},
    link::{Away, Link},
    modes::SharedModes,
};
use crate::{
    call::{AsyncCall, Begun, Call, Fields},
    operation::{Finder, Operation, Series, label, text_of},
    site::{Convention, Field, Follows, Meta, Site, SpanKind, Traced, text},
    trace::Writer,
};

const KEYS: [Field; 6] = Field::list([
    "db.operation.name",
    "db.query.text",
    "db.namespace",
    "db.operation.batch.size",
    "server.address",
    "server.port",
]);

/// Where nobody says another one, Redis listens.
const DEFAULT_PORT: u16 = 6379;

static COMMAND: Site = Site::new(Meta::block("command", module_path!(), file!(), line!())).traced(
    Traced::new()
        .kind(SpanKind::Client)
        .target("redis")
        .dynamic_name("command")
        .follows(Follows::new(Convention::Db, 1))
        .constants(&[text("db.system.name", "redis")])
        .fields(&KEYS),
);

/// A connection to Redis whose commands are client spans.
///
/// See the [module](self) for an example.
#[derive(Clone, Debug)]
pub struct TracedConnection<C> {
    connection: C,
    server: Option<Arc<Server>>,
}

/// What a program connected to.
#[derive(Debug)]
struct Server {
    address: String,
    port: Option<u16>,
}

impl<C> TracedConnection<C> {
    /// Goes around a connection that was made to this server.
    ///
    /// ```no_run
    /// use spandrel::redis_1::TracedConnection;
    ///
    /// let client = redis::Client::open("redis://127.0.0.1/")?;
    /// let connection = client.get_connection()?;
    /// let connection = TracedConnection::new(connection, client.get_connection_info());
    /// # Ok::<(), redis::RedisError>(())
    /// ```
    #[must_use]
    pub fn new(connection: C, server: &ConnectionInfo) -> Self {
        let (address, port) = match server.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                (host.clone(), Some(*port).filter(|port| *port != DEFAULT_PORT))
            }
            ConnectionAddr::Unix(path) => (path.display().to_string(), None),
            _ => return Self::to_several(connection),
        };
        Self { connection, server: Some(Arc::new(Server { address, port })) }
    }

    /// Goes around a connection to more than one server, as a cluster has them.
    ///
    /// ```
    /// use spandrel::redis_1::TracedConnection;
    ///
    /// # struct Cluster;
    /// let connection = TracedConnection::to_several(Cluster);
    /// # let _ = connection.into_inner();
    /// ```
    #[must_use]
    pub fn to_several(connection: C) -> Self {
        Self { connection, server: None }
    }

    /// The connection, for what is no command: what is asked of it is not seen.
    ///
    /// ```
    /// use spandrel::redis_1::TracedConnection;
    ///
    /// let mut connection = TracedConnection::to_several(1);
    /// assert_eq!(*connection.get_mut(), 1);
    /// ```
    #[must_use]
    pub fn get_mut(&mut self) -> &mut C {
        &mut self.connection
    }

    /// The connection alone again.
    ///
    /// ```
    /// use spandrel::redis_1::TracedConnection;
    ///
    /// assert_eq!(TracedConnection::to_several(1).into_inner(), 1);
    /// ```
    #[must_use]
    pub fn into_inner(self) -> C {
        self.connection
    }
}

impl Server {
    fn find(server: Option<&Self>, finder: Finder, batch: Batch<'_>, namespace: i64) -> Series {
        finder.find(&[
            ("db.operation.name", label(&text_of(format_args!("{}", batch.operation())))),
            ("db.namespace", label(&text_of(format_args!("{namespace}")))),
            ("server.address", label(&server.map(|server| server.address.as_str()))),
            ("server.port", label(&server.and_then(|server| server.port))),
        ])
    }

    fn begin(server: Option<&Self>, fields: Fields, batch: Batch<'_>, namespace: i64) -> Begun {
        fields.write(|writer: &mut Writer| {
            writer.display(0, &batch.operation());
            writer.name(format_args!("{}", batch.operation()));
            writer.display(1, &batch.text());
            writer.display(2, &namespace);
            writer.set(3, &batch.size());
            writer.set(4, &server.map(|server| server.address.as_str()));
            writer.set(5, &server.and_then(|server| server.port));
        })
    }
}

/// Runs what was asked, measured and within its span.
async fn run<T: outcome::Answer>(
    server: Option<&Server>,
    batch: Batch<'_>,
    namespace: i64,
    asked: RedisFuture<'_, T>,
) -> RedisResult<T> {
    let find = |finder: Finder| Server::find(server, finder, batch, namespace);
    let call = AsyncCall::start(&COMMAND, |fields| Server::begin(server, fields, batch, namespace));
    let measured = Operation::begin(&COMMAND, find).run(asked, |operation, result| {
        operation.ending().into_iter().for_each(|ending| look(ending, result));
    });
    call.run(measured, |call, result| {
        call.ending().into_iter().for_each(|ending| look(ending, result));
    })
    .await
}

impl<C: ConnectionLike> TracedConnection<C> {
    fn call<T: outcome::Answer>(
        &mut self,
        batch: Batch<'_>,
        ask: impl FnOnce(&mut C) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let (server, namespace) = (self.server.as_deref(), self.connection.get_db());
        let mut call = Call::off();
        call.begin(&COMMAND, |fields| Server::begin(server, fields, batch, namespace));
        let find = |finder: Finder| Server::find(server, finder, batch, namespace);
        let mut operation = Operation::enter(&COMMAND, find);
        let result = ask(&mut self.connection);
        [operation.ending(), call.ending()]
            .into_iter()
            .flatten()
            .for_each(|ending| look(ending, &result));
        operation.finish();
        call.finish();
        result
    }
}

impl<C: ConnectionLike> ConnectionLike for TracedConnection<C> {
    fn req_packed_command(&mut self, packed: &[u8]) -> RedisResult<Value> {
        self.call(Batch::packed(packed), |connection| connection.req_packed_command(packed))
    }

    fn req_packed_commands(
        &mut self,
        packed: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        self.call(Batch::packed(packed), |connection| {
            connection.req_packed_commands(packed, offset, count)
        })
    }

    fn req_command(&mut self, command: &Cmd) -> RedisResult<Value> {
        self.call(Batch::one(command), |connection| connection.req_command(command))
    }

    fn get_db(&self) -> i64 {
        self.connection.get_db()
    }

    fn supports_pipelining(&self) -> bool {
        self.connection.supports_pipelining()
    }

    fn check_connection(&mut self) -> bool {
        self.connection.check_connection()
    }

    fn is_open(&self) -> bool {
        self.connection.is_open()
    }
}

impl<C: aio::ConnectionLike + Send> aio::ConnectionLike for TracedConnection<C> {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        let (server, namespace) = (self.server.as_deref(), self.connection.get_db());
        let asked = self.connection.req_packed_command(command);
        Box::pin(run(server, Batch::one(command), namespace, asked))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        let (server, namespace) = (self.server.as_deref(), self.connection.get_db());
        let asked = self.connection.req_packed_commands(pipeline, offset, count);
        Box::pin(run(server, Batch::several(pipeline), namespace, asked))
    }

    fn get_db(&self) -> i64 {
        self.connection.get_db()
    }
}
