//! `#[spandrel::test]`: each test sees its own spans, policies, clock and chance.

mod chance;
mod clock;
mod policies;
mod scripts;

use spandrel::{Rejected, testing::Test, traced};

/// Why something failed.
#[derive(Clone, Debug, PartialEq)]
enum Failed {
    Busy,
    Refused,
}

impl From<Rejected> for Failed {
    fn from(_: Rejected) -> Self {
        Self::Refused
    }
}

#[traced]
fn charge() {}

#[traced]
async fn refund() {
    tokio::task::yield_now().await;
}

#[spandrel::test]
fn a_test_needs_no_argument() {
    charge();
}

#[spandrel::test]
fn a_test_may_return_a_result(t: Test) -> Result<(), std::num::ParseIntError> {
    charge();
    let expected: usize = "1".parse()?;
    assert_eq!(t.spans().len(), expected);
    Ok(())
}

#[spandrel::test]
async fn a_test_may_be_asynchronous(t: Test) {
    refund().await;
    tokio::time::sleep(std::time::Duration::ZERO).await;
    assert_eq!(t.spans()[0].name, "refund");
}

#[spandrel::test]
#[should_panic(expected = "as intended")]
async fn other_attributes_stay() {
    refund().await;
    panic!("as intended");
}
