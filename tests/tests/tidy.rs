//! What ARCHITECTURE.md and CONTRIBUTING.md promise about the sources themselves.

#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The module of `runtime/src` and its layer. Imports go only downwards, or stay where they are.
const LAYERS: &[(&str, u8)] = &[
    // The doors to the operating system, and what needs nothing.
    ("random", 0),
    ("sync", 0),
    ("time", 0),
    // Vocabulary: what the layers above talk about.
    ("cell", 1),
    ("conceal", 1),
    ("diag", 1),
    ("error", 1),
    ("level", 1),
    ("mirror", 1),
    ("outcome", 1),
    ("pace", 1),
    ("paths", 1),
    ("redact", 1),
    ("resource", 1),
    ("sensitive", 1),
    ("site", 1),
    ("sql", 1),
    ("value", 1),
    // The recorder and what drives it: no exporter is known here.
    ("call", 3),
    ("capture", 3),
    ("functions", 3),
    ("genai", 3),
    ("logs", 3),
    ("metrics", 3),
    ("operation", 3),
    ("resilience", 3),
    ("trace", 3),
    // Leaves.
    ("export", 4),
    ("http", 4),
    ("log", 4),
    ("metrics_0_24", 4),
    ("opentelemetry_0_33", 4),
    ("process", 4),
    ("redis_1", 4),
    ("tracing", 4),
    // Assembly, and the faces that the outside sees.
    ("__private", 5),
    ("admin", 5),
    ("bench", 5),
    ("init", 5),
    ("lib", 5),
    ("testing", 5),
];

/// Steps up that are meant: from, to, why.
const STEPS_UP: &[(&str, &str, &str)] = &[
    ("sensitive", "trace", "a sensitive value is an attribute, and that names the record's slot"),
    (
        "value",
        "trace",
        "an attribute writes itself into a record, so the trait names the slot; the slot needs \
         values only to be tested",
    ),
];

/// Files that may say `unsafe`, and why.
const UNSAFE: &[(&str, &str)] = &[
    ("runtime/src/__private.rs", "expands to the linker section of a site"),
    ("runtime/src/init/exit.rs", "the C library's exit and signal handlers"),
    ("runtime/src/site/registry.rs", "reads the linker section of the sites"),
    ("runtime/src/time/tsc.rs", "the time-stamp counter"),
    ("runtime/src/trace/fork.rs", "the C library's fork handlers"),
];

const BUDGET: usize = 300;
const HARD_STOP: usize = 500;

/// A source file without what a rule about code does not mean.
struct Source {
    /// From the root of the repository, with `/`.
    path: String,
    text: String,
    /// Without comments, blank lines and tests.
    code: String,
}

impl Source {
    fn is_test(&self) -> bool {
        let stem = self.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || ["tests", "conformance", "fixture"].contains(&stem)
            || stem.ends_with("_tests")
    }

    /// The module right below the root of its crate.
    fn module(&self) -> &str {
        let inside = self.path.split_once("/src/").map_or("", |(_, inside)| inside);
        inside.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn collect(folder: &Path, sources: &mut Vec<Source>) {
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            let code = code(&text);
            sources.push(Source { path, text, code });
        }
    }
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in folders {
        collect(&root().join(folder), &mut sources);
    }
    assert!(sources.len() > 20, "{folders:?} are the wrong folders");
    sources
}

/// What the runtime runs, without its tests.
fn runtime() -> Vec<Source> {
    let mut sources = sources(&["runtime/src"]);
    sources.retain(|source| !source.is_test());
    sources
}

