//! What all variants have in common of their store.

use serde::{Deserialize, Serialize};
use sqlx::{SqlitePool, sqlite::SqlitePoolOptions};

/// What is known of an order.
#[derive(Debug, Deserialize, Serialize, sqlx::FromRow)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) item: String,
    pub(crate) pieces: i64,
    pub(crate) receipt: Option<i64>,
}

const TABLE: &str =
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT, pieces INTEGER, receipt INTEGER)";

pub(crate) async fn open() -> Result<SqlitePool, sqlx::Error> {
    // One connection: a database in memory belongs to it.
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    sqlx::query(TABLE).execute(&pool).await?;
    // What customers look for from the first one on.
    sqlx::query("INSERT INTO orders (item, pieces) VALUES ('pot', 1)").execute(&pool).await?;
    Ok(pool)
}
