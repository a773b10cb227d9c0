//! What functions return in a test, in place of what they do.

use std::{
    any::{Any, type_name},
    collections::{HashMap, VecDeque},
    fmt,
};

use super::Test;
use crate::{
    resilience::isolation,
    sync::{Mutex, lock},
};

/// The scripts by test and function.
static SCRIPTS: Mutex<Option<HashMap<(u32, &'static str), Played>>> = Mutex::new(None);

struct Played {
    outcomes: VecDeque<Box<dyn Any + Send>>,
    all: usize,
    /// After the last outcome the body runs.
    goes_on: bool,
    asked: usize,
}

/// What a test has said of one function; made by [`Test::script`].
#[derive(Debug)]
pub struct Script {
    test: u32,
    name: &'static str,
}

/// A function that arguments of these types can be given; all that can be called is one.
///
/// `Arguments` is for the compiler alone, which finds it by itself.
pub trait Scriptable<Arguments> {
    /// What it returns.
    type Output;
}

/// The same, of what returns a future.
pub trait ScriptableAsync<Arguments> {
    /// What its future is ready with.
    type Output;
}

macro_rules! scriptable {
    ($($argument:ident)*) => {
        impl<F: Fn($($argument),*) -> R, R, $($argument),*> Scriptable<($($argument,)*)> for F {
            type Output = R;
        }

        impl<F, R, $($argument),*> ScriptableAsync<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> R,
            R: Future,
        {
            type Output = R::Output;
        }
    };
}

scriptable!();
scriptable!(A);
scriptable!(A B);
scriptable!(A B C);
scriptable!(A B C D);
scriptable!(A B C D E);
scriptable!(A B C D E G);
scriptable!(A B C D E G H);
scriptable!(A B C D E G H I);

impl Test {
    /// Says what a function with [`#[scripted]`](crate::scripted) returns, attempt by attempt.
    ///
    /// Its body does not run, everything around that does: retries, circuit breakers, fallbacks,
    /// spans. After the last outcome a further attempt panics, unless the script goes on with
    /// [`then_real`](Script::then_real). A second script of a function takes the place of the first.
    ///
    /// ```
    /// use spandrel::{resilience::Rejected, retry, scripted, testing::Setup, traced};
    ///
    /// # #[derive(Debug, PartialEq)] enum PayError { Busy, Rejected }
    /// # impl From<Rejected> for PayError { fn from(_: Rejected) -> Self { Self::Rejected } }
    /// #[traced]
    /// #[retry(max_attempts = 3, backoff = "1s")]
    /// #[scripted]
    /// fn charge(cents: u64) -> Result<u64, PayError> {
    ///     unreachable!("no test reaches the provider")
    /// }
    ///
    /// Setup::new().start_paused().run(|t| {
    ///     t.script(charge, [Err(PayError::Busy), Ok(5)]);
    ///     assert_eq!(charge(5), Ok(5));
    ///     t.assert_tree("charge ok\n  attempt ok");
    /// });
    /// ```
    ///
    /// # Panics
    ///
    /// At the end of the test, if nobody asked for the script: the function was not called, or it is
    /// not [`#[scripted]`](crate::scripted). Or if it was called too often, and what caught the panic
    /// said nothing.
    pub fn script<A, F: Scriptable<A>>(
        &self,
        _function: F,
        outcomes: impl IntoIterator<Item = F::Output>,
    ) -> Script
    where
        F::Output: Send + 'static,
    {
        self.play(type_name::<F>(), outcomes)
    }

    /// The same of an asynchronous function: what its future is ready with.
    ///
    /// ```
    /// use spandrel::{resilience::Rejected, retry, scripted, testing::Setup};
    ///
    /// # #[derive(Debug, PartialEq)] enum PayError { Busy, Rejected }
    /// # impl From<Rejected> for PayError { fn from(_: Rejected) -> Self { Self::Rejected } }
    /// #[retry(max_attempts = 3, backoff = "1s")]
    /// #[scripted]
    /// async fn charge(cents: u64) -> Result<u64, PayError> {
    ///     unreachable!("no test reaches the provider")
    /// }
    ///
    /// Setup::new().start_paused().run_async(|t| async move {
    ///     let script = t.script_async(charge, [Err(PayError::Busy), Ok(5)]);
    ///     assert_eq!(charge(5).await, Ok(5));
    ///     assert_eq!(script.left(), 0);
    /// });
    /// ```
    ///
    /// # Panics
    ///
    /// As [`script`](Self::script).
    pub fn script_async<A, F: ScriptableAsync<A>>(
        &self,
        _function: F,
        outcomes: impl IntoIterator<Item = F::Output>,
    ) -> Script
    where
        F::Output: Send + 'static,
    {
        self.play(type_name::<F>(), outcomes)
    }

    fn play<R: Send + 'static>(
        &self,
        name: &'static str,
        outcomes: impl IntoIterator<Item = R>,
    ) -> Script {
        let test = self.scope.id();
        let boxed = |outcome| Box::new(outcome) as Box<dyn Any + Send>;
        let outcomes: VecDeque<_> = outcomes.into_iter().map(boxed).collect();
        let all = outcomes.len();
        let played = Played { outcomes, all, goes_on: false, asked: 0 };
        let before = lock(&SCRIPTS).get_or_insert_default().insert((test, name), played);
        // What the test's values do when they are dropped, they do without our lock.
        drop(before);
        Script { test, name }
    }
}

