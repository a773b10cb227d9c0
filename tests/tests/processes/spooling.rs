//! A receiver that goes away and comes back, and processes that are killed in the meantime.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    net::TcpListener,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use spandrel_tests::counterparts::Collector;

use crate::{
    probe::{Outcome, Probe},
    receiver::{Manner, Receiver},
};

/// A folder of one test, gone with it.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Relaxed);
        let path = std::env::temp_dir().join(format!("spandrel-{}-{number}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().expect("the name is ours")
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(&self.0).expect("it is there");
        files.map(|file| file.expect("it can be read").path()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn probe(how: &str, endpoint: &str, folder: &Folder) -> Probe {
    Probe::new("spooling", how).to(endpoint).env("SPANDREL_SPOOL_DIR", folder.path())
}

/// Runs until the spool has something in it, and is killed; how many spans it said to have spooled.
fn killed_with_spans_in_the_spool(endpoint: &str, folder: &Folder, protocol: &str) -> u64 {
    let mut running = probe("until-killed", endpoint, folder)
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .start();
    running.wait_for("round.40");
    let spooled = running.most("round.");
    running.kill();
    assert_eq!(running.end().signal(), Some(libc::SIGKILL));
    assert!(spooled >= 1_000, "{spooled}");
    spooled
}

#[track_caller]
fn assert_nothing_lost(outcome: &Outcome) {
    outcome.assert_success();
    outcome.assert_said(&[("result", "done"), ("balanced", "true"), ("in-time", "true")]);
    outcome.assert_said(&[("0.queued", "0"), ("0.spool_lost", "0")]);
    assert!(!outcome.stderr.contains("lost"), "{outcome:?}");
}

#[test]
fn a_receiver_that_is_away_for_a_while_under_load_gets_every_span() {
    let folder = Folder::new();
    let url = Receiver::refusing();
    let mut running = probe("under-load", &url, &folder).start();

    running.wait_for("spooling");
    let first = Receiver::start_at(&url, Manner::Vanishes(20));
    first.wait_until_gone();
    let second = Receiver::start_at(&url, Manner::Answers);
    assert!(second.gets(20, crate::probe::PATIENCE));
    let outcome = running.end();

    assert_nothing_lost(&outcome);
    let produced = outcome.number("produced");
    let spooled = outcome.number("0.spooled");
    assert_eq!(produced, outcome.number("0.delivered") + spooled, "{outcome:?}");
    assert_eq!(spooled, outcome.number("0.replayed"));
    assert_eq!(Receiver::distinct(&[&first, &second]) as u64, produced);
    assert_eq!(folder.files(), [""; 0].map(PathBuf::from));
    assert!(outcome.lines_with("takes no spans, so they are kept in") >= 2, "{outcome:?}");
    assert!(outcome.lines_with("takes spans again") >= 2, "{outcome:?}");
}

#[test]
fn what_a_killed_process_spooled_is_delivered_by_the_next_one() {
    let folder = Folder::new();
    let spooled = killed_with_spans_in_the_spool(&Receiver::refusing(), &folder, "http/json");
    let receiver = Receiver::start(Manner::Answers);

    let outcome = probe("drain", &receiver.url(), &folder)
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
        .run();

    assert_nothing_lost(&outcome);
    let arrived = receiver.spans().len() as u64;
    // It has spooled more between saying so and its end.
    assert!(arrived >= spooled, "{arrived} of {spooled}");
    assert_eq!(outcome.number("0.replayed"), arrived);
    assert_eq!(Receiver::distinct(&[&receiver]) as u64, arrived);
}

#[test]
fn a_collector_takes_what_a_killed_process_spooled_by_each_protocol() {
    let Some(mut collector) = Collector::start() else { return };
    for protocol in ["http/protobuf", "grpc", "http/json"] {
        let folder = Folder::new();
        let spooled = killed_with_spans_in_the_spool(&Receiver::refusing(), &folder, protocol);
        let endpoint =
            if protocol == "grpc" { collector.grpc_endpoint() } else { collector.endpoint() };

        let outcome =
            probe("drain", endpoint, &folder).env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol).run();

        assert_nothing_lost(&outcome);
        let replayed = outcome.number("0.replayed");
        assert!(replayed >= spooled, "{protocol}: {outcome:?}");
        let arrived = collector.spans(usize::try_from(replayed).expect("not so many"));
        assert_eq!(arrived.len() as u64, replayed, "{protocol}");
    }
}

#[test]
fn a_torn_file_costs_what_is_torn_and_is_explained_once() {
    let folder = Folder::new();
    let spooled = killed_with_spans_in_the_spool(&Receiver::refusing(), &folder, "http/protobuf");
    let file = folder.files().into_iter().max().expect("a segment");
    let mut file = OpenOptions::new().append(true).open(file).expect("it can be written");
    // The beginning of an entry of 4,000 bytes.
    file.write_all(&[0, 160, 15, 0, 0, 50, 0, 0, 0, 1, 2, 3, 4, 5, 6]).expect("it can be written");
    let receiver = Receiver::start(Manner::Answers);

    let outcome = probe("drain", &receiver.url(), &folder).run();

    outcome.assert_success();
    outcome.assert_said(&[("balanced", "true"), ("in-time", "true")]);
    assert!(outcome.number("0.replayed") >= spooled, "{outcome:?}");
    assert_eq!(outcome.lines_with("is damaged, as after a crash"), 1, "{outcome:?}");
}

#[test]
fn what_is_undelivered_at_the_end_is_spooled() {
    // Nobody ever accepts what connects to it.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent = format!("http://{}", listener.local_addr().expect("it is bound"));
    for (url, protocol) in [
        (Receiver::refusing(), "http/protobuf"),
        (Receiver::refusing(), "grpc"),
        (silent.clone(), "http/protobuf"),
        (silent, "grpc"),
    ] {
        let folder = Folder::new();

        let outcome =
            probe("at-the-end", &url, &folder).env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol).run();

        outcome.assert_success();
        outcome.assert_said(&[("result", "done"), ("balanced", "true"), ("produced", "3000")]);
        outcome.assert_said(&[("0.spooled", "3000"), ("0.delivered", "0")]);
        assert!(outcome.number("shutdown.millis") < 4_500, "{outcome:?}");
        let receiver = Receiver::start(Manner::Answers);
        assert_nothing_lost(&probe("drain", &receiver.url(), &folder).run());
        assert_eq!(Receiver::distinct(&[&receiver]), 3_000);
    }
}

#[test]
fn a_folder_that_cannot_be_used_costs_spans_and_is_explained() {
    let folder = Folder::new();
    let blocked = Folder(folder.0.join("blocked"));
    fs::write(&blocked.0, "no folder").expect("it can be written");

    let outcome = probe("at-the-end", &Receiver::refusing(), &blocked).run();

    outcome.assert_success();
    outcome.assert_said(&[("balanced", "true"), ("0.spooled", "0"), ("0.delivered", "0")]);
    outcome.assert_said(&[("0.dropped.export_failed", "3000")]);
    assert_eq!(outcome.lines_with(&format!("spans for {} are lost", blocked.path())), 1);
}

#[test]
fn a_full_spool_keeps_to_its_bound() {
    let folder = Folder::new();
    let mut running = probe("until-killed", &Receiver::refusing(), &folder)
        .env("SPANDREL_SPOOL_BYTES", "4MiB")
        .start();
    // Each round has some 5 KB.
    running.wait_for("round.1500");
    let used: u64 =
        folder.files().iter().filter_map(|file| Some(fs::metadata(file).ok()?.len())).sum();
    running.kill();
    let outcome = running.end();

    assert!((3 << 20..=4 << 20).contains(&used), "{used}");
    assert_eq!(outcome.lines_with("is full, its oldest spans are dropped"), 1, "{outcome:?}");
}
