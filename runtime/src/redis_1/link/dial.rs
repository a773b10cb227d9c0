//! Connections of any type, behind two traits.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Cmd, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};

type Boxed<T> = Pin<Box<dyn Future<Output = RedisResult<T>> + Send>>;

/// Makes lines.
pub(super) trait Dial: Send + Sync {
    fn dial(&self, patience: Duration) -> Boxed<Arc<dyn Line>>;

    /// Whether the next one is another one.
    fn is_anew(&self) -> bool;
}

/// Takes commands.
pub(super) trait Line: Send + Sync {
    fn send(&self, command: Arc<Cmd>) -> Boxed<Value>;
}

/// Connects for each line.
pub(super) struct OfClient(pub redis::Client);

impl Dial for OfClient {
    fn dial(&self, patience: Duration) -> Boxed<Arc<dyn Line>> {
        let client = self.0.clone();
        Box::pin(async move {
            // Whoever asks has a time limit of his own.
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(patience))
                .set_response_timeout(None);
            let made: MultiplexedConnection =
                client.get_multiplexed_async_connection_with_config(&config).await?;
            Ok(Arc::new(Connection(made)) as Arc<dyn Line>)
        })
    }

    fn is_anew(&self) -> bool {
        true
    }
}

/// Always the same, which connects by itself.
pub(super) struct OfConnection<C>(pub C);

impl<C> Dial for OfConnection<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    fn dial(&self, _patience: Duration) -> Boxed<Arc<dyn Line>> {
        let line: Arc<dyn Line> = Arc::new(Connection(self.0.clone()));
        Box::pin(async move { Ok(line) })
    }

    fn is_anew(&self) -> bool {
        false
    }
}

struct Connection<C>(C);

impl<C> Line for Connection<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    fn send(&self, command: Arc<Cmd>) -> Boxed<Value> {
        let mut connection = self.0.clone();
        // Not `req_packed_command`, to which an error of the server is a value like any other.
        Box::pin(async move { command.query_async(&mut connection).await })
    }
}
