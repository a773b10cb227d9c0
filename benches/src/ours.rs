//! Spandrel.
#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method itself is not general enough in its lifetime"
)]

use std::{
    hint::black_box,
    sync::{LazyLock, Once, atomic::Ordering::Relaxed},
};

use spandrel::{
    __private::{AsyncCall, Call, Field, Meta, Site, Traced, call_once, look, output},
    bench,
    trace::Context,
};

use crate::{
    subject::{CHILDREN_PER_ROOT, CHILDREN_PER_TREE, Case, Kind, Seen, Sink, Subject},
    workload::{alone, body, children, ready},
};

/// Annotated functions in a program that never calls `init!`.
pub(crate) struct Uninitialised;

impl Subject for Uninitialised {
    fn name(&self) -> &'static str {
        "spandrel"
    }

    fn cases(&self) -> &'static [Case] {
        const { &[Case::silent(Kind::Uninitialised, |batches| alone(batches, work))] }
    }

    fn install(&self, _sink: Sink) {}
}

/// The recorder, running.
pub(crate) struct Spandrel;

impl Subject for Spandrel {
    fn name(&self) -> &'static str {
        "spandrel"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[
                Case::silent(Kind::Clock, |batches| {
                    alone(batches, |_, _| {
                        black_box(bench::ticks());
                        bench::ticks()
                    });
                }),
                Case::recorded(Kind::Attributes, |batches| {
                    roots(batches, |batch| children(batch, CHILDREN_PER_ROOT, work));
                }),
                Case::recorded(Kind::Plain, |batches| {
                    roots(batches, |batch| children(batch, CHILDREN_PER_ROOT, |id, _| plain(id)));
                }),
                Case::recorded(Kind::Async, |batches| {
                    roots(batches, |batch| {
                        children(batch, CHILDREN_PER_ROOT, |id, name| ready(work_async(id, name)));
                    });
                }),
                Case::recorded(Kind::Tree, |batches| {
                    roots(batches, |batch| children(batch, CHILDREN_PER_TREE, work));
                }),
                Case::silent(Kind::Unsampled, |batches| {
                    let _attached = UNSAMPLED.attach();
                    roots(batches, |batch| children(batch, CHILDREN_PER_ROOT, work));
                }),
                Case::silent(Kind::Disabled, |batches| alone(batches, disabled)),
            ]
        }
    }

    fn install(&self, _sink: Sink) {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            bench::start(&SEEN);
            for site in [&ROOT, &WORK, &PLAIN, &WORK_ASYNC] {
                bench::register(site, true);
            }
            bench::register(&DISABLED, false);
        });
    }

    fn sinks(&self) -> &'static [Sink] {
        // The exporter has no place yet where its bytes could be thrown away.
        &[Sink::Discard]
    }

    fn settle(&self) {
        bench::settle();
    }

    fn seen(&self) -> Seen {
        Seen {
            spans: SEEN.spans.load(Relaxed),
            attributes: SEEN.attributes.load(Relaxed),
            bytes: 0,
        }
    }
}

/// Returns the size of an annotated future.
pub(crate) fn future_size() -> usize {
    size_of_val(&work_async(1, ""))
}

/// A root under it is not recorded, and neither is anything below.
static UNSAMPLED: LazyLock<Context> = LazyLock::new(bench::unsampled);
static SEEN: bench::Seen = bench::Seen::new();
static FIELDS: [Field; 2] = [Field::new("id"), Field::new("name")];
static ROOT: Site =
    Site::new(Meta::block("root", "benches", file!(), line!())).traced(Traced::new());
static WORK: Site = Site::new(Meta::block("work", "benches", file!(), line!()))
    .traced(Traced::new().fields(&FIELDS));
static DISABLED: Site = Site::new(Meta::block("disabled", "benches", file!(), line!()))
    .traced(Traced::new().fields(&FIELDS));
static PLAIN: Site =
    Site::new(Meta::block("plain", "benches", file!(), line!())).traced(Traced::new());
static WORK_ASYNC: Site = Site::new(Meta::block("work_async", "benches", file!(), line!()))
    .traced(Traced::new().fields(&FIELDS));

#[inline(always)]
fn roots(batches: u64, run: impl Fn(u64)) {
    for batch in 0..batches {
        let mut call = Call::enter(&ROOT, |fields| fields.none());
        run(batch);
        call.finish();
    }
}

// Written by hand as `#[traced(fields(id, name))]` expands.
#[inline(never)]
fn work(id: u64, name: &str) -> u64 {
    let mut call = Call::enter(&WORK, |fields| {
        fields.write(|writer| {
            writer.set(0, &id);
            writer.set(1, &name);
        })
    });
    let result = call_once::<u64, _>(move || body(id, name));
    look!(call, result);
    call.finish();
    result
}

#[inline(never)]
fn disabled(id: u64, name: &str) -> u64 {
    let mut call = Call::enter(&DISABLED, |fields| {
        fields.write(|writer| {
            writer.set(0, &id);
            writer.set(1, &name);
        })
    });
    let result = call_once::<u64, _>(move || body(id, name));
    look!(call, result);
    call.finish();
    result
}

#[inline(never)]
fn plain(id: u64) -> u64 {
    let mut call = Call::enter(&PLAIN, |fields| fields.none());
    let result = call_once::<u64, _>(move || body(id, ""));
    look!(call, result);
    call.finish();
    result
}

#[inline(never)]
async fn work_async(id: u64, name: &str) -> u64 {
    AsyncCall::start(&WORK_ASYNC, |fields| {
        fields.write(|writer| {
            writer.set(0, &id);
            writer.set(1, &name);
        })
    })
    .run(
        async move {
            if false {
                return output::<u64>();
            }
            body(id, name)
        },
        |call, result| look!(call, *result),
    )
    .await
}
