//! Layers beside ours: their filters, their levels, their panics.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};

use spandrel::{
    testing,
    trace::Context,
    tracing::{SetParentError, SpanExt as _},
};
use tracing::{Subscriber, info_span, span, subscriber::with_default};
use tracing_subscriber::{
    filter::{LevelFilter, filter_fn},
    layer::{self, Layer, SubscriberExt as _},
    registry,
};

#[test]
fn a_filter_on_our_layer_leaves_spans_out_and_keeps_their_children() {
    let capture = testing::capture();
    let layer =
        spandrel::tracing::layer().with_filter(filter_fn(|metadata| metadata.name() != "out"));

    with_default(registry().with(layer), || {
        capture.run(|| {
            info_span!("outer").in_scope(|| {
                info_span!("out").in_scope(|| info_span!("inner").in_scope(|| {}));
            });
        });
    });

    capture.assert_tree("outer ok\n  inner ok");
}

#[test]
fn a_global_filter_beside_our_layer_holds_for_it() {
    let capture = testing::capture();
    let subscriber = registry().with(LevelFilter::WARN).with(spandrel::tracing::layer());

    with_default(subscriber, || {
        capture.run(|| {
            info_span!("quiet").in_scope(|| tracing::warn_span!("loud").in_scope(|| {}));
        });
    });

    capture.assert_tree("loud ok");
}

#[test]
fn the_layer_may_be_boxed_optional_and_anywhere_in_the_stack() {
    let capture = testing::capture();
    let ours: Box<dyn Layer<registry::Registry> + Send + Sync> = spandrel::tracing::layer().boxed();
    let subscriber =
        registry().with(Some(ours)).with(Panicking::default()).with(LevelFilter::TRACE);

    with_default(subscriber, || {
        capture.run(|| {
            let span = info_span!("span");
            assert!(span.context().is_recording());
            span.in_scope(|| {});
        });
    });

    capture.assert_tree("span ok");
}

#[test]
fn two_registries_on_one_thread_do_not_mix_their_ids() {
    let capture = testing::capture();
    let subscriber = || registry().with(spandrel::tracing::layer());

    capture.run(|| {
        with_default(subscriber(), || {
            let outer = info_span!("outer").entered();
            with_default(subscriber(), || {
                let inner = info_span!("inner").entered();
                drop(outer);
                info_span!("innermost").in_scope(|| {});
                drop(inner);
            });
        });
        assert!(!Context::current().is_active());
    });

    capture.assert_tree("outer ok\n  inner ok\n    innermost ok");
}

#[test]
fn without_our_layer_there_is_nothing_to_be_had_of_a_span() {
    with_default(registry(), || {
        let span = info_span!("span");
        assert!(!span.context().is_active());
        assert_eq!(span.set_parent(Context::default()), Err(SetParentError::NotRecorded));
    });
}

/// A layer that panics when it is told to.
#[derive(Clone, Default)]
struct Panicking {
    at_enter: Arc<AtomicBool>,
    at_exit: Arc<AtomicBool>,
    at_new_span: Arc<AtomicBool>,
    panics: Arc<AtomicUsize>,
}

impl Panicking {
    fn panic_if(&self, told: &AtomicBool) {
        if told.swap(false, SeqCst) {
            self.panics.fetch_add(1, SeqCst);
            panic!("a broken layer");
        }
    }
}

impl<S: Subscriber> Layer<S> for Panicking {
    fn on_new_span(&self, _: &span::Attributes<'_>, _: &span::Id, _: layer::Context<'_, S>) {
        self.panic_if(&self.at_new_span);
    }

    fn on_enter(&self, _: &span::Id, _: layer::Context<'_, S>) {
        self.panic_if(&self.at_enter);
    }

    fn on_exit(&self, _: &span::Id, _: layer::Context<'_, S>) {
        self.panic_if(&self.at_exit);
    }
}

#[test]
fn a_layer_that_panics_beside_ours_leaves_what_is_current_as_it_was() {
    type Tell = fn(&Panicking) -> &AtomicBool;
    let moments: [Tell; 3] =
        [|layer| &layer.at_new_span, |layer| &layer.at_enter, |layer| &layer.at_exit];
    for (at, moment) in moments.into_iter().enumerate() {
        for ours_first in [true, false] {
            let capture = testing::capture();
            let panicking = Panicking::default();
            let layers: Box<dyn Layer<registry::Registry> + Send + Sync> = if ours_first {
                spandrel::tracing::layer().and_then(panicking.clone()).boxed()
            } else {
                panicking.clone().and_then(spandrel::tracing::layer()).boxed()
            };

            with_default(registry().with(layers), || {
                capture.run(|| {
                    info_span!("outer").in_scope(|| {
                        let outer = Context::current().span_id();
                        moment(&panicking).store(true, SeqCst);
                        let broken = AssertUnwindSafe(|| info_span!("broken").in_scope(|| {}));
                        assert!(panic::catch_unwind(broken).is_err());
                        assert_eq!(Context::current().span_id(), outer, "moment {at}");
                        info_span!("after").in_scope(|| {});
                    });
                    assert!(!Context::current().is_active(), "moment {at}");
                });
            });

            // Where a span could not be made, the registry itself never closes its parent.
            if at != 0 {
                let outer = capture.span("outer");
                let children = capture.children_of(&outer);
                assert!(children.iter().any(|span| span.name == "after"), "moment {at}");
            }
            assert_eq!(capture.find("after").len(), 1);
            assert_eq!(panicking.panics.load(SeqCst), 1);
        }
    }
}
