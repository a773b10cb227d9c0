//! What this process uses.

use super::{Read, SCOPE, number_behind};
use crate::{
    metrics::{
        build::{Named, labels},
        data::{Labels, Metric, Number},
    },
    time,
};

/// What `/proc/self/stat` tells.
#[derive(Debug, PartialEq)]
pub(super) struct Stat {
    minor_faults: u64,
    major_faults: u64,
    user_ticks: u64,
    system_ticks: u64,
    threads: u64,
    started_ticks: u64,
    virtual_bytes: u64,
}

impl Stat {
    pub(super) fn parse(text: &str) -> Option<Self> {
        // The name of the program, between brackets, may hold brackets and blanks itself.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // As proc(5) numbers them; the first behind the name is the third.
        let field = |number: usize| fields.get(number - 3)?.parse().ok();
        Some(Self {
            minor_faults: field(10)?,
            major_faults: field(12)?,
            user_ticks: field(14)?,
            system_ticks: field(15)?,
            threads: field(20)?,
            started_ticks: field(22)?,
            virtual_bytes: field(23)?,
        })
    }
}

pub(super) fn collect(read: Read<'_>, into: &mut Vec<Metric>) {
    let now = time::unix_nanos();
    let stat = read("/proc/self/stat").and_then(|text| Stat::parse(&text));
    let uptime = stat.as_ref().and_then(|stat| uptime(read, stat));
    // Where the system does not tell, the process is as old as its telemetry.
    let uptime = uptime.unwrap_or(now.saturating_sub(time::started_unix_nanos()) as f64 / 1e9);
    let start = now.saturating_sub((uptime * 1e9) as u64);
    let named = |name, unit, description| Named { name, unit, description, scope: SCOPE };
    into.push(
        named("process.uptime", "s", "How long the process has been running")
            .gauge(start, [(Labels::new(), Number::F64(uptime))]),
    );
    if let Some(stat) = &stat {
        of_stat(stat, start, into);
    }
    if let Some(status) = read("/proc/self/status") {
        of_status(&status, start, into);
    }
    if let Some(io) = read("/proc/self/io") {
        let bytes = [("read", "read_bytes"), ("write", "write_bytes")];
        let bytes = bytes.into_iter().filter_map(|(direction, key)| {
            let bytes = number_behind(&io, key)?;
            Some((labels([("disk.io.direction", direction)]), Number::U64(bytes)))
        });
        into.push(named("process.disk.io", "By", "Bytes read and written").counter(start, bytes));
    }
    if let Some(count) = open_files(read) {
        into.push(
            named("process.unix.file_descriptor.count", "{file_descriptor}", "Open files")
                .up_down(start, [(Labels::new(), Number::U64(count))]),
        );
    }
    if let Some(most) = read("/proc/self/limits").and_then(|limits| most_files(&limits)) {
        into.push(
            named("process.unix.file_descriptor.limit", "{file_descriptor}", "The most open files")
                .up_down(start, [(Labels::new(), Number::U64(most))]),
        );
    }
}

fn of_stat(stat: &Stat, start: u64, into: &mut Vec<Metric>) {
    let named = |name, unit, description| Named { name, unit, description, scope: SCOPE };
    let per_second = ticks_per_second() as f64;
    let seconds =
        [("user", stat.user_ticks), ("system", stat.system_ticks)].map(|(mode, ticks)| {
            (labels([("cpu.mode", mode)]), Number::F64(ticks as f64 / per_second))
        });
    into.push(
        named("process.cpu.time", "s", "Time on processors, by mode").counter(start, seconds),
    );
    let one = |number| [(Labels::new(), Number::U64(number))];
    into.push(
        named("process.memory.virtual", "By", "Committed virtual memory")
            .up_down(start, one(stat.virtual_bytes)),
    );
    into.push(
        named("process.thread.count", "{thread}", "Threads").up_down(start, one(stat.threads)),
    );
    let faults = [("minor", stat.minor_faults), ("major", stat.major_faults)]
        .map(|(kind, count)| (labels([("system.paging.fault.type", kind)]), Number::U64(count)));
    into.push(named("process.paging.faults", "{fault}", "Page faults").counter(start, faults));
}

fn of_status(status: &str, start: u64, into: &mut Vec<Metric>) {
    let named = |name, unit, description| Named { name, unit, description, scope: SCOPE };
    if let Some(kibibytes) = number_behind(status, "VmRSS") {
        into.push(
            named("process.memory.usage", "By", "Physical memory in use")
                .up_down(start, [(Labels::new(), Number::U64(kibibytes * 1_024))]),
        );
    }
    let switches =
        [("voluntary", "voluntary_ctxt_switches"), ("involuntary", "nonvoluntary_ctxt_switches")];
    let switches: Vec<_> = switches
        .into_iter()
        .filter_map(|(kind, key)| {
            let count = number_behind(status, key)?;
            Some((labels([("process.context_switch.type", kind)]), Number::U64(count)))
        })
        .collect();
    if !switches.is_empty() {
        into.push(
            named("process.context_switches", "{context_switch}", "Switches of context")
                .counter(start, switches),
        );
    }
}

/// Since when the process runs, in seconds.
fn uptime(read: Read<'_>, stat: &Stat) -> Option<f64> {
    let uptime = read("/proc/uptime")?;
    let of_host: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    let uptime = of_host - stat.started_ticks as f64 / ticks_per_second() as f64;
    Some(uptime.max(0.0)).filter(|uptime| uptime.is_finite())
}

/// The most files that may be open; `unlimited` is no number.
pub(super) fn most_files(limits: &str) -> Option<u64> {
    let soft_and_hard = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    soft_and_hard.split_whitespace().next()?.parse().ok()
}

fn open_files(read: Read<'_>) -> Option<u64> {
    // A test that writes down its kernel has no folders.
    read("/proc/self/stat")?;
    let count = std::fs::read_dir("/proc/self/fd").ok()?.count();
    // One of them is open to count the others.
    u64::try_from(count).ok()?.checked_sub(1)
}

#[cfg(target_os = "linux")]
fn ticks_per_second() -> u64 {
    rustix::param::clock_ticks_per_second().max(1)
}

#[cfg(not(target_os = "linux"))]
fn ticks_per_second() -> u64 {
    100
}
