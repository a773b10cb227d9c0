//! Where the state of policies lives, and how it is found: by place, by name, by key.
//!
//! What a program declares is only numbers and can stand in a `static`. The state is made at the
//! first use and kept in a [`Home`]; those that share a name share the state of the first of them.
//! Whatever has state is listed by [`policies`], as long as somebody holds it. A test has all of it
//! once more, for itself.

mod declared;
mod hash;
mod home;
#[cfg(feature = "test-util")]
pub(crate) mod isolation;
mod json;
mod keyed;
mod metrics;
mod own;
mod registry;
mod status;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use declared::{Declared, Moded};
pub(crate) use home::{Home, Instance, Owner};
pub(crate) use keyed::sealed::Sealed;
pub use keyed::{Instanced, Keyable, Keyed};
pub(crate) use metrics::retire;
pub(crate) use own::Own;
pub use registry::policies;
pub(crate) use registry::{Listed, Numbers, each_instance, every_instance, labels_key};
pub use status::{Policies, PolicyKind, PolicyStatus};
