//! Which machine, compiler and versions the numbers belong to: nothing that names a host.

use std::{fs, io, path::Path, process::Command, thread};

/// Packages whose versions matter, in the order of the page.
const PACKAGES: &[&str] = &[
    "fastrace",
    "fastrace-opentelemetry",
    "tracing",
    "tracing-subscriber",
    "tracing-opentelemetry",
    "opentelemetry_sdk",
    "opentelemetry-otlp",
    "fastant",
    "quanta",
    "failsafe",
    "recloser",
    "tower-resilience-circuitbreaker",
    "backon",
    "tokio-retry",
    "governor",
    "tokio",
    "criterion",
];

/// Describes the machine in a few lines of Markdown.
pub(crate) fn describe() -> io::Result<String> {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu_field = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim())
    };
    let model = cpu_field("model name").unwrap_or("unknown processor");
    let family = cpu_field("cpu family").unwrap_or("?");
    let cores = thread::available_parallelism()?;
    let rustc = Command::new("rustc").arg("--version").output()?.stdout;
    let rustc = String::from_utf8_lossy(&rustc);

    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock"))?;
    let versions: Vec<String> = PACKAGES
        .iter()
        .filter_map(|package| Some(format!("{package} {}", version(&lock, package)?)))
        .collect();
    Ok(format!(
        "Machine: {model} (family {family}), {cores} cores, {os} {arch}. {rustc}, release profile \
         without LTO.\n\nVersions: {versions}.\n",
        os = std::env::consts::OS,
        arch = std::env::consts::ARCH,
        rustc = rustc.trim(),
        versions = versions.join(", "),
    ))
}

fn version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split('"').next()
}
