//! The measurements are of what they claim: nothing gets lost, and nothing is recorded by mistake.

use spandrel_benches::{Sink, harness, subjects};

#[test]
fn every_case_of_every_subject_reaches_its_sink() {
    for subject in subjects() {
        subject.install(Sink::Discard);
        for case in subject.cases() {
            harness::verify(subject, case);
        }
    }
}
