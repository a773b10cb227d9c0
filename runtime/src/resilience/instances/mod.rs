//! Where the state of policies lives, and how it is found: by place, by name, by key.
//!
//! What a program declares is only numbers and can stand in a `static`. The state is made at the
//! first use and kept in a [`Home`]; those that share a name share the state of the first of them.
//! Whatever has state is listed by [`policies`], as long as somebody holds it.

mod declared;
mod hash;
mod home;
mod json;
mod keyed;
mod registry;
mod status;
#[cfg(test)]
mod tests;

pub(crate) use declared::{Declared, Moded};
pub(crate) use home::{Home, Instance, Owner};
pub(crate) use keyed::sealed::Sealed;
pub use keyed::{Instanced, Keyable, Keyed, OfKeys};
pub use registry::policies;
pub(crate) use registry::{Listed, Numbers, each_instance};
pub use status::{Policies, PolicyKind, PolicyStatus};
