//! Who plays how much of the table, and passes.

use std::{collections::BTreeMap, env, fmt::Write, fs, path::PathBuf};

use serde::Deserialize;

use super::{
    PEERS,
    play::{self, Played},
};
use crate::conformance::{self, Way, case::Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Differences {
    difference: Vec<Difference>,
}

/// Why a library fails some cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    peer: String,
    because: String,
    /// The test that shows that it is one; otherwise it is a convention.
    defect: Option<String>,
    cases: Vec<String>,
}

#[derive(Clone, Copy, Default)]
struct Score {
    cases: u32,
    passed: u32,
    defects: u32,
    conventions: u32,
}

impl Score {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.passed += other.passed;
        self.defects += other.defects;
        self.conventions += other.conventions;
    }

    fn row(self, name: &str, topic: &str) -> String {
        let Self { cases, passed, defects, conventions } = self;
        let failed = defects + conventions;
        let played = passed + failed;
        let cannot = cases - played;
        format!(
            "| {name} | {topic} | {played} | {passed} | {failed} | {defects} | {conventions} | {cannot} |\n"
        )
    }
}

/// A library's row of each topic, then of all.
type Scores = BTreeMap<String, Score>;

fn differences() -> Vec<Difference> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers.toml");
    let text = fs::read_to_string(&path).unwrap();
    let read: Differences =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    read.difference
}

/// Plays all; what is unexpected goes into the list.
fn play_all(differences: &[Difference], wrong: &mut Vec<String>) -> Vec<(&'static str, Scores)> {
    let table = conformance::table();
    let mut all = vec![("**spandrel**", ours(&table))];
    for (peer, build) in PEERS {
        let mut scores = Scores::new();
        for (topic, cases) in &table {
            let score = scores.entry(topic.clone()).or_default();
            for case in cases {
                score.cases += 1;
                let known = differences
                    .iter()
                    .find(|known| known.peer == peer && known.cases.contains(&case.name));
                match (play::play(case, build), known) {
                    (Played::Passed, None) => score.passed += 1,
                    (Played::Cannot(_), None) => {}
                    (Played::Failed(_), Some(Difference { defect: Some(_), .. })) => {
                        score.defects += 1;
                    }
                    (Played::Failed(_), Some(_)) => score.conventions += 1,
                    (Played::Failed(why), None) => {
                        wrong.push(format!("{peer}: {}: nobody says why: {why}", case.name));
                    }
                    (played, Some(_)) => {
                        wrong.push(format!("{peer}: {}: it does not fail: {played:?}", case.name));
                    }
                }
            }
        }
        all.push((peer, scores));
    }
    all
}

/// Ours, in the first way in which a case can be played; what is known to differ fails.
fn ours(table: &BTreeMap<String, Vec<Case>>) -> Scores {
    let mut scores = Scores::new();
    for (topic, cases) in table {
        for case in cases {
            let ways = [Way::Async, Way::Sync, Way::Plain];
            let way = ways.into_iter().find(|way| case.reason(*way).is_none()).unwrap();
            let mut score = Score { cases: 1, ..Score::default() };
            match conformance::play(case, way) {
                Ok(()) => score.passed = 1,
                Err(_) => score.defects = 1,
            }
            scores.entry(topic.clone()).or_default().add(score);
        }
    }
    scores
}

/// The section of the page.
fn section(all: &[(&str, Scores)], differences: &[Difference]) -> String {
    let cases: u32 = all[0].1.values().map(|score| score.cases).sum();
    let mut text = format!(
        "{HEAD}\nThe {cases} cases of `tests/cases`, each on clocks that stand still. What a library's \
         interface cannot say is\ncounted apart, and what it does not publish, as a number of calls, \
         is not asked of it. Adapters make up for the least\nunit of time, and for rounding where \
         they can. The rules are ours, so ours passing says no more than that we do as we\nsay. \
         Written by the test `the_scoreboard_is_what_falls_out`; `tests/peers.toml` says of each \
         failure why, the first reason\nif there are several, and each defect has its own test.\n\n\
         | | topic | played | passed | failed | by defect | by convention | cannot be expressed |\n\
         |---|---|---:|---:|---:|---:|---:|---:|\n"
    );
    for (name, scores) in all {
        let mut total = Score::default();
        for (topic, score) in scores {
            total.add(*score);
            if score.passed + score.defects + score.conventions > 0 {
                text.push_str(&score.row(name, &topic.replace('_', " ")));
            }
        }
        text.push_str(&total.row(name, "**all**"));
    }
    text.push_str("\nWhere they differ:\n\n");
    for Difference { peer, because, defect, cases } in differences {
        let kind = match defect {
            Some(claim) => format!("defect, `{claim}`"),
            None => "convention".to_owned(),
        };
        let count = cases.len();
        let cases = if count == 1 { "case" } else { "cases" };
        writeln!(text, "- {peer}, {count} {cases} ({kind}): {because}.").unwrap();
    }
    text.push('\n');
    text
}

const HEAD: &str = "## Conformance\n";

/// The page around the section.
fn around(page: &str) -> (&str, &str) {
    let start = page.find(HEAD).or_else(|| page.find("## What we lose")).unwrap_or(page.len());
    let rest = &page[start..];
    if !rest.starts_with(HEAD) {
        return (&page[..start], rest);
    }
    let end = rest[HEAD.len()..].find("\n## ").map_or(rest.len(), |end| HEAD.len() + end + 1);
    (&page[..start], &rest[end..])
}

#[test]
fn the_scoreboard_is_what_falls_out() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../benches/RESULTS.md");
    let (differences, mut wrong) = (differences(), Vec::new());

    let all = play_all(&differences, &mut wrong);

    assert!(wrong.is_empty(), "{} in tests/peers.toml:\n{}", wrong.len(), wrong.join("\n"));
    let section = section(&all, &differences);
    let page = fs::read_to_string(&path).unwrap();
    let (before, after) = around(&page);
    let expected = format!("{before}{section}{after}");
    if env::var("SPANDREL_SNAPSHOTS").is_ok_and(|value| value == "overwrite") {
        fs::write(&path, expected).unwrap();
    } else {
        assert!(page == expected, "other results than in benches/RESULTS.md:\n{section}");
    }
}

#[test]
fn each_defect_that_is_claimed_has_a_test_that_shows_it() {
    let claims = include_str!("claims.rs");
    let mut claimed: Vec<_> =
        differences().into_iter().filter_map(|difference| difference.defect).collect();
    claimed.sort();
    let tests = claims.split("#[test]\nfn ").skip(1);
    let mut shown: Vec<_> = tests.filter_map(|test| test.split("()").next()).collect();
    shown.sort_unstable();

    assert_eq!(shown, claimed);
}
