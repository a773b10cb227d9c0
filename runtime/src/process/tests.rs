use std::collections::BTreeMap;

use super::*;
use crate::metrics::data::{Data, Label, Number};

const STAT: &str =
    "7 (a ) b) S 1 7 7 0 -1 4194304 129 0 3 0 250 50 0 0 20 0 9 0 1000 3133440 389 1";
const STATUS: &str = "Name:\tshop\nVmRSS:\t    2048 kB\nvoluntary_ctxt_switches:\t12\n\
    nonvoluntary_ctxt_switches:\t3\n";
const MEMORY: &str = "MemTotal:  1000 kB\nMemFree:  400 kB\nMemAvailable: 700 kB\nBuffers: 50 kB\n\
    Cached:  250 kB\n";
const MOUNTS: &str = "proc /proc proc rw 0 0\n/dev/vda / ext4 rw,relatime 0 0\n\
    /dev/vda /var/lib/bind ext4 rw 0 0\nnas:/share /mnt/nas nfs4 rw 0 0\n\
    /dev/vdb /mnt/my\\040disk xfs ro,noatime 0 0\n";
const DISKS: &str = "   7  0 loop0 9 0 9 0 9 0 9 0 0 0 0\n 254  0 vda 10 0 100 5 20 0 300 7 0 0 0\n \
    254 16 vdb 0 0 0 0 0 0 0 0 0 0 0\n";
const LIMITS: &str = "Limit            Soft Limit  Hard Limit  Units\n\
    Max open files   1024        1048576     files\n";

fn written(path: &str) -> Option<String> {
    let text = match path {
        "/proc/self/stat" => STAT,
        "/proc/self/status" => STATUS,
        "/proc/self/io" => "rchar: 1\nread_bytes: 4096\nwrite_bytes: 8192\n",
        "/proc/self/limits" => LIMITS,
        "/proc/uptime" => "100.50 90.00\n",
        "/proc/stat" => "cpu  1 2 3\nbtime 1700000000\n",
        "/proc/meminfo" => MEMORY,
        "/proc/diskstats" => DISKS,
        _ => return None,
    };
    Some(text.to_owned())
}

/// Each number with the name of its metric and the values of its labels.
fn numbers(metrics: &[Metric]) -> BTreeMap<String, f64> {
    let mut numbers = BTreeMap::new();
    for metric in metrics {
        let (Data::Sum { points, .. } | Data::Gauge(points)) = &metric.data else {
            panic!("{metric:?}")
        };
        for point in points {
            let labels = point.labels.iter().map(|(_, label)| match label {
                Label::Str(text) => text.to_string(),
                Label::I64(number) => number.to_string(),
                other => panic!("{other:?}"),
            });
            let key: Vec<_> = [metric.name.to_string()].into_iter().chain(labels).collect();
            let number = match point.value {
                Number::U64(number) => number as f64,
                Number::I64(number) => number as f64,
                Number::F64(number) => number,
            };
            assert!(numbers.insert(key.join(" "), number).is_none(), "{key:?} twice");
        }
    }
    numbers
}

