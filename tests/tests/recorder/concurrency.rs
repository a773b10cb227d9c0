//! Many threads and tasks at once: nothing is lost and nothing crosses over.

use std::collections::HashMap;

use spandrel::{
    FutureExt as _, Span, testing,
    trace::{Context, SpanData, id::TraceId},
    traced,
};

#[traced(fields(job, step = 0))]
fn outer(job: u64) -> u64 {
    (1..=3).map(|step| inner(job, step)).sum()
}

#[traced(fields(job, step))]
fn inner(job: u64, step: u64) -> u64 {
    job * step
}

#[traced(fields(job, step = 9))]
async fn asynchronous(job: u64) -> u64 {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    let value = outer(job);
    leaf(job).await;
    value
}

#[traced(fields(job, step = 8))]
async fn leaf(job: u64) {
    tokio::task::yield_now().await;
    Span::current().set("late", job);
}

/// Every trace must be one job's: all its spans carry that job's number and form one tree.
fn assert_no_cross_talk(spans: &[SpanData], jobs: u64, spans_per_job: usize) {
    let mut traces: HashMap<TraceId, Vec<&SpanData>> = HashMap::new();
    for span in spans {
        traces.entry(span.trace_id).or_default().push(span);
    }
    assert_eq!(traces.len() as u64, jobs);
    for spans in traces.values() {
        assert_eq!(
            spans.len(),
            spans_per_job,
            "{:#?}",
            spans
                .iter()
                .map(|s| (&s.name, s.outcome, s.attribute("job"), s.parent_span_id, s.span_id))
                .collect::<Vec<_>>()
        );
        let ids: Vec<_> = spans.iter().map(|span| span.span_id).collect();
        let roots = spans.iter().filter(|span| span.parent_span_id.is_none()).count();
        assert_eq!(roots, 1);
        for span in spans {
            assert_eq!(span.attribute("job"), spans[0].attribute("job"));
            assert!(span.parent_span_id.is_none_or(|parent| ids.contains(&parent)));
            assert!(span.end_unix_nanos >= span.start_unix_nanos);
        }
    }
}

#[test]
fn spans_of_many_threads_never_mix() {
    let capture = testing::capture();
    let (threads, jobs) = (8, 5_000);

    std::thread::scope(|scope| {
        for thread in 0..threads {
            let context = capture.context();
            scope.spawn(move || {
                let _attached = context.attach();
                for job in 0..jobs {
                    outer(thread * jobs + job);
                    // The table of running spans is what may fill up, not the pool.
                    if job % 100 == 0 {
                        std::thread::yield_now();
                    }
                }
            });
        }
    });

    assert_no_cross_talk(&capture.spans(), threads * jobs, 4);
}

#[test]
fn spans_of_many_tasks_on_many_threads_never_mix() {
    let capture = testing::capture();
    let jobs = 20_000;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();

    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for job in 0..jobs {
            tasks.spawn(asynchronous(job).in_context(capture.context()));
            if job % 500 == 499 {
                while tasks.join_next().await.is_some() {}
            }
        }
        while tasks.join_next().await.is_some() {}
    });

    let spans = capture.spans();
    assert_no_cross_talk(&spans, jobs, 6);
    let late = spans.iter().filter(|span| span.name == "leaf");
    assert!(late.clone().all(|span| span.attribute("late") == span.attribute("job")));
    assert_eq!(late.count() as u64, jobs);
}

#[test]
fn three_hundred_recording_threads_lose_nothing() {
    let capture = testing::capture();
    let (threads, jobs) = (300, 100);
    let all_at_once = std::sync::Barrier::new(threads as usize);

    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (context, all_at_once) = (capture.context(), &all_at_once);
            scope.spawn(move || {
                let _attached = context.attach();
                all_at_once.wait();
                for job in 0..jobs {
                    outer(thread * jobs + job);
                }
                all_at_once.wait();
            });
        }
    });

    assert_no_cross_talk(&capture.spans(), threads * jobs, 4);
}

#[test]
fn a_context_carries_over_threads_tasks_and_pools() {
    let capture = testing::capture();

    let root = capture.run(|| Span::start("root"));
    let _entered = root.context().attach();
    spandrel::thread::spawn(|| inner(1, 1)).join().unwrap();
    std::thread::spawn(spandrel::thread::carry(|| inner(1, 2))).join().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    runtime.block_on(async {
        let context = Context::current();
        spandrel::spawn(leaf(1)).await.unwrap();
        spandrel::spawn_blocking(|| inner(1, 3)).await.unwrap();
        tokio::spawn(leaf(1).in_context(context)).await.unwrap();
    });
    let root_id = root.span_id();
    root.end();

    let spans = capture.spans();
    let children = spans.iter().filter(|span| span.name != "root");
    assert_eq!(children.clone().count(), 5);
    assert!(children.clone().all(|span| span.parent_span_id == root_id));
}
