//! What `deny.toml` says about dependencies, for machines without `cargo deny`.

#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

use std::{env, fs, path::Path, process::Command};

use serde_json::Value;

fn packages() -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// The texts in quotes that stand first on the lines of the list `key = [`.
fn list(key: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs::read_to_string(root.join("deny.toml")).unwrap();
    let (_, rest) = text.split_once(&format!("\n{key} = [\n")).unwrap();
    let (list, _) = rest.split_once("\n]").unwrap();
    let lines = list.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
}

/// Whether an SPDX expression can be met with the licences in `allowed`.
///
/// Old manifests write `/` for `OR`. `AND` binds closer than `OR`.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = expression.split_whitespace().peekable();
    let met = any_of(&mut words, allowed);
    met && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut met = all_of(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all_of(words, allowed);
    }
    met
}

fn all_of(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let Some(first) = words.next() else { return false };
    if first == "(" {
        let met = any_of(words, allowed);
        return words.next() == Some(")") && met;
    }
    let mut licence = first.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next().unwrap_or_default());
    }
    allowed.contains(&licence)
}

#[test]
fn every_licence_is_allowed() {
    let allowed = list("allow");
    let packages = packages();

    let refused: Vec<_> = packages
        .iter()
        .filter(|package| !is_met(package["license"].as_str().unwrap_or_default(), &allowed))
        .map(|package| format!("{} {}", package["name"], package["license"]))
        .collect();

    assert!(packages.len() > 50, "these are not all packages");
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn nothing_banned_is_depended_on() {
    // `lazy_static` is allowed below some; only `cargo deny` follows who depends on whom.
    let banned: Vec<_> = list("deny").into_iter().filter(|name| name != "lazy_static").collect();
    assert!(banned.len() > 5, "the list was not read: {banned:?}");

    let found: Vec<_> = packages()
        .iter()
        .filter_map(|package| package["name"].as_str().map(str::to_owned))
        .filter(|name| banned.contains(name))
        .collect();

    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn everything_comes_from_the_registry_or_from_here() {
    let registry = "registry+https://github.com/rust-lang/crates.io-index";

    let strange: Vec<_> = packages()
        .iter()
        .filter(|package| package["source"].as_str().is_some_and(|source| source != registry))
        .map(|package| package["name"].to_string())
        .collect();

    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn an_expression_is_met_as_spdx_says() {
    let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
    let met = ["MIT", "GPL-3.0 OR MIT", "GPL-3.0/MIT", "(GPL-3.0 OR MIT) AND ISC"];
    let unmet = ["", "GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "(MIT", "MIT MIT"];

    for expression in met.into_iter().chain(["Apache-2.0 WITH LLVM-exception"]) {
        assert!(is_met(expression, &allowed), "{expression}");
    }
    for expression in unmet {
        assert!(!is_met(expression, &allowed), "{expression}");
    }
}
