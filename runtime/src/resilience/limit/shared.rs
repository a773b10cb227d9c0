//! A limit that is asked for elsewhere, by all processes together.

use std::{fmt::Debug, pin::Pin, sync::Arc};

use crate::resilience::Rejected;

/// Leave that is being asked for.
pub(crate) type Asking<'a> = Pin<Box<dyn Future<Output = Result<(), Rejected>> + Send + 'a>>;

/// One question to a limit that several processes share.
pub trait SharedLimit: Debug + Sync {
    /// The name and the key that its rejections have.
    fn whose(&self) -> (&'static str, Option<Arc<str>>);

    /// Asks, and waits for the turn.
    fn ask(&self) -> Pin<Box<dyn Future<Output = Result<(), Rejected>> + Send + '_>>;
}