/// The code of a file: tests stand last in it, each `mod` with its body behind `#[cfg(test)]`.
fn code(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    let end = lines.windows(2).position(|pair| {
        (pair[0].starts_with("#[cfg(test)]") || pair[0].starts_with("#[cfg(all(test"))
            && pair[1].starts_with("mod ")
            && pair[1].ends_with('{')
    });
    let mut code = String::new();
    for line in &lines[..end.unwrap_or(lines.len())] {
        // A comment behind code begins with a space; `//` in a text, as in an address, does not.
        let line = line.split(" // ").next().unwrap_or_default();
        if !line.trim().is_empty() && !line.trim_start().starts_with("//") {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

/// The modules of the crate that the code names: `crate::time`, `crate::{site, trace::Slot}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(['$', '_']) {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut first = true;
        for (index, character) in group.char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => first = true,
                _ if first && (character.is_alphanumeric() || character == '_') => {
                    found.insert(word(&group[index..]));
                    first = false;
                }
                _ => {}
            }
        }
    }
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

/// Fails with every place where `words` occur in code outside of `allowed`.
fn only_in(allowed: &[&str], words: &[&str], rule: &str) {
    let mut found = Vec::new();
    for source in runtime() {
        if allowed.iter().any(|prefix| source.path.starts_with(prefix)) {
            continue;
        }
        for line in source.code.lines() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}: {}", source.path, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{rule}\n{}", found.join("\n"));
}

#[test]
fn imports_go_only_down_the_layers() {
    let mut steps = Vec::new();
    let mut used = BTreeSet::new();
    for source in runtime() {
        let from = source.module().to_owned();
        let Some(own) = layer(&from) else {
            steps.push(format!("{}: `{from}` has no layer in LAYERS", source.path));
            continue;
        };
        for to in imports(&source.code) {
            let Some(other) = layer(&to) else {
                // The top layer names macros and re-exports of the root; the others name modules.
                if own < 5 {
                    steps.push(format!("{}: name the module of `crate::{to}`", source.path));
                }
                continue;
            };
            if STEPS_UP.iter().any(|(low, high, _)| *low == from && *high == to) {
                used.insert((from.clone(), to));
            } else if other > own {
                steps.push(format!("{}: `{from}` (L{own}) imports `{to}` (L{other})", source.path));
            }
        }
    }
    assert!(steps.is_empty(), "{}", steps.join("\n"));
    assert_eq!(used.len(), STEPS_UP.len(), "an exception that nothing needs: {used:?}");
}

#[test]
fn a_group_of_imports_names_each_of_its_modules() {
    let code =
        "use crate::{\n    site::{self, Site},\n    time,\n};\n$crate::call; crate::sync::lock";

    let found: Vec<_> = imports(code).into_iter().collect();

    assert_eq!(found, ["site", "sync", "time"]);
}

#[test]
fn comments_and_tests_are_no_code() {
    let text = "//! Docs.\n#[cfg(test)]\nmod tests;\n\nfn run() {} // why\n    // what\n\
                #[cfg(all(test, loom))]\nmod model {\n    use crate::init;\n}\n";

    assert_eq!(code(text), "#[cfg(test)]\nmod tests;\nfn run() {}\n");
}

#[test]
fn only_time_reads_the_clocks() {
    only_in(
        // The clock of tokio, which its timers go by and its tests stop.
        &["runtime/src/time/", "runtime/src/resilience/timer/tokio.rs"],
        &["Instant::now", "SystemTime::now", "_rdtsc", "clock_gettime"],
        "take the time as a parameter or from `crate::time`",
    );
}

#[test]
fn only_env_reads_the_environment() {
    only_in(
        &["runtime/src/init/env/"],
        &["env::var", "env::vars", "var_os("],
        "take the setting as a parameter, or read it in `init::env`",
    );
}

#[test]
fn nothing_sleeps() {
    only_in(&[], &["thread::sleep", "time::sleep"], "wait for what is to happen, with a deadline");
}

