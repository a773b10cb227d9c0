//! What the host has, and how much of it is in use.

use super::{Read, SCOPE, number_behind};
use crate::{
    metrics::{
        build::{Named, Value, labels},
        data::{Labels, Metric, Number},
    },
    time,
};

/// Of a host with more of them, the first are told.
const MOST_DISKS: usize = 32;

/// A filesystem that is on a disk of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) device: String,
    pub(super) point: String,
    pub(super) kind: String,
    pub(super) mode: &'static str,
}

/// How full it is, in bytes.
#[derive(Clone, Copy, Debug)]
struct Space {
    used: u64,
    free: u64,
    /// Free, for the administrator alone.
    reserved: u64,
}

pub(super) fn collect(read: Read<'_>, into: &mut Vec<Metric>) {
    let started = read("/proc/stat").and_then(|stat| number_after(&stat, "btime"));
    let start = started.map_or(time::started_unix_nanos(), |seconds| seconds * 1_000_000_000);
    if let Some(memory) = read("/proc/meminfo") {
        of_memory(&memory, start, into);
    }
    if let Some(mounts) = read("/proc/self/mounts") {
        of_filesystems(&mounts_of(&mounts), start, into);
    }
    if let Some(disks) = read("/proc/diskstats") {
        let bytes = disk_bytes(&disks);
        if !bytes.is_empty() {
            into.push(
                named("system.disk.io", "By", "Bytes read and written").counter(start, bytes),
            );
        }
    }
    if let Some(uptime) = read("/proc/uptime") {
        let seconds = uptime.split_whitespace().next().and_then(|seconds| seconds.parse().ok());
        let value = seconds.map(|seconds| (Labels::new(), Number::F64(seconds)));
        into.push(
            named("system.uptime", "s", "How long the host has been running").gauge(start, value),
        );
    }
    if let Ok(processors) = std::thread::available_parallelism() {
        let processors = Number::U64(processors.get() as u64);
        into.push(
            named("system.cpu.logical.count", "{cpu}", "Processors that the process may use")
                .up_down(start, [(Labels::new(), processors)]),
        );
    }
}

fn named(name: &'static str, unit: &'static str, description: &'static str) -> Named {
    Named { name, unit, description, scope: SCOPE }
}

fn of_memory(memory: &str, start: u64, into: &mut Vec<Metric>) {
    let bytes = |key| number_behind(memory, key).map(|kibibytes| kibibytes * 1_024);
    let (Some(total), Some(free)) = (bytes("MemTotal"), bytes("MemFree")) else { return };
    let (cached, buffers) = (bytes("Cached").unwrap_or(0), bytes("Buffers").unwrap_or(0));
    let used = total.saturating_sub(free + cached + buffers);
    let states = [("used", used), ("free", free), ("cached", cached), ("buffers", buffers)];
    let of = |state| labels([("system.memory.state", state)]);
    let usage = states.map(|(state, bytes)| (of(state), Number::U64(bytes)));
    into.push(named("system.memory.usage", "By", "Memory, by state").up_down(start, usage));
    if total > 0 {
        let shares =
            states.map(|(state, bytes)| (of(state), Number::F64(bytes as f64 / total as f64)));
        into.push(
            named("system.memory.utilization", "1", "Shares of the memory, by state")
                .gauge(start, shares),
        );
    }
    let total = [(Labels::new(), Number::U64(total))];
    into.push(named("system.memory.limit", "By", "All memory").up_down(start, total));
    if let Some(available) = bytes("MemAvailable") {
        let available = [(Labels::new(), Number::U64(available))];
        into.push(
            named("system.linux.memory.available", "By", "Memory for programs without swapping")
                .up_down(start, available),
        );
    }
}

fn of_filesystems(mounts: &[Mount], start: u64, into: &mut Vec<Metric>) {
    let (mut usage, mut shares, mut limits) = (Vec::new(), Vec::new(), Vec::new());
    for mount in mounts {
        let Some(space) = space(&mount.point) else { continue };
        let total = space.used + space.free + space.reserved;
        if total == 0 {
            continue;
        }
        let states = [("used", space.used), ("free", space.free), ("reserved", space.reserved)];
        for (state, bytes) in states {
            let labels = of_mount(mount, Some(state));
            shares.push((labels.clone(), Number::F64(bytes as f64 / total as f64)));
            usage.push((labels, Number::U64(bytes)));
        }
        limits.push((of_mount(mount, None), Number::U64(total)));
    }
    if usage.is_empty() {
        return;
    }
    into.push(named("system.filesystem.usage", "By", "Space, by state").up_down(start, usage));
    into.push(
        named("system.filesystem.utilization", "1", "Shares of the space, by state")
            .gauge(start, shares),
    );
    into.push(named("system.filesystem.limit", "By", "All space").up_down(start, limits));
}

fn of_mount(mount: &Mount, state: Option<&str>) -> Labels {
    let mut labels = labels([
        ("system.device", &mount.device),
        ("system.filesystem.mode", mount.mode),
        ("system.filesystem.mountpoint", &mount.point),
        ("system.filesystem.state", state.unwrap_or_default()),
        ("system.filesystem.type", &mount.kind),
    ]);
    labels.retain(|(key, _)| state.is_some() || key != "system.filesystem.state");
    labels
}

/// Those on disks of this host, each disk once, and the root whatever it is on.
///
/// Whatever is mounted from elsewhere may not answer, and whoever asks would wait with it.
pub(super) fn mounts_of(text: &str) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for line in text.lines() {
        let mut fields = line.split_whitespace();
        let (Some(device), Some(point), Some(kind), Some(options)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let is_local = device.starts_with("/dev/") || (point == "/" && kind == "overlay");
        let is_known = mounts.iter().any(|known| known.device == device);
        if is_local && !is_known && mounts.len() < MOST_DISKS {
            let is_writable = options.split(',').any(|option| option == "rw");
            mounts.push(Mount {
                device: unescaped(device),
                point: unescaped(point),
                kind: kind.to_owned(),
                mode: if is_writable { "rw" } else { "ro" },
            });
        }
    }
    mounts
}

/// Blanks stand as `\040`.
fn unescaped(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// What each disk has read and written.
pub(super) fn disk_bytes(text: &str) -> Vec<Value> {
    /// Whatever the disk has, the kernel counts in these.
    const SECTOR: u64 = 512;
    let disks = text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (name, read, written) = (*fields.get(2)?, *fields.get(5)?, *fields.get(9)?);
        let (read, written): (u64, u64) = (read.parse().ok()?, written.parse().ok()?);
        let is_virtual = ["loop", "ram", "zram"].iter().any(|kind| name.starts_with(kind));
        (!is_virtual && read + written > 0).then_some((name, read * SECTOR, written * SECTOR))
    });
    let values = disks.take(MOST_DISKS).flat_map(|(name, read, written)| {
        [("read", read), ("write", written)].map(|(direction, bytes)| {
            let labels = labels([("disk.io.direction", direction), ("system.device", name)]);
            (labels, Number::U64(bytes))
        })
    });
    values.collect()
}

/// The number in the line that begins with a word.
fn number_after(text: &str, word: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(target_os = "linux")]
fn space(point: &str) -> Option<Space> {
    let found = rustix::fs::statvfs(point).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Some(Space {
        used: bytes(found.f_blocks.saturating_sub(found.f_bfree)),
        free: bytes(found.f_bavail),
        reserved: bytes(found.f_bfree.saturating_sub(found.f_bavail)),
    })
}

#[cfg(not(target_os = "linux"))]
fn space(_point: &str) -> Option<Space> {
    None
}
