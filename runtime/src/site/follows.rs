//! The semantic convention that the calls of a site follow.

/// A convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    /// A call of a database.
    Db,
    /// An operation of a model, an agent or a tool.
    Genai,
    /// Something about a message.
    Messaging,
    /// A call of another service.
    Rpc,
}

/// What calls are measured by, whether or not they have spans.
#[derive(Clone, Copy, Debug)]
pub struct Follows {
    pub(crate) convention: Convention,
    /// How many of the site's constants are labels: the first ones.
    pub(crate) labels: usize,
}

impl Follows {
    /// By a convention, with so many of the site's constants as labels.
    #[must_use]
    pub const fn new(convention: Convention, labels: usize) -> Self {
        Self { convention, labels }
    }
}
