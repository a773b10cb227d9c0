//! Attributes of other crates on the same function, in front and behind.

use spandrel::{counted, testing, traced};

#[traced(fields(id))]
#[tracing::instrument(skip_all)]
#[counted]
fn in_front(id: u8) -> Result<u8, String> {
    if id > 3 { Err("large".to_owned()) } else { Ok(id) }
}

#[tracing::instrument(skip_all, err)]
#[traced(fields(id))]
async fn behind(id: u8) -> Result<u8, String> {
    tokio::task::yield_now().await;
    if id > 3 { Err("large".to_owned()) } else { Ok(id) }
}

#[traced]
#[tokio::test]
async fn a_tokio_test_runs_with_our_attribute_in_front() {
    assert_eq!(behind(2).await, Ok(2));
}

#[tokio::test]
#[traced]
async fn a_tokio_test_runs_with_our_attribute_behind() {
    assert!(behind(9).await.is_err());
}

#[test]
#[traced]
fn a_plain_test_runs() -> Result<(), String> {
    in_front(3).map(drop)
}

#[tokio::test]
async fn spans_are_the_same_on_either_side_of_tracing() {
    use spandrel::FutureExt as _;

    let capture = testing::capture();
    capture.run(|| assert_eq!(in_front(1), Ok(1)));
    let later = behind(1).in_context(capture.context());
    assert_eq!(later.await, Ok(1));

    let spans = capture.spans();
    let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["in_front", "behind"]);
    assert!(spans.iter().all(|span| span.attributes.len() == 1));
}
