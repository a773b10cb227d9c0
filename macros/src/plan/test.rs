//! The plan of `#[spandrel::test]`.

use proc_macro2::TokenStream;
use syn::{Expr, FnArg, Pat, PatType, Path};

use crate::{
    args::{self, Assign, Options as _, Truth},
    errors::Errors,
    parse::{Function, siblings},
};

args::options! {
    struct TestOptions {
        start_paused = "start_paused": Assign<Truth>,
        seed = "seed": Assign<Expr>,
        krate = "crate": Assign<Path>,
    }
}

/// What a test runs in.
pub(crate) struct TestPlan {
    pub(crate) krate: Path,
    pub(crate) param: Option<PatType>,
    pub(crate) starts_paused: bool,
    pub(crate) seed: Option<Expr>,
}

pub(crate) fn plan(
    args: TokenStream,
    function: &Function,
    errors: &mut Errors,
) -> Option<TestPlan> {
    let options = TestOptions::parse(args, errors);
    let sig = &function.sig;
    if let Some(second) = sig.inputs.iter().nth(1) {
        errors.at(second, "a test takes one argument at most: the `spandrel::testing::Test`");
    }
    if !sig.generics.params.is_empty() {
        errors.at(&sig.generics, "a test cannot be generic");
    }
    let param = match sig.inputs.first() {
        Some(FnArg::Receiver(receiver)) => {
            errors.at(receiver, "a test is a free function");
            return None;
        }
        Some(FnArg::Typed(typed)) => {
            if matches!(*typed.pat, Pat::Rest(_)) {
                return None;
            }
            Some(typed.clone())
        }
        None => None,
    };
    let krate = options.krate.map_or_else(siblings::default_crate, |krate| krate.value.0);
    let starts_paused = options.start_paused.is_some_and(|paused| paused.value.0.0);
    Some(TestPlan { krate, param, starts_paused, seed: options.seed.map(|seed| seed.value.0) })
}