#[test]
fn the_core_knows_no_other_instrumentation() {
    only_in(
        &[
            "runtime/src/__private/instrument.rs",
            "runtime/src/init/opentelemetry.rs",
            "runtime/src/metrics_0_24",
            "runtime/src/opentelemetry_0_33",
            "runtime/src/testing/compare",
            "runtime/src/tracing",
        ],
        &[
            "opentelemetry::",
            " ::metrics",
            "opentelemetry_sdk::",
            " ::tracing",
            "tracing_core::",
            "tracing_subscriber::",
        ],
        "the core must not depend on crates with a 0.x in its interface",
    );
}

#[test]
fn files_are_one_idea() {
    let mut long = Vec::new();
    for source in sources(&["runtime/src", "macros/src", "examples/src"]) {
        let lines = source.code.lines().count();
        if source.is_test() || lines <= BUDGET {
            continue;
        }
        let text = format!("{}: {lines} lines of code, the budget is {BUDGET}", source.path);
        if lines > HARD_STOP {
            long.push(text);
        } else {
            println!("warning: {text}");
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn nothing_is_left_for_later() {
    // Written so that this file does not find itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("#[", "ignore"),
        concat!("dbg", "!("),
    ];
    let mut found = Vec::new();
    let folders = ["runtime/src", "macros/src", "examples/src", "tests/src", "tests/tests"];
    for source in sources(&folders) {
        for (number, line) in source.text.lines().enumerate() {
            // In a text, as in the tests of the macros, a mark is somebody else's.
            let line = line.split('"').step_by(2).collect::<String>();
            if marks.iter().any(|mark| line.contains(mark)) {
                found.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "finish it or drop it:\n{}", found.join("\n"));
}

#[test]
fn unsafe_code_is_where_it_is_known_and_says_why_it_is_sound() {
    let mut found = BTreeSet::new();
    let mut mute = Vec::new();
    for source in sources(&["runtime/src", "examples/src"]) {
        let lines: Vec<_> = source.text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let is_code = !line.trim_start().starts_with("//");
            if !is_code || !(line.contains("unsafe {") || line.contains("#[unsafe(")) {
                continue;
            }
            found.insert(source.path.clone());
            let before = &lines[number.saturating_sub(8)..number];
            if !before.iter().any(|line| line.contains("SAFETY:")) {
                mute.push(format!("{}:{}", source.path, number + 1));
            }
        }
    }
    let known: BTreeSet<_> = UNSAFE.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(found, known, "ARCHITECTURE.md lists the unsafe code; extend both or neither");
    assert!(mute.is_empty(), "no `// SAFETY:` above {mute:?}");
}

#[test]
fn lints_are_silenced_with_a_reason() {
    let mut found = Vec::new();
    for source in sources(&["runtime/src", "macros/src", "examples/src", "tests/src"]) {
        let attributes = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];
        for attribute in attributes {
            for (at, _) in source.code.match_indices(attribute) {
                let rest = &source.code[at..];
                let end = rest.find(")]").unwrap_or(rest.len());
                if !rest[..end].contains("reason = ") {
                    found.push(format!("{}: {}", source.path, &rest[..end]));
                }
            }
        }
    }
    assert!(found.is_empty(), "write `reason = \"…\"`:\n{}", found.join("\n"));
}

#[test]
fn public_functions_show_an_example() {
    // Public by name only: generated code names what is in them.
    let internal = ["__private", "bench", "call", "capture", "conceal", "operation"];
    let mut bare = Vec::new();
    for source in runtime() {
        if internal.contains(&source.module()) {
            continue;
        }
        let lines: Vec<_> = source.text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let is_function = line.starts_with("pub fn ") || line.starts_with("pub async fn ");
            let mut above = lines[..number]
                .iter()
                .rev()
                .take_while(|line| line.starts_with("///") || line.starts_with("#["));
            let is_shown =
                above.any(|line| line.contains("```") || line.contains("#[doc(hidden)]"));
            if is_function && !is_shown {
                bare.push(format!("{}:{}: {line}", source.path, number + 1));
            }
        }
    }
    assert!(bare.is_empty(), "an example says more:\n{}", bare.join("\n"));
}
