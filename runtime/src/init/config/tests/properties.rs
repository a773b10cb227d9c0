//! No environment, however strange, makes the configuration panic or repeat itself.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::init::{config::OtlpSignal, env::table::TABLE};

/// Values that come near to something that is understood, and any others.
fn value() -> impl Strategy<Value = String> {
    let fragments = prop::sample::select(vec![
        "otlp",
        "none",
        "console",
        "jaeger",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "0.5",
        "100/s",
        "=",
        ",",
        "::",
        ":",
        "%",
        "%41",
        "http://",
        "https://",
        "/",
        "?",
        "@",
        "[",
        "]",
        "16",
        "MiB",
        "info",
        "trace",
        "shop",
        "traceidratio",
        "parentbased_",
        "*",
        "(",
        ")",
        "é",
        " ",
        "\0",
    ]);
    prop_oneof![
        prop::collection::vec(fragments, 0..6).prop_map(|fragments| fragments.concat()),
        ".{0,40}",
    ]
}

fn variables() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let names: Vec<_> = TABLE.iter().map(|row| row.name).collect();
    prop::collection::vec((prop::sample::select(names), value()), 0..12)
}

proptest! {
    #[test]
    fn any_environment_is_resolved_or_refused_in_sentences(variables in variables()) {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();

        match resolve_with(&Code::default(), &variables) {
            Ok(settings) => {
                let texts: Vec<_> = settings.notices.iter().map(|notice| &notice.text).collect();
                let different: HashSet<_> = texts.iter().collect();
                prop_assert_eq!(different.len(), texts.len(), "{:?}", texts);
                prop_assert_eq!(settings.resource.len(), settings.resource_sources.len());
                prop_assert!(settings.resource.get("service.name").is_some());
                prop_assert!(settings.explain().count() > 20);
            }
            Err(problems) => {
                for text in problems.iter() {
                    prop_assert!(says_what_to_write(text), "{}", text);
                }
            }
        }
    }
}

#[cfg(feature = "otlp")]
proptest! {
    /// Else a variable of OpenTelemetry could make a program fail at its start.
    #[test]
    fn what_is_taken_for_an_endpoint_or_a_header_is_one_for_the_exporter(
        endpoint in "(https?://)?[a-zA-Z0-9.:@/?_%+~!$&'*|^`{}<>\\[\\]\\\\\"-]{1,12}",
        exact in any::<bool>(),
        headers in "[ -~]{0,20}",
    ) {
        let name = if exact { "_TRACES" } else { "" };
        let settings = resolve(&[
            (&format!("OTEL_EXPORTER_OTLP{name}_ENDPOINT"), &endpoint),
            ("OTEL_EXPORTER_OTLP_HEADERS", &headers),
        ]);

        let checked = settings.otlp.exporter(&settings.batch, OtlpSignal::TRACES).check();

        prop_assert!(checked.is_ok(), "{:?} {:?}", checked, settings.otlp);
    }
}

fn says_what_to_write(text: &str) -> bool {
    let ways_out = ["; write ", "; use ", "; valid are ", "; there are "];
    ways_out.iter().any(|way_out| text.contains(way_out)) && !text.ends_with('.')
}

#[test]
fn every_message_says_what_is_wrong_and_what_to_write() {
    for row in TABLE {
        match resolve_with(&Code::default(), &[(row.name, "\u{1}=%")]) {
            Ok(settings) => {
                let said = said(&settings, Level::Warn);
                assert!(said.iter().all(|text| says_what_to_write(text)), "{said:?}");
            }
            Err(problems) => {
                assert!(problems.iter().all(says_what_to_write), "{problems}");
            }
        }
    }
}