fn of_written() -> BTreeMap<String, f64> {
    let mut metrics = Vec::new();
    own::collect(&written, &mut metrics);
    host::collect(&written, &mut metrics);
    numbers(&metrics)
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_kernel_says_of_a_process_is_told_by_the_conventions() {
    let found = of_written();

    for (name, number) in [
        ("process.cpu.time user", 2.5),
        ("process.cpu.time system", 0.5),
        ("process.memory.usage", 2_097_152.0),
        ("process.memory.virtual", 3_133_440.0),
        ("process.thread.count", 9.0),
        ("process.uptime", 90.5),
        ("process.paging.faults minor", 129.0),
        ("process.paging.faults major", 3.0),
        ("process.context_switches voluntary", 12.0),
        ("process.context_switches involuntary", 3.0),
        ("process.disk.io read", 4_096.0),
        ("process.disk.io write", 8_192.0),
        ("process.unix.file_descriptor.limit", 1_024.0),
    ] {
        assert_eq!(found.get(name), Some(&number), "{name} in {found:#?}");
    }
}

#[test]
fn what_a_kernel_says_of_its_host_is_told_by_the_conventions() {
    let found = of_written();

    for (name, number) in [
        ("system.memory.usage used", 300.0 * 1_024.0),
        ("system.memory.usage free", 400.0 * 1_024.0),
        ("system.memory.utilization cached", 0.25),
        ("system.memory.limit", 1_024_000.0),
        ("system.linux.memory.available", 700.0 * 1_024.0),
        ("system.disk.io read vda", 51_200.0),
        ("system.disk.io write vda", 153_600.0),
        ("system.uptime", 100.5),
    ] {
        assert_eq!(found.get(name), Some(&number), "{name} in {found:#?}");
    }
    assert!(!found.keys().any(|name| name.contains("loop0") || name.contains("vdb")));
}

#[test]
fn only_disks_of_this_host_are_asked_how_full_they_are_each_once() {
    let mounts = host::mounts_of(MOUNTS);

    let shown: Vec<_> =
        mounts.iter().map(|m| (m.point.as_str(), m.kind.as_str(), m.mode)).collect();
    assert_eq!(shown, [("/", "ext4", "rw"), ("/mnt/my disk", "xfs", "ro")]);
}

#[test]
fn what_nobody_tells_is_absent() {
    let mut metrics = Vec::new();
    own::collect(&|_| None, &mut metrics);
    host::collect(&|_| None, &mut metrics);

    let names: Vec<_> = metrics.iter().map(|metric| &*metric.name).collect();
    assert_eq!(names, ["process.uptime", "system.cpu.logical.count"]);
}

#[test]
fn nonsense_in_place_of_numbers_is_absent() {
    assert_eq!(own::Stat::parse(""), None);
    assert_eq!(own::Stat::parse("7 (a) S 1"), None);
    assert_eq!(own::most_files("Max open files  unlimited unlimited files"), None);
    assert_eq!(host::disk_bytes("x y z\n\n1 2 vda a b c d e f g"), []);
    assert_eq!(host::mounts_of("/dev/vda\n"), []);
}

#[cfg(target_os = "linux")]
#[test]
fn this_process_shows_what_it_does() {
    let read_all = || {
        let mut metrics = Vec::new();
        Process.collect(&mut metrics);
        numbers(&metrics)
    };
    let before = read_all();

    let memory = std::hint::black_box(vec![1_u8; 64 << 20]);
    let files: Vec<_> = (0..9).map(|_| fs::File::open("/proc/self/stat").unwrap()).collect();
    let after = read_all();

    let grew = |name: &str| after[name] - before[name];
    assert!(grew("process.memory.virtual") >= f64::from(32 << 20) && memory.len() > 1);
    // Other tests open and close files meanwhile.
    assert!(after["process.unix.file_descriptor.count"] >= files.len() as f64);
    assert!(grew("process.cpu.time user") >= 0.0);
    assert!(after["process.uptime"] > 0.0 && after["process.uptime"] < 86_400.0);
    assert!(after.keys().any(|name| name.starts_with("system.filesystem.usage")), "{after:#?}");
}

#[cfg(feature = "tokio")]
#[test]
fn a_runtime_shows_its_workers_and_how_busy_they_were() {
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tokio_runtime("measured", tokio.handle());
    tokio.spawn(std::future::pending::<()>());
    tokio.block_on(tokio.spawn(async {})).unwrap();

    let mut collected = Vec::new();
    let snapshot = metrics::collect();
    collected.extend(snapshot.metrics.into_iter().filter(|m| m.name.starts_with("tokio.")));
    let found = numbers(&collected);

    assert_eq!(found["tokio.worker.count measured"], 1.0);
    assert_eq!(found["tokio.task.alive measured"], 1.0);
    assert_eq!(found["tokio.queue.depth measured"], 0.0);
    assert!(found["tokio.worker.busy_time measured 0"] >= 0.0);
    assert!(found.contains_key("tokio.worker.parks measured 0"));
}