impl Script {
    /// How many outcomes have not been returned yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.with(|played| played.outcomes.len()).unwrap_or_default()
    }

    /// After the last outcome the body runs.
    ///
    /// ```
    /// use spandrel::{scripted, testing};
    ///
    /// #[scripted]
    /// fn roll() -> u32 {
    ///     4
    /// }
    ///
    /// testing::run(|t| {
    ///     t.script(roll, [6, 1]).then_real();
    ///     assert_eq!([roll(), roll(), roll()], [6, 1, 4]);
    /// });
    /// ```
    pub fn then_real(&self) {
        self.with(|played| played.goes_on = true);
    }

    fn with<R>(&self, act: impl FnOnce(&mut Played) -> R) -> Option<R> {
        lock(&SCRIPTS).as_mut()?.get_mut(&(self.test, self.name)).map(act)
    }
}

impl fmt::Debug for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Played").field("left", &self.outcomes.len()).finish_non_exhaustive()
    }
}

/// What the test that runs here has said of the function around this closure.
#[cold]
#[inline(never)]
#[track_caller]
#[expect(clippy::panic, reason = "a test in which more happens than it said has failed")]
pub(crate) fn next<R: 'static, F>() -> Option<R> {
    let test = isolation::current()?.id();
    let mut name = type_name::<F>();
    while let Some(around) = name.strip_suffix("::{{closure}}") {
        name = around;
    }
    let mut scripts = lock(&SCRIPTS);
    let played = scripts.as_mut()?.get_mut(&(test, name))?;
    played.asked += 1;
    let (outcome, goes_on, all) = (played.outcomes.pop_front(), played.goes_on, played.all);
    drop(scripts);
    match outcome.map(<Box<dyn Any + Send>>::downcast::<R>) {
        Some(Ok(outcome)) => Some(*outcome),
        Some(Err(_)) => panic!(
            "`{name}` returns `{}` inside, for which no script can stand in",
            type_name::<R>()
        ),
        None if goes_on => None,
        None => panic!("{}", too_often(name, all)),
    }
}

fn too_often(name: &str, all: usize) -> String {
    format!(
        "`{name}` is called more often than its script says ({all}); add an outcome, or let it go on \
         with `then_real()`"
    )
}

/// A test is over, and its scripts are forgotten; returns what is wrong with how they were played.
pub(super) fn end(test: u32) -> Vec<String> {
    let ended: Vec<_> = lock(&SCRIPTS)
        .iter_mut()
        .flat_map(|scripts| scripts.extract_if(|(of, _), _| *of == test))
        .collect();
    let wrong = ended.iter().filter_map(|((_, name), played)| match played.asked {
        0 => Some(format!(
            "nobody asked for the script of `{name}`: it was not called, or is not \
             `#[spandrel::scripted]`"
        )),
        // Whoever panicked about it may have been caught.
        asked if asked > played.all && !played.goes_on => Some(too_often(name, played.all)),
        _ => None,
    });
    wrong.collect()
}
