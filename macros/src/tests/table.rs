//! What each attribute of the table must bring along.

use std::{fs, path::PathBuf};

use crate::{TABLE, args::conventions::TABLES};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn any_file_mentions(folder: &str, extension: &str, text: &str) -> bool {
    let entries = fs::read_dir(repository().join(folder)).unwrap();
    entries.flatten().map(|entry| entry.path()).any(|path| {
        path.extension().is_some_and(|found| found == extension)
            && fs::read_to_string(&path).unwrap().contains(text)
    })
}

#[test]
fn each_attribute_has_docs_ui_tests_and_a_snapshot() {
    for entry in TABLE {
        let name = entry.name;
        let docs = repository().join(format!("macros/docs/{name}.md"));
        let docs = fs::read_to_string(&docs).unwrap();
        assert!(docs.contains("```") && docs.contains(&format!("#[{name}")), "docs of {name}");
        let attribute = format!("#[{name}");
        assert!(any_file_mentions("tests/ui/pass", "rs", &attribute), "ui/pass of {name}");
        assert!(any_file_mentions("tests/ui/fail", "rs", &attribute), "ui/fail of {name}");
        let call = match name {
            // A bundle is the policy, and a fallback is around it.
            "resilient" => ".policy(".to_owned(),
            "fallback" => "::fallback!(".to_owned(),
            // Without its feature there is none.
            "chaos" => "::chaos!(".to_owned(),
            // It is part of the body.
            "scripted" => "::script!(".to_owned(),
            _ => format!(".{name}("),
        };
        assert!(any_file_mentions("macros/src/tests/snapshots", "rs", &call), "snapshot of {name}");
    }
}

#[test]
fn ranks_are_those_of_the_table_from_the_outside() {
    assert!(TABLE.is_sorted_by_key(|entry| entry.rank));
}

#[test]
fn every_option_is_documented() {
    for name in TABLE.iter().map(|entry| entry.name) {
        let source = repository().join(format!("macros/src/attributes/{name}.rs"));
        let source = fs::read_to_string(source).unwrap();
        let docs = fs::read_to_string(repository().join(format!("macros/docs/{name}.md"))).unwrap();
        let options = source.lines().filter_map(|line| {
            let (_, rest) = line.trim().split_once(" = \"")?;
            rest.split_once("\": ").map(|(option, _)| option.to_owned())
        });
        for option in options {
            assert!(docs.contains(&format!("`{option}")), "`{option}` of {name}");
        }
    }
}

#[test]
fn every_option_of_a_group_is_documented() {
    let docs = fs::read_to_string(repository().join("macros/docs/traced.md")).unwrap();
    for table in TABLES {
        let section = docs.split_once(&format!("**`{}(…)`**", table.name)).unwrap().1;
        let section = section.split("**`").next().unwrap();
        for entry in table.entries.iter().filter(|entry| !entry.name.starts_with("server_")) {
            assert!(section.contains(&format!("`{}`", entry.name)), "{} {entry:?}", table.name);
        }
    }
}

#[test]
fn phases_keep_to_their_own() {
    let contains = |folder: &str, text: &str| any_file_mentions(folder, "rs", text);

    assert!(!contains("macros/src/parse", "quote!("));
    assert!(!contains("macros/src/args", "quote!("));
    assert!(!contains("macros/src/plan", "quote!("));
    assert!(
        !contains("macros/src/expand", "syn::parse2")
            && !contains("macros/src/expand", ".parse::<")
    );
}
