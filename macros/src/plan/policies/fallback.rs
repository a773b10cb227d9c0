//! What is returned in place of a failure.

use quote::ToTokens as _;
use syn::{Expr, FnArg, Ident, Pat, Type};

use crate::{
    args::{Constant, Lapse},
    errors::Errors,
    parse::Function,
};

/// The fallback of one function.
pub(crate) struct Fallback {
    pub(crate) source: Option<Source>,
    /// The last good value is served for so long.
    pub(crate) stale: Option<Lapse>,
    /// The option by which arguments are handed on, as typed.
    pub(crate) hands_on: Option<Ident>,
    pub(crate) key: Option<Expr>,
    pub(crate) when: Option<Expr>,
    /// The rejections for which it stands in; none named: all, and errors.
    pub(crate) on: Option<Constant>,
    pub(crate) catches: bool,
}

/// Where the value comes from.
pub(crate) enum Source {
    /// A function, which is given these arguments.
    With(Expr, Vec<(Ident, Passed)>),
    Value(Expr),
}

impl Fallback {
    /// Whether there is a value for every failure.
    pub(crate) fn is_unconditional(&self) -> bool {
        self.source.is_some() && self.when.is_none() && self.on.is_none()
    }
}

/// The arguments of a function as another one is given them: what is owned, by reference.
pub(crate) fn arguments(
    key: &Ident,
    function: &Function,
    errors: &mut Errors,
) -> Vec<(Ident, Passed)> {
    let mut arguments = Vec::new();
    for (arg, param) in function.sig.inputs.iter().zip(&function.params) {
        if !param.cfgs.is_empty() {
            errors.at(
                arg,
                format!(
                    "`{key}` cannot hand on an argument that a `cfg` may remove; write `value = …`"
                ),
            );
        }
        let (is_name, passed) = match arg {
            FnArg::Receiver(receiver) => (
                true,
                if receiver.reference.is_some() { Passed::AsIs } else { Passed::ByReference },
            ),
            FnArg::Typed(typed) => {
                let is_name = matches!(&*typed.pat, Pat::Ident(name) if name.subpat.is_none());
                let is_reference = matches!(&*typed.ty, Type::Reference(_));
                (is_name, if is_reference { Passed::AsIs } else { Passed::ByReference })
            }
        };
        match param.names.first().filter(|_| is_name) {
            Some(name) => arguments.push((name.clone(), passed)),
            None => errors.at(
                arg.to_token_stream(),
                format!("`{key}` hands on the arguments by their names; give this one a name"),
            ),
        }
    }
    arguments
}

/// How an argument is handed on.
#[derive(Clone, Copy)]
pub(crate) enum Passed {
    AsIs,
    ByReference,
}
