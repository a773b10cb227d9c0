//! Prints the CPU time of all threads per span, from the call to a receiver that took it.
//!
//! `exports` lists the forms; `exports FORM` measures one, against a receiver that takes everything
//! and looks at nothing, in a process of its own so that its time is not counted. What the kernel
//! does for the connection is counted: it is what one form costs more than another, too.
//! `exports FORM BURSTS` runs so many bursts and prints nothing, for a tool that counts instructions.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

mod receiver;

use std::{
    env,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};
use spandrel::{
    Telemetry,
    export::{Compression, Otlp, Zipkin},
};
use spandrel_benches::{Case, Kind, subjects};

const BATCHES: u64 = 20;
const BURSTS: u64 = 300;
const PATIENCE: Duration = Duration::from_secs(30);

/// The name of a form, and how to export by it to a receiver.
type Form = (&'static str, fn(&str) -> spandrel::Builder);

const FORMS: &[Form] = &[
    ("http/protobuf", |url| otlp(Otlp::http().endpoint(url))),
    ("http/protobuf gzip", |url| otlp(Otlp::http().endpoint(url).compression(Compression::Gzip))),
    ("http/json", |url| otlp(Otlp::http_json().endpoint(url))),
    ("grpc", |url| otlp(Otlp::grpc().endpoint(url))),
    ("grpc gzip", |url| otlp(Otlp::grpc().endpoint(url).compression(Compression::Gzip))),
    ("zipkin", |url| {
        spandrel::builder!().zipkin(Zipkin::new().endpoint(format!("{url}/api/v2/spans")))
    }),
];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let find = |name: &str| FORMS.iter().find(|(known, _)| *known == name);
    match arguments[..] {
        ["receive", protocol] => receiver::run(protocol),
        [name] => find(name).into_iter().for_each(measure),
        [name, bursts] => {
            let bursts: u64 = bursts.parse().expect("a number of bursts");
            let run = |form| export(form, &mut |burst| (0..bursts).for_each(|_| burst()));
            find(name).into_iter().for_each(run);
        }
        _ => FORMS.iter().for_each(|(name, _)| println!("{name}")),
    }
}

fn otlp(otlp: Otlp) -> spandrel::Builder {
    spandrel::builder!().otlp(otlp)
}

fn measure(form: &Form) {
    let mut spent = Duration::ZERO;
    export(form, &mut |run| {
        let start = process_time();
        (0..BURSTS).for_each(|_| run());
        spent = process_time().saturating_sub(start);
    });
    let per_span = spent.as_nanos() as f64 / case().spans(BATCHES * BURSTS) as f64;
    println!("export-cpu\t{}\tspandrel\t{per_span:.1}", form.0);
}

/// Lets `measure` run bursts, after a first one for the connection and for all memory at its size.
fn export((name, build): &Form, measure: &mut dyn FnMut(&dyn Fn())) {
    let (mut receiver, url) = receiver(if name.starts_with("grpc") { "grpc" } else { "http" });
    let telemetry = build(&url).init().expect("the configuration is right");
    let burst = || {
        (case().run)(BATCHES);
        // In pieces of as many spans as fit a request, and no faster than they are taken.
        flush(&telemetry);
    };
    burst();
    measure(&burst);

    let report = telemetry.report();
    assert_eq!(report.exporters[0].delivered, report.produced, "a lost span would flatter");
    drop(receiver.stdin.take());
    receiver.wait().expect("it is our child");
}

/// Ours, with two attributes.
fn case() -> &'static Case {
    let ours = subjects().into_iter().filter(|subject| subject.name() == "spandrel");
    let mut cases = ours.flat_map(spandrel_benches::Subject::cases);
    cases.find(|case| case.kind == Kind::Attributes).expect("it is there")
}

fn flush(telemetry: &Telemetry) {
    telemetry.flush(PATIENCE).expect("there is time enough");
}

/// Starts a receiver; it ends when its stdin is closed.
fn receiver(protocol: &str) -> (Child, String) {
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args(["receive", protocol])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut address = String::new();
    let stdout = child.stdout.take().expect("it is piped");
    BufReader::new(stdout).read_line(&mut address).expect("it says where it listens");
    (child, format!("http://{}", address.trim()))
}

fn process_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32)
}
