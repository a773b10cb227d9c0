//! State of which a test may have one of its own.

#[cfg(feature = "test-util")]
use super::isolation;

/// State that the program has once, and each test that is isolated once more.
#[derive(Debug)]
pub(crate) struct Own<T> {
    value: T,
    #[cfg(feature = "test-util")]
    of_tests: isolation::Chain<T>,
}

impl<T> Own<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            value,
            #[cfg(feature = "test-util")]
            of_tests: isolation::Chain::new(),
        }
    }

    /// The program's, or that of the test which runs here, made when it is first needed.
    #[cfg_attr(
        not(feature = "test-util"),
        expect(unused_variables, reason = "no test has its own")
    )]
    #[inline(always)]
    pub(crate) fn get(&self, fresh: impl Fn() -> T) -> &T {
        #[cfg(feature = "test-util")]
        if isolation::is_on()
            && let Some(test) = isolation::current()
        {
            return self.of_tests.get(test.id(), fresh);
        }
        &self.value
    }
}
