//! Crates that make it hard to expand into them; built as a workspace of their own.

use std::{
    path::Path,
    process::{Command, Output},
};

/// Runs cargo on the hostile workspace, in one target folder below the usual one.
fn cargo(args: &[&str]) -> Output {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    let output = Command::new(env!("CARGO"))
        .args(args)
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target)
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {args:?}\n{stderr}");
    output
}

#[test]
fn hostile_crates_build_without_a_warning() {
    // Clippy reports the lints of rustc too.
    cargo(&["clippy", "--workspace", "--quiet"]);
}

#[test]
fn functions_are_listed_after_link_time_optimisation_and_strip() {
    let output = cargo(&["run", "--release", "--quiet", "--package", "hostile-lto"]);

    let names = String::from_utf8(output.stdout).unwrap();
    let mut names: Vec<_> = names.split_whitespace().collect();
    names.sort_unstable();
    if cfg!(any(target_os = "linux", target_os = "android", target_os = "freebsd")) {
        let expected = ["Orders::place", "Orders::place", "later", "never_called", "sync"];
        assert_eq!(names, expected);
    }
}
